"""Assertions, captures, times and pods that no schema can judge. Part of ``bad_checks``."""

from __future__ import annotations

from tests.unit.synthetic.bad_check import HTTP, URL, Bad, a, maintenance
from tests.unit.synthetic.specs import a_step, asserting, capturing

ANSWERS = (
    Bad(
        "a path that cannot be read",
        "Checks",
        asserting({"jsonPath": "$.items[", "exists": True}),
        "spec.steps[0].assert[0].jsonPath: '$.items[' cannot be read: unexpected end of query; write "
        "it like $.items[0].id",
        reason="InvalidPath",
    ),
    Bad(
        "a path of another dialect",
        "Checks",
        asserting({"jsonPath": "$.items[?(@.a =~ 'x')]", "exists": True}),
        "spec.steps[0].assert[0].jsonPath: \"$.items[?(@.a =~ 'x')]\" cannot be read: unexpected token "
        "'='; write it like $.items[0].id",
        reason="InvalidPath",
    ),
    Bad(
        "a path without a comparison",
        "Checks",
        asserting({"jsonPath": "$.token"}),
        "spec.steps[0].assert[0]: jsonPath needs exactly one of exists, equals, matches, contains beside it",
    ),
    Bad(
        "a path with two comparisons",
        "Checks",
        asserting({"jsonPath": "$.token", "equals": "x", "exists": True}),
        "spec.steps[0].assert[0]: jsonPath needs exactly one of exists, equals, matches, contains beside it",
    ),
    Bad(
        "equals without a path",
        "Checks",
        asserting({"status": [200], "equals": "x"}),
        "spec.steps[0].assert[0]: jsonPath needs exactly one of exists, equals, matches, contains beside it",
    ),
    Bad(
        "a regular expression that cannot be read",
        "Checks",
        asserting({"body": {"matches": "(ok"}}),
        "spec.steps[0].assert[0].body.matches: '(ok' cannot be read: missing ): (ok; the syntax is "
        "that of RE2",
        reason="InvalidRegex",
    ),
    Bad(
        "a look-ahead",
        "Checks",
        asserting({"header": {"name": "Etag", "matches": "(?=a)"}}),
        "spec.steps[0].assert[0].header.matches: '(?=a)' cannot be read: invalid perl operator: (?=; "
        "the syntax is that of RE2",
        reason="InvalidRegex",
    ),
    Bad(
        "a capture without a group",
        "Checks",
        capturing({"variable": "id", "body": "id=[0-9]+"}),
        "spec.steps[0].capture[0].body: 'id=[0-9]+' has no group; put one around what is captured, as "
        "in id=([0-9]+)",
        reason="InvalidRegex",
    ),
    Bad(
        "a capture with two groups",
        "Checks",
        capturing({"variable": "id", "body": "(id)=([0-9]+)"}),
        "spec.steps[0].capture[0].body: '(id)=([0-9]+)' has 2 groups; put one around what is captured, "
        "as in id=([0-9]+)",
        reason="InvalidRegex",
    ),
    Bad(
        "an expression for TCP",
        "Checks",
        a_step(tcp={"address": "db:5432", "expect": "["}),
        "spec.steps[0].tcp.expect: '[' cannot be read: missing ]: [; the syntax is that of RE2",
        reason="InvalidRegex",
    ),
    Bad(
        "a status of TCP",
        "Checks",
        a_step(tcp={"address": "db:5432"}, assert_=[{"status": [200]}]),
        "spec.steps[0].assert[0].status: an answer to tcp has none; it belongs to http or graphql",
    ),
    Bad(
        "a body of DNS",
        "Checks",
        a_step(dns={"name": "shop.example"}, assert_=[{"body": {"contains": "x"}}]),
        "spec.steps[0].assert[0].body: an answer to dns has none; it belongs to http, graphql or tcp",
    ),
    Bad(
        "answers of HTTP",
        "Checks",
        asserting({"answers": {"atLeast": 2}}),
        "spec.steps[0].assert[0].answers: an answer to http has none; it belongs to dns",
    ),
    Bad(
        "a certificate of TCP",
        "Checks",
        a_step(tcp={"address": "db:5432"}, assert_=[{"certificate": {"validFor": "14d"}}]),
        "spec.steps[0].assert[0].certificate: an answer to tcp has none; it belongs to http, graphql, "
        "grpcHealth or tls",
    ),
    Bad(
        "a certificate without TLS",
        "Checks",
        a_step(http={"url": "http://shop.example/"}, assert_=[{"certificate": {"validFor": "14d"}}]),
        "spec.steps[0].assert[0].certificate: 'http://shop.example/' shows no certificate; write https://",
    ),
    Bad(
        "a certificate of plain gRPC",
        "Checks",
        a_step(grpcHealth={"address": "shop:50051"}, assert_=[{"certificate": {"validFor": "14d"}}]),
        "spec.steps[0].assert[0].certificate: without grpcHealth.tls the connection is not encrypted, "
        "and shows no certificate; add tls: {}",
    ),
    Bad(
        "a header captured from DNS",
        "Checks",
        a_step(dns={"name": "shop.example"}, capture=[{"variable": "x", "header": "Etag"}]),
        "spec.steps[0].capture[0].header: an answer to dns has none; it belongs to http or graphql",
    ),
    Bad(
        "the body of HEAD",
        "Checks",
        a_step(http={**HTTP, "method": "HEAD"}, assert_=[{"body": {"contains": "x"}}]),
        "spec.steps[0].assert[0].body: an answer to HEAD has no body; use GET",
    ),
    Bad(
        "a time-out longer than ten minutes",
        "Checks",
        {"spec.timeout": "11m", "spec.schedule.every": "1h"},
        "spec.timeout: 11m is longer than 10m; write it like 20s",
    ),
    Bad(
        "a cleanup longer than ten minutes",
        "Checks",
        {"spec.cleanupTimeout": "1h", "spec.schedule.every": "4h"},
        "spec.cleanupTimeout: 1h is longer than 10m; write it like 20s",
    ),
    Bad(
        "runs that overlap",
        "Checks",
        {
            "spec.timeout": "50s",
            "spec.schedule.every": "1m",
            "spec.cleanup": [a("tidy")],
            "spec.sweep": [a("before")],
        },
        "spec.timeout: the steps may take 50s, the sweep 10s, the cleanup 10s: 70 s together, and the "
        "next run is due after 60 s; allow less, or run less often",
    ),
    Bad(
        "a step longer than all",
        "Checks",
        {"spec.steps.0.timeout": "30s"},
        "spec.steps[0].timeout: 30s is longer than the 20s that all steps have (spec.timeout)",
    ),
    Bad(
        "a step of the cleanup longer than all",
        "Checks",
        {"spec.cleanup": [a("tidy", timeout="11s")]},
        "spec.cleanup[0].timeout: 11s is longer than the 10s that the whole cleanup has "
        "(spec.cleanupTimeout)",
    ),
    Bad(
        "maintenance that ends first",
        "Checks",
        maintenance(from_="2026-12-26T00:00:00Z", to="2026-12-24T00:00:00Z"),
        "spec.maintenance[0].to: 2026-12-24T00:00:00Z is not after from, 2026-12-26T00:00:00Z",
        reason="InvalidMaintenance",
    ),
    Bad(
        "maintenance on a day that does not exist",
        "Checks",
        maintenance(from_="2026-02-30T00:00:00Z", to="2026-03-24T00:00:00Z"),
        "spec.maintenance[0].from: '2026-02-30T00:00:00Z' does not exist; write it like 2026-12-24T00:00:00Z",
        reason="InvalidMaintenance",
    ),
    Bad(
        "maintenance that ends first in another zone",
        "Checks",
        maintenance(from_="2026-12-24T10:00:00+01:00", to="2026-12-24T09:00:00Z"),
        "spec.maintenance[0].to: 2026-12-24T09:00:00Z is not after from, 2026-12-24T10:00:00+01:00",
        reason="InvalidMaintenance",
    ),
    Bad(
        "maintenance that never comes",
        "Checks",
        maintenance(cron="0 0 30 2 *", duration="1h"),
        "spec.maintenance[0].cron: '0 0 30 2 *' is no cron expression (Bad day-of-month); write it like "
        "0 3 * * SUN",
        reason="InvalidMaintenance",
    ),
    Bad(
        "maintenance with a bad cron",
        "Checks",
        maintenance(cron="0 25 * * *", duration="1h"),
        "spec.maintenance[0].cron: '0 25 * * *' is no cron expression (Bad hour); write it like 0 3 * * SUN",
        reason="InvalidMaintenance",
    ),
    Bad(
        "maintenance that never ends",
        "Checks",
        maintenance(cron="* * * * *", duration="1h"),
        "spec.maintenance[0].cron: '* * * * *' starts again before 1h are over, so that maintenance never "
        "ends; write it like 0 3 * * SUN",
        reason="InvalidMaintenance",
    ),
    Bad(
        "maintenance for weeks",
        "Checks",
        maintenance(cron="0 3 * * SUN", duration="8d"),
        "spec.maintenance[0].duration: '8d' is not between 1m and 7d; write it like 2h",
        reason="InvalidMaintenance",
    ),
    Bad(
        "an unknown time zone",
        "Checks",
        maintenance(cron="0 3 * * SUN", duration="1h", timeZone="Berlin"),
        "spec.maintenance[0].timeZone: 'Berlin' is no IANA time zone; write it like Europe/Berlin",
        reason="UnknownTimeZone",
    ),
    Bad(
        "a request above the default limit",
        "Checks",
        {"spec.resources": {"requests": {"memory": "256Mi"}}},
        "spec.resources.requests.memory: 256Mi is requested, and the limit is 192Mi; set "
        "spec.resources.limits.memory to 256Mi or more",
    ),
    Bad(
        "a limit below the default request",
        "Checks",
        {"spec.resources": {"limits": {"memory": "32Mi"}}},
        "spec.resources.limits.memory: 64Mi is requested, and the limit is 32Mi; set "
        "spec.resources.requests.memory to 32Mi or less",
    ),
    Bad(
        "an unknown resource",
        "Checks",
        {"spec.resources": {"limits": {"mem": "32Mi"}}},
        "spec.resources.limits.mem: is no resource of a pod; write cpu, memory, ephemeral-storage",
    ),
    Bad(
        "an amount as a number",
        "Schema",
        {"spec.resources": {"limits": {"cpu": 1}}},
        'spec.resources.limits.cpu: must be text, found the number 1; put it in quotes: "1"',
    ),
    Bad(
        "a toleration with a value too many",
        "Checks",
        {"spec.placement": {"tolerations": [{"key": "gpu", "operator": "Exists", "value": "yes"}]}},
        "spec.placement.tolerations[0].value: operator Exists compares no value; leave it out",
    ),
    Bad(
        "a toleration without a key",
        "Checks",
        {"spec.placement": {"tolerations": [{"value": "yes"}]}},
        "spec.placement.tolerations[0].operator: Equal needs a key; for every taint write Exists",
    ),
    Bad(
        "too many bytes",
        "Checks",
        {
            "spec.steps": [
                a(f"s{n}", http={"url": URL, "method": "POST", "body": "x" * 30000}) for n in range(4)
            ]
        },
        "spec.steps: the steps take 120917 bytes as JSON, at most 98304 fit; shorten texts, or make "
        "two checks",
    ),
)
