"""Every way into a real Prometheus behind a doorkeeper: right, wrong, missing and changed credentials."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fireline.errors import MetricsError, MetricsForbidden
from fireline.prometheus.replicas import Replicas
from fireline.settings import Source
from tests.bed.certs import Authority, KeyPair
from tests.bed.doorkeeper import Demands, Doorkeeper
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools

pytestmark = pytest.mark.bed

SECRET, OTHER = "pass word-ü-1", "s3cret-2"
TOKEN, NEXT = "token-1", "token-2"
TENANT = ("X-Scope-OrgID", "team-a")


@pytest.fixture(scope="module")
def server(tools: Tools, bed_directory: Path) -> Iterator[Prometheus]:
    """The Prometheus behind every door."""
    with Prometheus(tools, bed_directory / "access") as running:
        yield running


class Place(NamedTuple):
    """A door before the server, and a folder with files that hold secrets."""

    door: Doorkeeper
    folder: Path
    authority: Authority
    user: KeyPair
    stranger: KeyPair

    def file(self, text: str, name: str = "secret") -> Path:
        """A file as a Secret is mounted."""
        path = self.folder / name
        path.write_text(text)
        return path

    def source(self, **settings: Any) -> Replicas:
        """The source ``team-a`` at this door, as its settings describe it."""
        return Replicas.of(Source(urls=(self.door.url,), **settings), name="team-a")


@pytest.fixture
def plain(server: Prometheus, tmp_path: Path) -> Iterator[Place]:
    """A door over plain HTTP."""
    authority = Authority(tmp_path / "ca")
    with Doorkeeper(server.url, Demands()) as door:
        yield Place(door, tmp_path, authority, authority.client("fireline"), authority.client("stranger"))


@pytest.fixture
def secure(server: Prometheus, tmp_path: Path) -> Iterator[Place]:
    """A door that wants a client certificate of its own authority; ``stranger`` has one of another."""
    authority, foreign = Authority(tmp_path / "ca"), Authority(tmp_path / "foreign")
    door = Doorkeeper(server.url, Demands(), serving=authority.server("door"), client_ca=authority.ca_file)
    with door:
        yield Place(door, tmp_path, authority, authority.client("fireline"), foreign.client("stranger"))


def ask(source: Replicas) -> float:
    """The answer of the real server to a question of which the answer is 42."""
    (sample,) = asyncio.run(source.instant("vector(42)"))
    return sample.value


def refusal(source: Replicas) -> str:
    """What is said when the door stays shut; every method says it."""
    with pytest.raises(MetricsForbidden) as refused:
        ask(source)
    with pytest.raises(MetricsForbidden):
        asyncio.run(source.rules(["slo-a"]))
    with pytest.raises(MetricsForbidden):
        asyncio.run(source.healthy())
    return str(refused.value)


def certificate(pair: KeyPair, place: Place) -> dict[str, Path]:
    """Settings that show a certificate."""
    return {
        "ca_file": place.authority.ca_file,
        "client_certificate_file": pair.cert,
        "client_key_file": pair.key,
    }


class Way(NamedTuple):
    """One way to authenticate over HTTP: what is demanded, what opens, what does not, what is then said."""

    demands: Demands
    right: dict[str, Any]
    wrong: dict[str, Any]
    advice: str


WAYS = {
    "bearer": Way(
        Demands(bearer=TOKEN),
        {"bearer_token_file": TOKEN},
        {"bearer_token_file": OTHER},
        "invalid token; look at sources.team-a.bearer_token_file, and at sources.team-a.tenant where there "
        "are tenants",
    ),
    "basic": Way(
        Demands(basic=("fireline", SECRET)),
        {"username": "fireline", "password_file": SECRET},
        {"username": "fireline", "password_file": OTHER},
        "Unauthorized; look at sources.team-a.username and password_file",
    ),
    "tenant of Mimir": Way(
        Demands(tenant=TENANT),
        {"kind": "Mimir", "tenant": "team-a"},
        {"kind": "Mimir", "tenant": "team-b"},
        "tenant team-b is not yours; look at sources.team-a.tenant",
    ),
    "tenant of Thanos": Way(
        Demands(tenant=("THANOS-TENANT", "team-a")),
        {"kind": "Thanos", "tenant": "team-a"},
        {"kind": "Thanos", "tenant": "team-a", "tenant_header": "X-Scope-OrgID"},
        "no org id; look at sources.team-a.tenant",
    ),
    "secret header": Way(
        Demands(headers={"X-Api-Key": OTHER, "X-Zone": "eu"}),
        {"headers": {"X-Zone": "eu"}, "header_files": {"X-Api-Key": OTHER}},
        {"headers": {"X-Zone": "eu"}, "header_files": {"X-Api-Key": TOKEN}},
        "header X-Api-Key is not right; look at sources.team-a.headers and header_files",
    ),
    "basic and tenant": Way(
        Demands(basic=("fireline", SECRET), tenant=TENANT),
        {"username": "fireline", "password_file": SECRET, "tenant": "team-a"},
        {"username": "fireline", "password_file": SECRET, "tenant": "team-b"},
        "look at sources.team-a.username and password_file and sources.team-a.tenant",
    ),
}


def mounted(given: dict[str, Any], place: Place) -> dict[str, Any]:
    """The settings with each secret in a file."""
    found = dict(given)
    for name in ("bearer_token_file", "password_file"):
        if name in found:
            found[name] = place.file(f"{found[name]}\n", name)
    files = found.get("header_files", {})
    found["header_files"] = {header: place.file(f"{text}\n", header) for header, text in files.items()}
    return found


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_each_way_opens_with_the_right_credentials_and_says_what_to_look_at_with_wrong_ones(
    plain: Place, way: Way, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    plain.door.demands = way.demands
    assert ask(plain.source(**mounted(way.right, plain))) == 42
    said = refusal(plain.source(**mounted(way.wrong, plain)))
    who = way.right.get("kind", "Prometheus")
    assert said.startswith(f"source team-a: {plain.door.url}: {who} answered 40")
    assert way.advice in said
    for secret in (SECRET, OTHER, TOKEN):
        assert secret not in said + caplog.text


@pytest.mark.parametrize(
    "way", [WAYS["bearer"], WAYS["basic"], WAYS["tenant of Mimir"]], ids=lambda w: w.advice
)
def test_nothing_shown_at_all_names_the_settings_there_are(plain: Place, way: Way):
    plain.door.demands = way.demands
    said = refusal(plain.source())
    assert "no credentials are set: look at sources.team-a.bearer_token_file or username" in said
    assert "sources.team-a.tenant where there are tenants" in said


@pytest.mark.parametrize(
    "way", [WAYS["bearer"], WAYS["basic"], WAYS["secret header"]], ids=lambda w: w.advice
)
def test_a_server_that_quotes_the_credentials_does_not_make_us_repeat_them(plain: Place, way: Way):
    demands = way.demands
    plain.door.demands = Demands(demands.bearer, demands.basic, headers=demands.headers, talkative=True)
    said = refusal(plain.source(**mounted(way.wrong, plain)))
    assert "[secret]" in said
    for secret in (OTHER, TOKEN, SECRET):
        assert secret not in said


def test_a_secret_that_changes_is_used_at_the_next_question(plain: Place):
    password, token, key = (plain.file("old", name) for name in ("password", "token", "key"))
    basic = plain.source(username="fireline", password_file=password)
    bearer = plain.source(bearer_token_file=token)
    header = plain.source(header_files={"X-Key": key})
    for text in ("first", "second"):
        for demands, file, source in (
            (Demands(basic=("fireline", text)), password, basic),
            (Demands(bearer=text), token, bearer),
            (Demands(headers={"X-Key": text}), key, header),
        ):
            plain.door.demands = demands
            refusal(source)
            file.write_text(text)
            assert ask(source) == 42


def test_credentials_in_the_url_open_together_with_a_tenant(plain: Place):
    plain.door.demands = Demands(basic=("fireline", "p/w"), tenant=TENANT)
    url = plain.door.url.replace("//", "//fireline:p%2Fw@")
    source = Replicas.of(Source(urls=(url,), tenant="team-a"), name="team-a")
    assert ask(source) == 42
    plain.door.demands = Demands(basic=("fireline", "other"))
    assert "p%2Fw" not in refusal(source)


@pytest.mark.parametrize(
    ("setting", "others"),
    [
        ("password_file", {"username": "fireline"}),
        ("bearer_token_file", {}),
        ("ca_file", {}),
        ("client_certificate_file", {"client_key_file": Path("/dev/null")}),
    ],
)
@pytest.mark.parametrize("content", [None, "", "two\nlines"], ids=["missing", "empty", "two lines"])
def test_a_file_that_cannot_be_used_is_named_and_nothing_is_sent(
    plain: Place, setting: str, others: dict[str, Any], content: str | None
):
    file = plain.folder / "file"
    if content is not None:
        file.write_text(content)
    source = plain.source(**{setting: file}, **others)
    with pytest.raises(MetricsError, match=f"source team-a: {setting} {file}") as refused:
        ask(source)
    assert "two" not in str(refused.value).removeprefix(str(file))
    assert len(plain.door.log) == 0


def test_a_client_certificate_opens_and_another_authoritys_or_none_does_not(secure: Place):
    assert ask(secure.source(**certificate(secure.user, secure))) == 42
    said = refusal(secure.source(**certificate(secure.stranger, secure)))
    assert f"source team-a: {secure.door.url}: the TLS connection failed" in said
    assert said.endswith("look at sources.team-a.client_certificate_file")
    said = refusal(secure.source(ca_file=secure.authority.ca_file))
    assert said.endswith("it may want sources.team-a.client_certificate_file")


def test_a_server_whose_authority_is_not_ours_is_not_talked_to(secure: Place):
    settings = certificate(secure.user, secure)
    del settings["ca_file"]
    said = refusal(secure.source(**settings))
    assert "its certificate is not trusted" in said
    assert said.endswith("look at sources.team-a.ca_file")


def test_a_new_certificate_in_the_same_files_is_shown_at_once(secure: Place):
    """The connection of the old one is still open: it must not be used again."""
    settings = certificate(secure.user, secure)
    secure.door.demands = Demands(user="fireline")
    source = secure.source(**settings)
    assert ask(source) == 42
    successor = secure.authority.client("fireline-2")
    secure.user.cert.write_bytes(successor.cert.read_bytes())
    secure.user.key.write_bytes(successor.key.read_bytes())
    secure.door.demands = Demands(user="fireline-2")
    assert ask(source) == 42


def test_a_new_authority_in_the_same_file_is_trusted_at_once(secure: Place):
    settings = certificate(secure.user, secure)
    right = secure.authority.ca_file.read_bytes()
    file = secure.file((secure.folder / "foreign" / "ca.crt").read_text(), "trusted.crt")
    source = secure.source(**settings | {"ca_file": file})
    assert refusal(source).endswith("look at sources.team-a.ca_file")
    file.write_bytes(right)
    assert ask(source) == 42


def test_a_key_that_is_not_the_certificates_or_has_a_passphrase_is_named(secure: Place):
    settings = certificate(secure.user, secure)
    with pytest.raises(MetricsError, match=r"client_key_file .* cannot be used: key values mismatch"):
        ask(secure.source(**settings | {"client_key_file": secure.stranger.key}))
    locked = secure.folder / "locked.key"
    locked.write_bytes(with_passphrase(secure.user.key))
    with pytest.raises(MetricsError, match=f"client_key_file {locked} cannot be used"):
        ask(secure.source(**settings | {"client_key_file": locked}))


def with_passphrase(key: Path) -> bytes:
    """The same key, encrypted."""
    from cryptography.hazmat.primitives import serialization

    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    return loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"locked"),
    )


def test_a_replica_that_refuses_us_is_left_for_one_that_does_not(plain: Place, server: Prometheus):
    plain.door.demands = Demands(bearer=NEXT)
    settings = Source(urls=(plain.door.url, server.url), bearer_token_file=plain.file(TOKEN))
    assert ask(Replicas.of(settings, name="team-a")) == 42
