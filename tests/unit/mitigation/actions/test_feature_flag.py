"""Feature flags: disabled, or one variant for everyone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.mitigation.objects import UID, a_change, a_refusal, an_object, planned
from tests.unit.mitigation.workloads import a_spec

from fireline.api.plan import Manifest
from fireline.mitigation.actions.feature_flag import FEATURE_FLAG
from fireline.mitigation.model import ABSENT, PathChange, Permission, Ref
from fireline.mitigation.model import Test as Still

AT = "/spec/flagSpec/flags/new-payment"
TARGETING = {"if": [{"==": [{"var": "country"}, "DE"]}, "on", "off"]}


def flags(**more: Any) -> Manifest:
    """A FeatureFlag object with one flag that is on for everyone."""
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
    flag |= more
    spec = {"flagSpec": {"flags": {"new-payment": {k: v for k, v in flag.items() if v is not ABSENT}}}}
    return an_object("core.openfeature.dev/v1beta1", "FeatureFlag", spec=spec)


def disabled() -> Manifest:
    return {"featureFlag": {"name": "new-payment", "set": "Disabled"}}


def variant(name: str = "off") -> Manifest:
    return {"featureFlag": {"name": "new-payment", "set": "Variant", "variant": name}}


def test_a_flag_is_disabled_by_its_state_alone():
    change = a_change(planned(disabled(), flags(targeting=TARGETING)))
    assert change.ref == Ref("core.openfeature.dev/v1beta1", "FeatureFlag", "shop", "checkout", UID)
    assert change.paths == (PathChange(f"{AT}/state", "ENABLED", "DISABLED"),)
    assert change.summary == "disables flag new-payment of FeatureFlag checkout"


def test_who_disables_a_flag_is_told_that_the_code_decides_then():
    notes = " ".join(a_change(planned(disabled(), flags())).notes)
    assert "default in their own code, which may be on" in notes
    assert "Trust `verify`, not the object" in notes


def test_a_variant_for_everyone_is_the_default_one():
    change = a_change(planned(variant(), flags()))
    assert change.paths == (PathChange(f"{AT}/defaultVariant", "on", "off"),)
    assert change.tests == (Still(f"{AT}/state", "ENABLED", revert=False),)
    assert "variant off is false" in change.notes


def test_targeting_is_taken_out_for_a_variant_and_recorded_to_be_put_back():
    change = a_change(planned(variant(), flags(targeting=TARGETING)))
    assert change.paths == (
        PathChange(f"{AT}/defaultVariant", "on", "off"),
        PathChange(f"{AT}/targeting", TARGETING, ABSENT),
    )


def test_empty_targeting_decides_nothing_and_stays():
    assert [one.path for one in a_change(planned(variant(), flags(targeting={}))).paths] == [
        f"{AT}/defaultVariant"
    ]


def test_a_disabled_flag_is_enabled_so_that_its_variant_is_served():
    change = a_change(planned(variant(), flags(state="DISABLED")))
    assert change.paths == (
        PathChange(f"{AT}/state", "DISABLED", "ENABLED"),
        PathChange(f"{AT}/defaultVariant", "on", "off"),
    )
    assert any("the flag is disabled now" in note for note in change.notes)


def test_what_is_so_already_is_not_changed_but_must_stay_so_until_the_rest_is():
    change = a_change(planned(variant(), flags(defaultVariant="off", targeting=TARGETING)))
    assert change.paths == (PathChange(f"{AT}/targeting", TARGETING, ABSENT),)
    assert Still(f"{AT}/defaultVariant", "off", revert=False) in change.tests


@pytest.mark.parametrize(
    ("action", "found"),
    [(disabled(), {"state": "DISABLED"}), (variant(), {"defaultVariant": "off"})],
    ids=["disabled", "variant"],
)
def test_a_flag_that_is_so_already_needs_nothing(action: Manifest, found: Manifest):
    refusal = a_refusal(planned(action, flags(**found)), "NotNeeded")
    assert "is already as it would be made" in refusal.message


def test_an_unknown_flag_is_refused_with_those_there_are():
    refusal = a_refusal(planned({"featureFlag": {"name": "old", "set": "Disabled"}}, flags()), "FlagNotFound")
    assert refusal.message == "FeatureFlag checkout has no flag 'old'; it has: new-payment"
    assert not refusal.lasting


def test_an_unknown_variant_is_refused_with_those_there_are():
    refusal = a_refusal(planned(variant("none"), flags()), "VariantNotFound")
    assert (
        refusal.message == "flag new-payment of FeatureFlag checkout has no variant 'none'; it has: off, on"
    )


@pytest.mark.parametrize("spec", [{}, {"flagSpec": {}}, {"flagSpec": {"flags": None}}, {"flagSpec": "x"}])
def test_an_object_without_flags_is_refused(spec: Manifest):
    target = an_object("core.openfeature.dev/v1beta1", "FeatureFlag", spec=spec)
    assert "it has: none" in a_refusal(planned(disabled(), target), "FlagNotFound").message


def test_the_name_of_a_flag_is_escaped_in_its_path():
    spec = {"flagSpec": {"flags": {"pay/new~2": {"state": "ENABLED"}}}}
    target = an_object("core.openfeature.dev/v1beta1", "FeatureFlag", spec=spec)
    change = a_change(planned({"featureFlag": {"name": "pay/new~2", "set": "Disabled"}}, target))
    assert change.paths[0].path == "/spec/flagSpec/flags/pay~1new~02/state"


def test_it_needs_to_read_and_patch_the_one_object():
    target = {"apiVersion": "core.openfeature.dev/v1beta1", "kind": "FeatureFlag", "name": "checkout"}
    spec = a_spec(disabled(), target)
    assert FEATURE_FLAG.permissions(spec) == (
        Permission("core.openfeature.dev", "featureflags", ("get", "patch"), ("checkout",)),
    )
    assert FEATURE_FLAG.reads(spec, flags(), user="someone") == ()
    assert FEATURE_FLAG.reversibility(spec) == "Reversible"
