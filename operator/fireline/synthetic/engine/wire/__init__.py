"""How the engine speaks to targets: one module per protocol, all behind one guard and one deadline.

Every exchange is a coroutine that returns an :class:`~fireline.synthetic.engine.answer.Answer` or raises
:class:`~fireline.synthetic.engine.answer.TargetError`, and nothing else but cancellation. `deadline` is a
time of the running event loop's clock (``loop.time() + seconds``). Imported one by one, because a pod that
checks a port has no use for HTTP.

    http.http(request, guard=guard, deadline=deadline, cookies=cookies)
    http.graphql(request, guard=guard, deadline=deadline, cookies=cookies)
    tcp.tcp, dns.dns, grpc_health.grpc_health, tls.tls (request, guard=guard, deadline=deadline)

``ready(tls=…)`` of each module loads what its first exchange would otherwise load while a target is timed.
"""
