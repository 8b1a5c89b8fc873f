"""Container images for the pod bed, made from this computer's Python without Docker and without a registry.

``archive()`` is all that others need: the path of one archive, as ``docker save`` would write it, with

* ``docker.io/local/busybox:1``   a shell; also what holds a pod's namespaces
* ``docker.io/local/fireline:1``  Python, the locked run-time dependencies and this checkout's Fireline
* ``docker.io/local/shop:1``      the same and the demo shop

They share their layers, equal input gives equal bytes, and what is unchanged is not made again: after a
change of the code a new archive takes a second. No name leads to a registry: pods must say
``imagePullPolicy: Never`` or ``IfNotPresent``.
"""

from __future__ import annotations

from tests.bed.images.pack import BUSYBOX, FIRELINE, SHOP, archive

__all__ = ["BUSYBOX", "FIRELINE", "SHOP", "archive"]
