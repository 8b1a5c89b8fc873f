"""The alert library over weeks of made-up traffic with incidents, on a real Prometheus.

``signals`` is what goes on in the shop, ``incidents`` what goes wrong, ``series`` what Prometheus scrapes of
it, ``rules`` what the library says about that, and ``replay`` puts the two scripts side by side.
"""
