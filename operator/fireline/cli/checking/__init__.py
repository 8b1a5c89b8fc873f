"""What commands do with SyntheticChecks.

``carried``    checks of files, as the operator would carry them out
``command``    ``fireline check run``: ``values`` of variables, ``running``, and the ``screen``
"""
