"""Reading fields of a target, and saying what would become of them. Used by every action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, Change, PathChange, Ref, Refusal, Test, Value
from fireline.mitigation.pointer import get, join
from fireline.mitigation.shown import shown as shown_at
from fireline.mitigation.values import same

NOT_NEEDED = "NotNeeded"
"""Reason of a refusal: the target is as the action would make it, so there is nothing to do or take back."""
_SHOWN = 80
_Part = TypeVar("_Part")


def given(part: _Part | None) -> _Part:
    """The part of a spec that an action is about. Raises LookupError when it is another action's spec."""
    if part is None:
        raise LookupError("the spec has another action")
    return part


def mapping(document: Any, *parts: str) -> Mapping[str, Any]:
    """The map at a place; an empty one when there is none."""
    found = get(document, join(*parts))
    return found if isinstance(found, Mapping) else {}


def entries(document: Any, *parts: str | int) -> list[Any]:
    """The list at a place; an empty one when there is none."""
    found = get(document, join(*parts))
    return found if isinstance(found, list) else []


def ref_of(target: Manifest) -> Ref:
    """What a target is: this object, and no other of its name."""
    metadata = target["metadata"]
    return Ref(
        target["apiVersion"],
        target["kind"],
        metadata.get("namespace", ""),
        metadata["name"],
        metadata.get("uid", ""),
    )


def called(target: Manifest) -> str:
    """A target as people call it: ``CronJob reports``."""
    return f"{target['kind']} {target['metadata']['name']}"


def group_of(api_version: str) -> str:
    """The API group: ``apps`` of ``apps/v1``, empty for the core group."""
    return api_version.rpartition("/")[0]


def shown(value: Value, path: str = "") -> str:
    """A value in a sentence: JSON without secrets, shortened; an absent one in words.

    ``path`` is where it is: what is called a password there is hidden.
    """
    if value is ABSENT:
        return "nothing"
    text = shown_at(path, value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def listed(names: Iterable[str]) -> str:
    """Names in a sentence, at most twelve; ``none`` when there are none."""
    every = sorted(names)
    more = f" and {len(every) - 12} more" if len(every) > 12 else ""
    return (", ".join(every[:12]) or "none") + more


def change(
    target: Manifest,
    wanted: Iterable[tuple[str, Value]],
    *,
    summary: str,
    tests: tuple[Test, ...] = (),
    notes: tuple[str, ...] = (),
) -> Change | Refusal:
    """The change that makes each path what is wanted; refused when it is so already.

    What is so already is not written, and not taken back, but must still be so when the rest is written.
    """
    paths, still = [], []
    for path, after in wanted:
        before = get(target, path)
        if same(before, after):
            still.append(Test(path, after, revert=False))
        else:
            paths.append(PathChange(path, before, after))
    if not paths:
        so = "; ".join(f"{test.path} is {shown(test.value, test.path)}" for test in still)
        words = f"{called(target)} is already as it would be made: {so or 'nothing would change'}"
        return Refusal(NOT_NEEDED, words)
    return Change(ref_of(target), tuple(paths), (*tests, *still), summary, notes)
