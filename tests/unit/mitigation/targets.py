"""Random objects and changes of them, for the properties of patches."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.unit.mitigation.drafts import REF, a_thing

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, Change, PathChange
from fireline.mitigation.places import refusal
from fireline.mitigation.pointer import covers, get, join
from fireline.mitigation.values import same

NAMES = st.sampled_from(["a", "b", "c", "x/y", "m~n", "0", "é"])
_SCALARS = st.sampled_from([None, "", 0, False, True, 1, 2.5, "a<b>&c", "text", -7])
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
SPECS = st.dictionaries(NAMES, VALUES, max_size=4)
ANNOTATIONS = st.none() | st.dictionaries(st.sampled_from(["a", "b.io/c"]), st.just("x"), min_size=1)


@st.composite
def things(draw: st.DrawFn) -> Manifest:
    """An object as an API server could have it: annotations are texts, or not there."""
    annotations = draw(ANNOTATIONS)
    return a_thing(draw(SPECS), **({} if annotations is None else {"annotations": annotations}))


@st.composite
def changes(draw: st.DrawFn, live: Manifest) -> Change:
    """A change of this object that a patch can make: of fields that are there, or not, at any depth."""
    places = list(_places(live["spec"], "/spec"))
    paths: list[PathChange] = []
    for path in draw(st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True)):
        before = get(live, path)
        after = draw(VALUES | st.just(ABSENT))
        one = PathChange(path, before, after)
        apart = not any(covers(path, other.path) or covers(other.path, path) for other in paths)
        if apart and not same(before, after) and refusal(Change(REF, (one,)), live) is None:
            paths.append(one)
    return Change(REF, tuple(paths))


def _places(value: Any, path: str) -> Any:
    """Pointers to all that is below, and to what could be."""
    if isinstance(value, dict):
        yield from (f"{path}/new", f"{path}/new/deep/er", f"{path}/other")
        for name, inner in value.items():
            yield f"{path}{join(name)}"
            yield from _places(inner, f"{path}{join(name)}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield f"{path}/{place}"
            yield from _places(inner, f"{path}/{place}")
    elif value is None:
        yield from (f"{path}/deep", f"{path}/deep/er")
