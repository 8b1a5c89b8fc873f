"""Schedules, variables and requests that no schema can judge. Part of ``bad_checks``."""

from __future__ import annotations

from tests.unit.synthetic.bad_check import HTTP, IMAGE, URL, Bad, a, cron, every, for_each, http, sweep
from tests.unit.synthetic.specs import ABSENT, a_step, asserting, capturing

STEPS = (
    Bad(
        "every seven minutes",
        "Checks",
        every("7m"),
        "spec.schedule.every: found 7m; allowed with runner Job: 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, "
        "15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h, 24h; for others write cron, for less than a "
        "minute runner: Prober",
        reason="InvalidSchedule",
    ),
    Bad(
        "every ten seconds by Job",
        "Checks",
        every("10s"),
        "spec.schedule.every: found 10s; allowed with runner Job: 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, "
        "15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h, 24h; for others write cron, for less than a "
        "minute runner: Prober",
        reason="InvalidSchedule",
    ),
    Bad(
        "every seven seconds by Prober",
        "Checks",
        {"spec.schedule": {"every": "7s"}, "spec.runner": "Prober"},
        "spec.schedule.every: found 7s; allowed with runner Prober: 5s, 6s, 8s, 9s, 10s, 12s, 15s, "
        "16s, 18s, 20s, 24s, 25s, 30s, 36s, 40s, 45s, 48s, 50s, 1m, 1m12s, 1m15s, 1m20s, 1m30s, 1m40s, "
        "2m, 2m24s, 2m30s, 3m, 3m20s, 3m45s, 4m, 5m, 6m, 6m40s, 7m30s, 10m, 12m, 15m, 20m, 30m, 1h",
        reason="InvalidSchedule",
    ),
    Bad(
        "an hour and a half",
        "Checks",
        every("90m"),
        "spec.schedule.every: found 90m; allowed with runner Job: 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, "
        "15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h, 24h; for others write cron, for less than a "
        "minute runner: Prober",
        reason="InvalidSchedule",
    ),
    Bad(
        "a cron field out of range",
        "Checks",
        cron("61 * * * *"),
        "spec.schedule.cron: minute: found '61'; allowed: 0 to 59, ranges like 0-59, steps like */2, "
        "lists with commas",
        reason="InvalidSchedule",
    ),
    Bad(
        "a cron of six fields",
        "Schema",
        cron("0 0 * * * *"),
        "spec.schedule.cron: '0 0 * * * *' is not a cron expression of five fields, such as \"0 3 * * SUN\"",
    ),
    Bad(
        "a cron that never comes",
        "Checks",
        cron("0 0 30 2 *"),
        "spec.schedule.cron: found '0 0 30 2 *', which never comes; name a day that exists",
        reason="InvalidSchedule",
    ),
    Bad(
        "Sunday as 7",
        "Checks",
        cron("0 3 * * 7"),
        "spec.schedule.cron: day of week: found '7'; allowed: 0 to 6 or SUN to SAT, ranges like 0-6, "
        "steps like */2, lists with commas",
        reason="InvalidSchedule",
    ),
    Bad(
        "an unknown variable",
        "Checks",
        http(url="${bse}/health"),
        "spec.steps[0].http.url: ${bse} has no value here; did you mean ${base}?",
        reason="UnknownVariable",
    ),
    Bad(
        "an unknown variable unlike any other",
        "Checks",
        http(url="https://shop.example/${customer}"),
        "spec.steps[0].http.url: ${customer} has no value here: it is neither in spec.variables nor "
        "captured before; there are: base, password, run.check, run.id, run.location, run.startedAt",
        reason="UnknownVariable",
    ),
    Bad(
        "a variable without an end",
        "Checks",
        http(url="https://shop.example/${run.id"),
        "spec.steps[0].http.url: ${ begins a variable that does not end; write ${name}, or $${ for the "
        "text ${",
        reason="UnknownVariable",
    ),
    Bad(
        "a variable in a JSON body",
        "Checks",
        http(method="POST", json={"items": [{"id": "${item}"}]}),
        "spec.steps[0].http.json.items[0].id: ${item} has no value here: it is neither in "
        "spec.variables nor captured before; there are: base, password, run.check, run.id, "
        "run.location, run.startedAt",
        reason="UnknownVariable",
    ),
    Bad(
        "a variable in what is expected",
        "Checks",
        asserting({"jsonPath": "$.run", "equals": "${runId}"}),
        "spec.steps[0].assert[0].equals: ${runId} has no value here; did you mean ${run.id}?",
        reason="UnknownVariable",
    ),
    Bad(
        "a variable before it is captured",
        "Checks",
        {
            "spec.steps": [
                a("a", http={"url": URL + "${id}"}),
                a("b", capture=[{"variable": "id", "jsonPath": "$.id"}]),
            ]
        },
        "spec.steps[0].http.url: ${id} is captured by spec.steps[1], which comes later",
        reason="UnknownVariable",
    ),
    Bad(
        "a variable of the step's own answer",
        "Checks",
        a_step(
            http=HTTP,
            assert_=[{"jsonPath": "$.a", "equals": "${id}"}],
            capture=[{"variable": "id", "jsonPath": "$.id"}],
        ),
        "spec.steps[0].assert[0].equals: ${id} is captured from the answer of this very step; it has "
        "no value yet",
        reason="UnknownVariable",
    ),
    Bad(
        "a variable of the sweep in a step",
        "Checks",
        {
            **sweep(a("old", capture=[{"variable": "left", "jsonPath": "$.id"}])),
            "spec.steps": [a("a", http={"url": URL + "${left}"})],
        },
        "spec.steps[0].http.url: ${left} is captured in the sweep (spec.sweep[0]), whose variables are "
        "its own",
        reason="UnknownVariable",
    ),
    Bad(
        "a variable of the steps in the sweep",
        "Checks",
        sweep(a("old", http={"url": URL + "${session}"})),
        "spec.sweep[0].http.url: ${session} is captured by spec.steps[0], which comes later",
        reason="UnknownVariable",
    ),
    Bad(
        "a capture named like a variable",
        "Checks",
        capturing({"variable": "base", "jsonPath": "$.id"}),
        "spec.steps[0].capture[0].variable: 'base' is one of spec.variables; choose another name, such "
        "as session",
    ),
    Bad(
        "names that differ in case",
        "Checks",
        {
            "spec.variables": [{"name": "tenant", "value": "a"}, {"name": "tenANT", "value": "b"}],
            "spec.steps": [a("it")],
        },
        "spec.variables[1].name: 'tenANT' and 'tenant' differ only in case; rename one",
    ),
    Bad(
        "a name of a step twice",
        "Checks",
        {"spec.cleanup": [a("login")]},
        "spec.cleanup[0].name: 'login' is the name of spec.steps[0] as well; every step needs its own",
    ),
    Bad(
        "an unknown variable for an image",
        "Checks",
        {"spec.steps": ABSENT, "spec.container": {**IMAGE, "env": [{"name": "URL", "variable": "bas"}]}},
        "spec.container.env[0].variable: 'bas' is not among spec.variables; there are: base, password",
        reason="UnknownVariable",
    ),
    Bad(
        "a sweep for each of nothing",
        "Checks",
        sweep(a("rm", forEach=for_each("find"))),
        "spec.sweep[0].forEach.from: 'find' is no step of the sweep before this one; it is the first",
    ),
    Bad(
        "a sweep for each of itself",
        "Checks",
        sweep(a("find"), a("rm", forEach=for_each("rm"))),
        "spec.sweep[1].forEach.from: 'rm' is no step of the sweep before this one; there are: find",
    ),
    Bad(
        "for each under a name that is taken",
        "Checks",
        sweep(a("find"), a("rm", forEach=for_each("find", "base"))),
        "spec.sweep[1].forEach.variable: 'base' is one of spec.variables; choose another name, such as left",
    ),
    Bad(
        "for each with a bad path",
        "Checks",
        sweep(a("find"), a("rm", forEach=for_each("find", path="$[*"))),
        "spec.sweep[1].forEach.jsonPath: '$[*' cannot be read: unexpected end of segment; write it "
        "like $.items[0].id",
        reason="InvalidPath",
    ),
    Bad(
        "a URL without a host",
        "Checks",
        http(url="https:///health"),
        "spec.steps[0].http.url: 'https:///health' has no host or no possible port; write it like "
        "https://api.example/health",
    ),
    Bad(
        "a URL with an impossible port",
        "Checks",
        http(url="https://shop.example:99999/"),
        "spec.steps[0].http.url: 'https://shop.example:99999/' has no host or no possible port; write "
        "it like https://api.example/health",
    ),
    Bad(
        "a port that is a word",
        "Checks",
        a_step(tcp={"address": "db:postgres"}),
        "spec.steps[0].tcp.address: 'db:postgres' ends with no port from 1 to 65535; write it like db:5432",
    ),
    Bad(
        "a port that is too high",
        "Checks",
        a_step(tls={"address": "shop.example:443443"}),
        "spec.steps[0].tls.address: 'shop.example:443443' ends with no port from 1 to 65535; write it "
        "like db:5432",
    ),
    Bad(
        "a name server without a number",
        "Checks",
        a_step(dns={"name": "shop.example", "server": "10.0.0.10:dns"}),
        "spec.steps[0].dns.server: '10.0.0.10:dns' ends with no port from 1 to 65535; write it like "
        "10.0.0.10:53",
    ),
    Bad(
        "two bodies",
        "Checks",
        http(method="POST", json={}, body="x"),
        "spec.steps[0].http.json: at most one of json, body, form may be set",
    ),
    Bad(
        "a JSON body and a form",
        "Checks",
        http(method="POST", json={"a": 1}, form={"a": "1"}),
        "spec.steps[0].http.json: at most one of json, body, form may be set",
    ),
    Bad(
        "GraphQL variables as a list",
        "Checks",
        a_step(graphql={"url": URL, "query": "{ me { id } }", "variables": ["x"]}),
        "spec.steps[0].graphql.variables: must be a mapping, found a list; write it like {id: 1}",
    ),
    Bad(
        "a password in the URL",
        "Checks",
        http(url="https://probe:hunter2@shop.example/"),
        "spec.steps[0].http.url: holds a password; use basicAuth with a variable, and put it into a "
        "Secret and name it in spec.variables with secretKeyRef",
        reason="InlineSecret",
    ),
    Bad(
        "a token in a header",
        "Checks",
        http(headers={"Authorization": "Bearer abc"}),
        "spec.steps[0].http.headers.Authorization: holds a credential; put it into a Secret and name "
        "it in spec.variables with secretKeyRef",
        reason="InlineSecret",
    ),
    Bad(
        "a password of basic authentication",
        "Checks",
        http(basicAuth={"username": "probe", "password": "hunter2"}),
        "spec.steps[0].http.basicAuth.password: holds a credential; put it into a Secret and name it "
        "in spec.variables with secretKeyRef",
        reason="InlineSecret",
    ),
    Bad(
        "a password in a JSON body",
        "Checks",
        http(method="POST", json={"user": {"password": "hunter2"}}),
        "spec.steps[0].http.json.user.password: holds a credential; put it into a Secret and name it "
        "in spec.variables with secretKeyRef. If it is wrong on purpose: a variable with value",
        reason="InlineSecret",
    ),
    Bad(
        "a key among the parameters",
        "Checks",
        http(query={"api_key": "abc"}),
        "spec.steps[0].http.query.api_key: holds a credential; put it into a Secret and name it in "
        "spec.variables with secretKeyRef. If it is wrong on purpose: a variable with value",
        reason="InlineSecret",
    ),
    Bad(
        "a secret in a form",
        "Checks",
        http(method="POST", form={"client_secret": "abc"}),
        "spec.steps[0].http.form.client_secret: holds a credential; put it into a Secret and name it "
        "in spec.variables with secretKeyRef. If it is wrong on purpose: a variable with value",
        reason="InlineSecret",
    ),
    Bad(
        "a token among GraphQL variables",
        "Checks",
        a_step(graphql={"url": URL, "query": "{ me }", "variables": {"token": "abc"}}),
        "spec.steps[0].graphql.variables.token: holds a credential; put it into a Secret and name it "
        "in spec.variables with secretKeyRef. If it is wrong on purpose: a variable with value",
        reason="InlineSecret",
    ),
    Bad(
        "a password as a plain variable",
        "Checks",
        {"spec.variables.1": {"name": "password", "value": "hunter2"}},
        "spec.variables[1].value: 'password' holds a credential; put it into a Secret and name it in "
        "spec.variables with secretKeyRef. If it is none, call it otherwise",
        reason="InlineSecret",
    ),
)
