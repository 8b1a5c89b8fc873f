"""Status patches hold the difference and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fireline.kube.status import merge_patch

_LEAVES = st.sampled_from([0, 1, "x", True, [], [1]])
_INNER = st.dictionaries(st.sampled_from("ab"), _LEAVES, max_size=2)
_MIDDLE = st.dictionaries(st.sampled_from("ab"), _LEAVES | _INNER, max_size=2)
_MAPS = st.dictionaries(st.sampled_from("abc"), _LEAVES | _MIDDLE, max_size=3)


def test_equal_statuses_need_no_patch():
    status = {"conditions": [{"type": "Ready"}], "budget": {"left": "1"}}
    assert merge_patch(status, {**status}) == {}


def test_a_removed_field_is_set_to_null():
    assert merge_patch({"budget": {"left": "1", "asOf": "x"}}, {"budget": {"left": "1"}}) == {
        "budget": {"asOf": None}
    }


def test_a_changed_list_is_sent_whole():
    assert merge_patch({"alerts": [1, 2]}, {"alerts": [1]}) == {"alerts": [1]}


@given(before=_MAPS, after=_MAPS)
def test_applying_the_patch_gives_the_wanted_status(before: dict[str, Any], after: dict[str, Any]):
    patch = merge_patch(before, after)
    merged = _merge(before, patch)
    assert merged == after
    assert merge_patch(merged, after) == {}


def _merge(target: Any, patch: Any) -> Any:
    """RFC 7386, as the API server does it."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged
