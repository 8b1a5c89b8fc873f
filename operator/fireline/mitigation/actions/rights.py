"""The rights an action needs on an object, as a Role writes them; for ``fireline rbac``.

A Role names resources by their plural, which only the API server knows for sure. :func:`plural_of` follows
the rule of Kubernetes' own generators, which holds for every kind the actions name.
"""

from __future__ import annotations

from fireline.mitigation.model import Permission


def plural_of(kind: str) -> str:
    """``networkpolicies`` of ``NetworkPolicy``: the resource of a kind, by the rule of the generators."""
    name = kind.lower()
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"


def read_and_patch(group: str, kind: str, name: str) -> Permission:
    """To read one object and to patch it. A dry run needs the same right as the patch."""
    return Permission(group, plural_of(kind), ("get", "patch"), (name,))
