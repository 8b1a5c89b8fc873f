"""A deliberately broken operator: it does not write its responses back to the caches.

The call-count test must fail with it; that shows that the test can.
"""

from __future__ import annotations

import sys

from tests.cluster import toy

from fireline.kube.client import Client


def break_write_back() -> None:
    """Make every answer to a write look older than what is cached."""
    for name in ("apply", "patch_status"):
        setattr(Client, name, _aged(getattr(Client, name)))


def _aged(call):  # type: ignore[no-untyped-def]
    async def aged(*args, **kwargs):  # type: ignore[no-untyped-def]
        answer = await call(*args, **kwargs)
        answer["metadata"]["resourceVersion"] = "0"
        return answer

    return aged


if __name__ == "__main__":
    break_write_back()
    sys.exit(toy.main())
