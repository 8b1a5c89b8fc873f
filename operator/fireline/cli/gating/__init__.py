"""What ``fireline gate`` judges: error budgets, canaries and performance budgets.

``checks`` is the one shape every judgement has; ``report`` and ``junit`` print it. ``budget``, ``canary``,
``endpoints``, ``pages`` and ``sizing`` judge; ``k6``, ``lighthouse`` and ``statistics`` help them. All
of these are pure. ``counting``, ``fetching`` and ``sources`` bring in what is judged; ``performance`` ties
both together. The commands are in :mod:`fireline.cli.gate`.
"""
