"""Performance budgets: one table of limits, for ``fireline perf-budget`` (as SLOs) and ``fireline gate``.

``schema`` is what people write, ``checks`` what a schema cannot say, ``reading`` the way from a file to
both; ``objectives`` and ``tiers`` turn limits into ServiceLevelObjectives, ``bounds`` compares limits
with bucket bounds. All but ``reading`` and ``buckets`` are pure.
"""
