"""What the reads of an action came to: the items of a list, or why the action cannot be judged without it."""

from __future__ import annotations

from fireline.api.plan import Call, Manifest
from fireline.mitigation.model import Around, Refusal


def listing(name: str, api_version: str, kind: str, *, namespace: str, user: str) -> Call:
    """A call that lists all objects of a kind in a namespace."""
    return Call(name, "list", api_version=api_version, kind=kind, namespace=namespace, user=user)


def items(around: Around, call: Call, *, why: str) -> list[Manifest] | Refusal:
    """What a :func:`listing` found, each with its apiVersion and kind; none when there is no such kind.

    ``why`` it must be known, for people. A list that could not be read is a Refusal: what is not known is
    not taken for none.
    """
    answer = around.answers.get(call.name)
    if answer is None:
        return Refusal("NotAnswered", f"{_what(call)} were not read yet; {why}")
    if answer.status == 404:
        return []
    if answer.status == 403:
        words = (
            f"the ServiceAccount may not list {_what(call)} in namespace {call.namespace}, but {why}; "
            f"give it this right (fireline rbac prints the Role): {answer.message}"
        )
        return Refusal("Forbidden", words)
    if not answer.ok:
        said = answer.message or f"HTTP {answer.status}"
        return Refusal("NotAnswered", f"{_what(call)} could not be listed, but {why}: {said}")
    # The items of a list do not say what they are; only the list does.
    named = {"apiVersion": call.api_version, "kind": call.kind}
    return [{**named, **one} for one in (answer.body or {}).get("items") or ()]


def _what(call: Call) -> str:
    group = call.api_version.rpartition("/")[0]
    return f"{call.kind}s.{group}" if group else f"{call.kind}s"
