"""The pod bed: a real one-node Kubernetes that runs pods, in namespaces of its own.

Root on Linux is enough: no Docker, no systemd, no registry. Who uses it:

* a test takes the fixture ``pods`` of ``tests/e2e`` and never starts anything itself;
* a person calls ``make e2e-up`` and gets a KUBECONFIG, and ``python -m tests.bed pods load`` after a
  change of the code; ``make e2e-down`` ends it;
* Python: ``with World(Tools(), directory) as world`` (all of it), or ``with PodBed(tools, directory) as bed``
  (the cluster alone).

What tests and people use:

``world``        a cluster, the images, the operator installed by its manifests; monitoring on request
``operatorpod``  the operator in the cluster: install, logs, kill, scale
``monitoring``   Prometheus, Alertmanager, prometheus-operator and a webhook beside the cluster
``shoppod``      the demo shop as a pod with a Service
``platform``     chooses the cluster: one that is named, the pod bed, or kind (``foreign``)
``daemon``       all of it in the background

The pod bed, from the outside in:

``machine``      can this computer run pods, and if not, what is missing, in words
``site``         names, addresses and the lock of one bed, so that several never collide
``keeper``       the process on the host that owns the namespaces and tidies up when its parent is gone
``init``         process 1 inside: mounts, the bridge, reaping
``space``        the caller's side of the keeper: how to start a server inside
``cluster``      the control plane, inside the namespaces
``files``        configuration files of containerd, CNI, kubelet, kube-proxy and CoreDNS
``node``         the servers that make a node
``containers``   containerd's own command: images in, processes killed
``bed``          all of that in one ``with``

Nothing of the host is written: every mount, address and sysctl is in the namespaces; the cgroups and the
one pair of interfaces between host and bed go with it.
"""
