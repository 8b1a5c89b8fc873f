"""What the rules would have recorded, and which alerts would have fired: rendered rules, in Python. Pure.

``fireline backtest`` and ``fireline backfill`` read the raw indicators of the past from Prometheus and
compute here what :mod:`~fireline.slo.recording`, :mod:`~fireline.slo.windows` and
:mod:`~fireline.slo.alerts` render as PromQL. Each module mirrors one of those; tests compare both with
a real Prometheus.

``track``     a series on a grid of times, and sums over windows of it
``counts``    what to ask, and raw answers → recorded total and bad rates
``record``    the windows of an SLO from those
``public``    what is shared: sli, burn rate, budget
``states``    which alert fires at which times
``incidents`` alerts against known incidents: precision, recall, delays
``export``    the recorded series as samples, for backfilling
"""
