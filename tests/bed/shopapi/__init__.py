"""The demo shop's API: what the journeys of synthetic checks walk through, and break at.

``Api`` (api.py) is the table of its endpoints; ``tests.bed.shop`` serves it beside the shop's pages.
One file for each part: faults, accounts, the store of what was created, and the endpoints themselves.
"""
