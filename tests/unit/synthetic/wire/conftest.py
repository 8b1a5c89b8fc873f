"""Certificates for the servers of these tests."""

from __future__ import annotations

import pytest
from tests.bed.certs import Authority, KeyPair


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who issues the certificates."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def ca(authority: Authority) -> str:
    """Its certificate, as `tls.ca` takes it."""
    return authority.ca_file.read_text()


@pytest.fixture(scope="session")
def good(authority: Authority) -> KeyPair:
    """A certificate for localhost and 127.0.0.1."""
    return authority.server("good")


@pytest.fixture(scope="session")
def expired(authority: Authority) -> KeyPair:
    """The same, past its end."""
    return authority.server("expired", expired=True)
