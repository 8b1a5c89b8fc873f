"""The demo shop as a process, without visitors, for the tests that walk through its API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.shopserver import ShopServer


@pytest.fixture(scope="session")
def running_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopServer]:
    """One shop for the whole run."""
    directory: Path = tmp_path_factory.mktemp("shop")
    with ShopServer(directory, rate=0) as shop:
        yield shop


@pytest.fixture
def shop(running_shop: ShopServer) -> ShopServer:
    """The shop, whole and empty."""
    running_shop.heal()
    running_shop.clear()
    return running_shop
