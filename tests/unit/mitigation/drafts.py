"""Changes of small objects, and what an intent says of them, for the tests of patches."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.unit.mitigation.json_patch import patched

from fireline.api.plan import Manifest
from fireline.mitigation.model import Change, PathChange, Ref
from fireline.mitigation.patching import apply_ops, made, prepared, revert_ops
from fireline.mitigation.pointer import get

MARKER = "mitigations.fireline.dev/0123abcd"
HASH = "sha256:0123456789abcdef0123456789abcdef"
UID = "7f1f6a3e-0000-4000-8000-000000000001"
REF = Ref("example.com/v1", "Thing", "shop", "checkout", UID)


@dataclass(frozen=True)
class Draft:
    """What the state machine's intent says of a patch."""

    change: Change | None
    made: tuple[str, ...] = ()
    marker: str = MARKER
    plan_hash: str = HASH

    def apply_ops(self, live: Manifest) -> list[dict[str, Any]]:
        assert self.change is not None
        return apply_ops(self.change, live, self.marker, self.plan_hash)

    def revert_ops(self, live: Manifest) -> list[dict[str, Any]]:
        assert self.change is not None
        return revert_ops(self.change, live, self.marker, self.plan_hash, made=self.made)

    def applied(self, live: Manifest) -> Manifest:
        done: Manifest = patched(live, self.apply_ops(live))
        return done

    def reverted(self, live: Manifest) -> Manifest:
        done: Manifest = patched(live, self.revert_ops(live))
        return done


def a_thing(spec: Any = None, **metadata: Any) -> Manifest:
    """An object as the API server has it."""
    return {
        "apiVersion": REF.api_version,
        "kind": REF.kind,
        "metadata": {
            "name": REF.name,
            "namespace": REF.namespace,
            "uid": UID,
            "resourceVersion": "41",
            **metadata,
        },
        "spec": copy.deepcopy(spec if spec is not None else {}),
    }


def a_draft(live: Manifest, wanted: dict[str, Any], *tests: Any) -> Draft:
    """The intent to make each path what is wanted, as it is planned on this object."""
    paths = tuple(PathChange(path, get(live, path), after) for path, after in wanted.items())
    ref = replace(REF, uid=live["metadata"]["uid"])
    change = prepared(Change(ref, paths, tuple(tests)), live)
    return Draft(change, made(change, live))


def with_edit(live: Manifest, edit: Callable[[Any], object]) -> Manifest:
    """The object after somebody else wrote to it."""
    found = copy.deepcopy(live)
    edit(found)
    found["metadata"]["resourceVersion"] = str(int(live["metadata"]["resourceVersion"]) + 1)
    return found
