"""The pod bed: a real one-node Kubernetes that runs pods, in namespaces of its own.

Root on Linux is enough: no Docker, no systemd, no registry. Who uses it:

* a test takes the fixture ``pods`` of ``tests/e2e`` and never starts anything itself;
* a person calls ``make e2e-up`` and gets a KUBECONFIG, and ``python -m tests.bed pods load`` after a
  change of the code; ``make e2e-down`` ends it;
* Python: ``with PodBed(tools, directory) as pods: pods.cluster.kubectl("get", "pods", "-A")``.

Parts, from the outside in:

``machine``  can this computer run pods, and if not, what is missing, in words
``site``     names, addresses and the lock of one bed, so that several never collide
``keeper``   the process on the host that owns the namespaces and tidies up when its parent is gone
``init``     process 1 inside: mounts, the bridge, reaping
``space``    the caller's side of the keeper: how to start a server inside
``files``    configuration files of containerd, CNI, kubelet, kube-proxy and CoreDNS
``node``     the servers that make a node
``cluster``  the control plane, inside the namespaces
``bed``      all of it in one ``with``

Nothing of the host is written: every mount, address and sysctl is in the namespaces; the cgroups and the
one pair of interfaces between host and bed go with it.
"""
