"""What the schema of a check says, in words for people. Part of ``bad_checks``."""

from __future__ import annotations

from tests.unit.synthetic.bad_check import HTTP, IMAGE, Bad, a, http, own_image
from tests.unit.synthetic.specs import ABSENT, a_step, asserting, capturing

SCHEMA = (
    Bad("no steps", "Schema", {"spec.steps": ABSENT}, "spec: exactly one of steps, container must be set"),
    Bad(
        "no schedule",
        "Schema",
        {"spec.schedule": ABSENT},
        "spec.schedule: is missing. When the check runs. Exactly one of every and cron.",
    ),
    Bad(
        "an empty schedule",
        "Schema",
        {"spec.schedule": {}},
        "spec.schedule: exactly one of every, cron must be set",
    ),
    Bad(
        "steps and an image",
        "Schema",
        {"spec.container": IMAGE},
        "spec: exactly one of steps, container must be set",
    ),
    Bad(
        "an unknown field",
        "Schema",
        {"spec.step": []},
        "spec.step: unknown field, did you mean steps? (allowed here: alert, availability, cleanup, "
        "cleanupTimeout, container, history, location, maintenance, placement, prometheus, resources, "
        "retries, runner, schedule, steps, suspend, sweep, timeout, variables)",
    ),
    Bad(
        "a misspelt field of a step",
        "Schema",
        a_step(http=HTTP, asserts=[]),
        "spec.steps[0].asserts: unknown field, did you mean assert? (allowed here: assert, capture, "
        "dns, graphql, grpcHealth, http, name, retries, tcp, timeout, tls)",
    ),
    Bad(
        "a step without an action",
        "Schema",
        a_step(),
        "spec.steps[0]: exactly one of http, graphql, tcp, dns, grpcHealth, tls must be set",
    ),
    Bad(
        "a step with two actions",
        "Schema",
        a_step(http=HTTP, tcp={"address": "db:5432"}),
        "spec.steps[0]: exactly one of http, graphql, tcp, dns, grpcHealth, tls must be set",
    ),
    Bad(
        "a misspelt action",
        "Schema",
        a_step(htttp=HTTP),
        "spec.steps[0].htttp: unknown field, did you mean http? (allowed here: assert, capture, dns, "
        "graphql, grpcHealth, http, name, retries, tcp, timeout, tls)",
    ),
    Bad(
        "a number as time-out",
        "Schema",
        {"spec.timeout": 20},
        'spec.timeout: must be text, found the number 20; put it in quotes: "20"',
    ),
    Bad(
        "a time-out without a unit",
        "Schema",
        {"spec.timeout": "20"},
        "spec.timeout: '20' is not a Prometheus duration; write it like 30d, 5m or 1h30m",
    ),
    Bad("a time-out of zero", "Schema", {"spec.timeout": "0s"}, "spec.timeout: must be longer than zero"),
    Bad(
        "an unknown runner",
        "Schema",
        {"spec.runner": "Pod"},
        "spec.runner: 'Pod' is not allowed; write Job or Prober",
    ),
    Bad(
        "a name in capitals",
        "Schema",
        {"spec.steps.0.name": "Login"},
        "spec.steps[0].name: 'Login' is not a name of lower-case letters, digits and -, such as login",
    ),
    Bad(
        "a name with an underscore",
        "Schema",
        {"spec.steps.0.name": "log_in"},
        "spec.steps[0].name: 'log_in' is not a name of lower-case letters, digits and -, such as login",
    ),
    Bad(
        "a URL without a scheme",
        "Schema",
        http(url="shop.example/health"),
        "spec.steps[0].http.url: 'shop.example/health' is not an http or https URL, such as "
        "https://api.example/health or ${base}/health",
    ),
    Bad(
        "a URL with another scheme",
        "Schema",
        http(url="ftp://shop.example/"),
        "spec.steps[0].http.url: 'ftp://shop.example/' is not an http or https URL, such as "
        "https://api.example/health or ${base}/health",
    ),
    Bad(
        "an unknown method",
        "Schema",
        http(method="FETCH"),
        "spec.steps[0].http.method: 'FETCH' is not allowed; write GET, HEAD, POST, PUT, PATCH, DELETE "
        "or OPTIONS",
    ),
    Bad(
        "an unknown kind of assertion",
        "Schema",
        asserting({"code": [200]}),
        "spec.steps[0].assert[0].code: unknown field; allowed here: answers, body, certificate, "
        "contains, equals, exists, header, jsonPath, latency, matches, status",
    ),
    Bad(
        "two assertions in one",
        "Schema",
        asserting({"status": [200], "body": {"contains": "ok"}}),
        "spec.steps[0].assert[0]: exactly one of status, latency, jsonPath, header, body, certificate, "
        "answers must be set",
    ),
    Bad(
        "a status that is no list",
        "Schema",
        asserting({"status": 200}),
        "spec.steps[0].assert[0].status: must be a list, found the number 200",
    ),
    Bad(
        "a status out of range",
        "Schema",
        asserting({"status": [20]}),
        "spec.steps[0].assert[0].status[0]: 20 is out of range; write a whole number from 100 to 599",
    ),
    Bad(
        "no assertion at all in a list",
        "Schema",
        a_step(http=HTTP, assert_=[]),
        "spec.steps[0].assert: has 0 entries, at least 1 are needed",
    ),
    Bad(
        "a path without a dollar",
        "Schema",
        asserting({"jsonPath": "token", "exists": True}),
        "spec.steps[0].assert[0].jsonPath: 'token' is not a JSONPath; write it like $.items[0].id",
    ),
    Bad(
        "a comparison of a header without one",
        "Schema",
        asserting({"header": {"name": "Etag"}}),
        "spec.steps[0].assert[0].header: exactly one of exists, equals, matches, contains must be set",
    ),
    Bad(
        "a capture from nowhere",
        "Schema",
        capturing({"variable": "id"}),
        "spec.steps[0].capture[0]: exactly one of jsonPath, header, body, cookie must be set",
    ),
    Bad(
        "a capture with a bad name",
        "Schema",
        capturing({"variable": "my-id", "jsonPath": "$.id"}),
        "spec.steps[0].capture[0].variable: 'my-id' is not the name of a variable (letters, digits and "
        "_), such as session",
    ),
    Bad(
        "a variable captured twice in a step",
        "Schema",
        capturing({"variable": "id", "jsonPath": "$.id"}, {"variable": "id", "header": "X-Id"}),
        "spec.steps[0].capture: names 'id' twice",
    ),
    Bad(
        "a variable given twice",
        "Schema",
        {"spec.variables": [{"name": "base", "value": "a"}, {"name": "base", "value": "b"}]},
        "spec.variables: names 'base' twice",
    ),
    Bad(
        "a variable with value and Secret",
        "Schema",
        {"spec.variables.1": {"name": "password", "value": "x", "secretKeyRef": {"name": "p", "key": "k"}}},
        "spec.variables[1]: exactly one of value, secretKeyRef must be set",
    ),
    Bad(
        "a target as a number",
        "Schema",
        {"spec.availability": {"target": 99.9}},
        'spec.availability.target: must be text, found the number 99.9; put it in quotes: "99.9"',
    ),
    Bad(
        "a target of 100",
        "Schema",
        {"spec.availability": {"target": "100"}},
        'spec.availability.target: must be above 0 and below 100, in quotes, for example "99.9"',
    ),
    Bad(
        "a window in weeks",
        "Schema",
        {"spec.availability": {"window": "4w"}},
        "spec.availability.window: '4w' is not whole days from 1d to 90d; write it like 30d",
    ),
    Bad(
        "a window that is too long",
        "Schema",
        {"spec.availability": {"window": "91d"}},
        "spec.availability.window: '91d' is not whole days from 1d to 90d; write it like 30d",
    ),
    Bad(
        "an unknown severity",
        "Schema",
        {"spec.alert": {"severity": "high!"}},
        "spec.alert.severity: 'high!' is not allowed; write sev0, sev1, sev2, P1, P2, P3, critical, "
        "high or medium",
    ),
    Bad(
        "no failure is enough",
        "Schema",
        {"spec.alert": {"consecutiveFailures": 0}},
        "spec.alert.consecutiveFailures: 0 is out of range; write a whole number from 1 to 100",
    ),
    Bad(
        "a history that is too long",
        "Schema",
        {"spec.history": 51},
        "spec.history: 51 is out of range; write a whole number from 1 to 50",
    ),
    Bad(
        "a location with spaces",
        "Schema",
        {"spec.location": "EU 1"},
        "spec.location: 'EU 1' is not a short name, such as eu-1",
    ),
    Bad(
        "an image of your own for the prober",
        "Schema",
        {**own_image(), "spec.runner": "Prober"},
        "spec: runner Prober runs steps; an image of your own needs runner Job",
    ),
    Bad(
        "cron for the prober",
        "Schema",
        {"spec.runner": "Prober", "spec.schedule": {"cron": "* * * * *"}},
        "spec: runner Prober needs schedule.every; cron is for runner Job",
    ),
    Bad(
        "cleanup for an image of your own",
        "Schema",
        {**own_image(), "spec.cleanup": [a("it")]},
        "spec: cleanup and sweep belong to steps; an image of your own cleans up by itself",
    ),
    Bad(
        "an address without a port",
        "Schema",
        a_step(tcp={"address": "db"}),
        "spec.steps[0].tcp.address: 'db' is not a host and a port, such as db:5432, [2001:db8::1]:443 "
        "or ${db}:5432",
    ),
    Bad(
        "a record type that is not known",
        "Schema",
        a_step(dns={"name": "shop.example", "type": "PTR"}),
        "spec.steps[0].dns.type: 'PTR' is not allowed; write A, AAAA, CNAME, MX, NS, TXT, SRV or SOA",
    ),
)
