"""The examples with a person and the running operator: errors stop, and nothing is left in the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.foreigncrds import install_foreign_crds
from tests.bed.obeying import Obeying, comes_to
from tests.bed.shopserver import ShopServer
from tests.bed.troubles import BY_EXAMPLE
from tests.cluster.ward import Ward, example, text, where
from tests.mitigations.scene import Aid, an_aid

from fireline.api.mitigation import Spec

pytestmark = pytest.mark.bed
_OF_OTHERS = ("trigger", "verify", "mode", "slo")
"""What needs a Prometheus, or a check: here a person asks, and the shop itself tells whether it helped."""


@pytest.fixture(scope="module")
def aid(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aid]:
    """An operator on an API server with the kinds of other projects."""
    install_foreign_crds(cluster)
    with an_aid(cluster, tmp_path_factory.mktemp("aid")) as found:
        yield found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopServer]:
    """A shop with two hundred visitors a second, of whom nobody sees an error on a good day."""
    with ShopServer(tmp_path_factory.mktemp("shop"), rate=200, error_rate=0.0) as running:
        yield running


@pytest.mark.parametrize("name", BY_EXAMPLE)
def test_errors_stop_when_a_person_says_yes_and_all_is_as_before_in_the_end(
    aid: Aid, ward: Ward, shop: ShopServer, name: str
):
    file, trouble, share = BY_EXAMPLE[name]
    spec, target = example(file, name)
    live = ward.put(target)
    ward.grant(spec, name)
    before = text(ward.admin.request("GET", where(live)))
    aid.apply(name, **by_hand(spec))
    with Obeying(ward.admin, ward.namespace, shop, trouble):
        comes_to(shop, share)
        aid.propose(name)
        comes_to(shop, share)
        aid.approve(name)
        aid.phase(name, "Active")
        comes_to(shop, 0.0)
        aid.annotate(name, revert="1")
        aid.phase(name, "Reverted")
        comes_to(shop, share)
    assert text(ward.admin.request("GET", where(live))) == before


def by_hand(spec: Spec) -> dict[str, Any]:
    """A spec without what calls for it."""
    found = spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    return {field: value for field, value in found.items() if field not in _OF_OTHERS}
