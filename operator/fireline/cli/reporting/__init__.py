"""What ``fireline report`` reads and shows.

``reading``   files or a cluster → policies with their SLOs
``asking``    the past of all of them, from each source once
``checks``    what came of what checks promise, from their status
``content``   what is told, as sections with tables: the same in every format
``markdown``, ``terminal``, ``page``, ``plain``   the formats
"""
