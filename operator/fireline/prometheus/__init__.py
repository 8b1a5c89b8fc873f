"""HTTP client of Prometheus, behind the protocol :class:`~fireline.prometheus.source.MetricsSource`."""
