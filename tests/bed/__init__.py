"""The bed: real servers on loopback for the demo, the cluster tests and the benches.

Whole story: ``Bed`` (bed.py) puts the parts together. The parts stand alone too: ``Cluster``
(cluster.py) is etcd with an API server, ``Prometheus`` and ``Alertmanager`` (monitoring.py) need no
cluster, ``Shop`` (shopserver.py) is the demo application and ``FaultProxy`` (proxy.py) stands between
the operator and whatever it talks to. Nothing here is a fake of a server.
"""
