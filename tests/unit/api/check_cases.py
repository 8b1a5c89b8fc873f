"""For every CEL rule of the SyntheticCheck CRD: a check it accepts and one it refuses.

Used twice, as tests/unit/api/cel_fixtures.py is: against the real API server and against the models. The rule
about ``location`` compares with what was there before; it has tests of its own there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.unit.api.cel_fixtures import ZERO, Case, rules_of
from tests.unit.synthetic.specs import ABSENT, a_check

from fireline.api.crd import check_crd

Manifest = dict[str, Any]
LOCATION = "location cannot be changed, as it is a label of every series; make another check instead"
TRANSITIONS = {("spec", LOCATION)}

_ACTIONS = "exactly one of http, graphql, tcp, dns, grpcHealth, tls must be set"
_ASSERTIONS = "exactly one of status, latency, jsonPath, header, body, certificate, answers must be set"
_URL = "https://shop.example/"
_HTTP = {"http": {"url": _URL}}
_IMAGE = {"image": "registry.example/checks:1"}
_INTERVAL = {"from": "2026-12-24T00:00:00Z", "to": "2026-12-26T00:00:00Z"}
_SUNDAYS = {"cron": "0 3 * * SUN", "duration": "2h"}


def case(path: str, message: str, *, good: Mapping[str, Any], bad: Mapping[str, Any]) -> Case:
    """A case from the edits that make each check out of the plain one."""
    return Case(path, message, a_check(good), a_check(bad))


def _duration(path: str, good: str = "15s") -> Case:
    return case(path, ZERO, good={path: good}, bad={path: "0s"})


def _repair(**fields: Any) -> Manifest:
    return {"spec.maintenance": [fields]}


def _own(**fields: Any) -> Manifest:
    """A check with an image of its own."""
    return {
        "spec.steps": ABSENT,
        "spec.container": _IMAGE,
        **{f"spec.{key}": one for key, one in fields.items()},
    }


OWN_CASES = (
    Case(
        "",
        "metadata.name must have at most 52 characters: the names of its Jobs begin with it",
        a_check(name="a" * 52),
        a_check(name="a" * 53),
    ),
    case(
        "spec",
        "exactly one of steps, container must be set",
        good=_own(),
        bad={"spec.container": _IMAGE},
    ),
    case(
        "spec",
        "cleanup and sweep belong to steps; an image of your own cleans up by itself",
        good={"spec.cleanup": [{"name": "tidy", **_HTTP}]},
        bad=_own(cleanup=[{"name": "tidy", **_HTTP}]),
    ),
    case(
        "spec",
        "runner Prober runs steps; an image of your own needs runner Job",
        good={"spec.runner": "Prober"},
        bad=_own(runner="Prober"),
    ),
    case(
        "spec",
        "runner Prober needs schedule.every; cron is for runner Job",
        good={"spec.runner": "Prober", "spec.schedule": {"every": "30s"}},
        bad={"spec.runner": "Prober", "spec.schedule": {"cron": "*/5 * * * *"}},
    ),
    case(
        "spec.schedule",
        "exactly one of every, cron must be set",
        good={"spec.schedule": {"cron": "*/10 6-22 * * *"}},
        bad={"spec.schedule": {"cron": "*/10 6-22 * * *", "every": "10m"}},
    ),
    _duration("spec.schedule.every", "10m"),
    _duration("spec.timeout"),
    _duration("spec.cleanupTimeout"),
    _duration("spec.retries.backoff"),
    case(
        "spec.variables[]",
        "exactly one of value, secretKeyRef must be set",
        good={"spec.variables.0": {"name": "base", "value": _URL}},
        bad={"spec.variables.0": {"name": "base"}},
    ),
    case(
        "spec.alert.coverageBelow",
        'must be above 0 and at most 100, in quotes, for example "50"',
        good={"spec.alert.coverageBelow": "100"},
        bad={"spec.alert.coverageBelow": "0"},
    ),
    case(
        "spec.availability.target",
        'must be above 0 and below 100, in quotes, for example "99.9"',
        good={"spec.availability.target": "99.95"},
        bad={"spec.availability.target": "100"},
    ),
    case(
        "spec.maintenance[]",
        "exactly one of from, cron must be set",
        good=_repair(**_INTERVAL),
        bad=_repair(**_INTERVAL, **_SUNDAYS),
    ),
    case(
        "spec.maintenance[]",
        "from and to belong together: set both or none",
        good=_repair(**_INTERVAL),
        bad=_repair(**{"from": _INTERVAL["from"]}),
    ),
    case(
        "spec.maintenance[]",
        "cron and duration belong together: set both or none",
        good=_repair(**_SUNDAYS),
        bad=_repair(cron=_SUNDAYS["cron"]),
    ),
    case(
        "spec.maintenance[]",
        "timeZone belongs to cron; from and to carry their own offset",
        good=_repair(**_SUNDAYS, timeZone="Europe/Berlin"),
        bad=_repair(**_INTERVAL, timeZone="Europe/Berlin"),
    ),
    case(
        "spec.maintenance[].duration",
        ZERO,
        good=_repair(**_SUNDAYS),
        bad=_repair(**_SUNDAYS | {"duration": "0h"}),
    ),
)


def _of_steps(part: str) -> Iterator[Case]:
    """The rules of a step, wherever it stands."""

    def of(path: str, message: str, *, good: Manifest, bad: Manifest) -> Case:
        steps = [[{"name": "other", **_HTTP, **changes}] for changes in (good, bad)]
        return case(
            f"spec.{part}[]{path}",
            message,
            good={f"spec.{part}": steps[0]},
            bad={f"spec.{part}": steps[1]},
        )

    def asserted(path: str, message: str, *, good: Manifest, bad: Manifest) -> Case:
        return of(f".assert[]{path}", message, good={"assert": [good]}, bad={"assert": [bad]})

    yield of("", _ACTIONS, good={}, bad={"tcp": {"address": "db:5432"}})
    yield of(".timeout", ZERO, good={"timeout": "5s"}, bad={"timeout": "0s"})
    yield of(
        ".retries.backoff",
        ZERO,
        good={"retries": {"count": 1, "backoff": "500ms"}},
        bad={"retries": {"count": 1, "backoff": "0s"}},
    )
    yield of(
        ".http",
        "at most one of json, body, form may be set",
        good={"http": {"url": _URL, "method": "POST", "body": "a=b"}},
        bad={"http": {"url": _URL, "method": "POST", "body": "a=b", "form": {"a": "b"}}},
    )
    words = "names of headers have no spaces or colons, such as X-Request-Id"
    yield of(
        ".http.headers",
        words,
        good={"http": {"url": _URL, "headers": {"X-Request-Id": "${run.id}"}}},
        bad={"http": {"url": _URL, "headers": {"X-Request-Id:": "${run.id}"}}},
    )
    graph = {"url": _URL, "query": "{ me { id } }"}
    yield of(
        ".graphql.headers",
        words,
        good={"http": None, "graphql": {**graph, "headers": {"Accept": "application/json"}}},
        bad={"http": None, "graphql": {**graph, "headers": {"My Header": "x"}}},
    )
    yield asserted("", _ASSERTIONS, good={"status": [200]}, bad={"status": [200], "body": {"contains": "x"}})
    yield asserted(
        "",
        "jsonPath needs exactly one of exists, equals, matches, contains beside it",
        good={"jsonPath": "$.a", "exists": True},
        bad={"jsonPath": "$.a", "exists": True, "contains": "x"},
    )
    yield asserted(
        ".header",
        "exactly one of exists, equals, matches, contains must be set",
        good={"header": {"name": "Etag", "exists": True}},
        bad={"header": {"name": "Etag"}},
    )
    yield asserted(
        ".body",
        "exactly one of equals, matches, contains must be set",
        good={"body": {"contains": "welcome"}},
        bad={"body": {"contains": "welcome", "matches": "^w"}},
    )
    yield asserted(
        ".latency.below", ZERO, good={"latency": {"below": "800ms"}}, bad={"latency": {"below": "0ms"}}
    )
    yield asserted(
        ".certificate.validFor",
        ZERO,
        good={"certificate": {"validFor": "14d"}},
        bad={"certificate": {"validFor": "0d"}},
    )
    yield of(
        ".capture[]",
        "exactly one of jsonPath, header, body, cookie must be set",
        good={"capture": [{"variable": "id", "jsonPath": "$.id"}]},
        bad={"capture": [{"variable": "id", "jsonPath": "$.id", "cookie": "id"}]},
    )


ALL_CASES = (*OWN_CASES, *(one for part in ("steps", "cleanup", "sweep") for one in _of_steps(part)))


def rules_of_check_crd() -> set[tuple[str, str]]:
    """(path, message) of every rule in the generated CRD."""
    return rules_of(check_crd())
