"""A replay equals the rules: every recorded series and every alert, for each way of measuring."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from fireline.cli.main import main
from fireline.cli.when import timestamp
from fireline.slo.replay.composite import Combined, members
from fireline.slo.replay.export import series
from fireline.slo.replay.export_composite import composite_series
from fireline.slo.replay.outcome import ANY_PAGE, Replay
from fireline.slo.replay.public import Shared
from tests.bed.kubeclient import Manifest
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.truth.grid import points, seconds
from tests.truth.replayed import STEP, Past, compiled, record, replayed, rules_of

pytestmark = pytest.mark.bed

END = 20_705 * 86_400 + 4 * 3600
"""Four hours into a Wednesday, so that a week has begun and a month is under way."""
DAYS = 2
START = END - DAYS * 86_400
STEPS = DAYS * 86_400 // STEP


def _errors(at: int, chance: int) -> int:
    """Of 600 requests in a step: a few always, many in three outages."""
    if 20_000 <= at < 23_000 or 90_000 <= at < 91_000:
        return 300
    if 120_000 <= at < 150_000:
        return 12
    return int(chance % 7 == 0)


def _past() -> Past:
    past = Past(START, END)
    for region, born in (("eu", 0), ("us", 60_000)):
        times = [i * STEP for i in range(STEPS)]
        bad = [_errors(at, i if region == "eu" else 3 * i) for i, at in enumerate(times)]
        where = f'service="checkout",region="{region}"'
        past.counter(f'http_requests_total{{{where},code="200"}}', iter(600 - n for n in bad), born=born)
        past.counter(f'http_requests_total{{{where},code="500"}}', iter(bad), born=born)
        name = "http_request_duration_seconds"
        for bound, slow in (("0.1", 2), ("0.3", 1), ("+Inf", 0)):
            within = iter(max(600 - slow * n, 0) for n in bad)
            past.counter(f'{name}_bucket{{{where},le="{bound}"}}', within, born=born)
        past.counter(f"{name}_count{{{where}}}", iter(600 for _ in bad), born=born)
        past.gauge(
            f'queue_depth{{queue="mail",region="{region}"}}',
            iter(
                float("nan") if i % 500 == 7 else 2000.0 if _errors(at, i) > 1 else 10.0
                for i, at in enumerate(times)
            ),
        )
        past.gauge(
            f'probe_success{{job="blackbox",region="{region}"}}',
            iter(0.0 if _errors(at, i) > 100 else 1.0 for i, at in enumerate(times)),
        )
    return past


REQUESTS = 'http_requests_total{service="checkout"}'
FAILED = 'http_requests_total{service="checkout",code="500"}'
RATIO = {"ratio": {"bad": {"metric": FAILED}, "total": {"metric": REQUESTS}}}
MAINTENANCE = [
    {"from": "2026-09-08T11:00:00Z", "to": "2026-09-08T11:40:00Z"},
    {"cron": "0 3 * * *", "duration": "1h", "timeZone": "Europe/Berlin"},
]
SLOS: dict[str, dict[str, Any]] = {
    "bad": {"indicator": RATIO},
    "good": {
        "indicator": {
            "ratio": {
                "good": {"metric": REQUESTS.replace("}", ',code="200"}')},
                "total": {"metric": REQUESTS},
            }
        }
    },
    "latency": {
        "indicator": {
            "latency": {"histogram": 'http_request_duration_seconds{service="checkout"}', "below": "300ms"}
        }
    },
    "groups": {"indicator": RATIO, "groupBy": ["region"]},
    "groups-total": {"indicator": RATIO, "groupBy": ["region"], "alerting": {"per": "Total"}},
    "queue": {
        "objective": "95",
        "indicator": {
            "threshold": {"query": 'queue_depth{queue="mail"}', "operator": "LessThan", "value": "1000"}
        },
    },
    "probe": {"objective": "99", "indicator": {"availability": {"metric": 'probe_success{job="blackbox"}'}}},
    "free-ratio": {
        "indicator": {
            "errorRatio": {"query": f"sum(rate({FAILED}[$window])) / sum(rate({REQUESTS}[$window]))"}
        }
    },
    "slices": {
        "objective": "95",
        "indicator": RATIO,
        "budgeting": "Timeslices",
        "timeslice": {"length": "5m", "objective": "99"},
    },
    "probe-slices": {
        "objective": "95",
        "indicator": {
            "threshold": {"query": 'queue_depth{queue="mail"}', "operator": "LessThan", "value": "1000"}
        },
        "budgeting": "Timeslices",
        "timeslice": {"length": "10m", "objective": "90"},
        "groupBy": ["region"],
    },
    "week": {"indicator": RATIO, "window": {"calendar": "Week", "timeZone": "Europe/Berlin"}},
    "maintained": {"indicator": RATIO, "maintenance": MAINTENANCE},
    "maintained-queue": {
        "objective": "95",
        "indicator": {
            "threshold": {"query": 'queue_depth{queue="mail"}', "operator": "LessThan", "value": "1000"}
        },
        "maintenance": MAINTENANCE,
    },
    "maintained-slices": {
        "objective": "95",
        "indicator": RATIO,
        "budgeting": "Timeslices",
        "timeslice": {"length": "30m", "objective": "99"},
        "maintenance": MAINTENANCE,
    },
    "own-tiers": {
        "indicator": RATIO,
        "alerting": {
            "burnRates": [
                {"name": "Quick", "severity": "Page", "long": "30m", "short": "10m", "factor": "10"},
                {"name": "Half", "severity": "Ticket", "long": "12h", "short": "1h", "factor": "2"},
            ],
            "minEvents": "1000",
            "minBadEvents": "2000",
        },
    },
}


LATE = {"late-bad": "bad", "late-groups": "groups", "late-maintained": "maintained"}
"""SLOs that came when half of the time was over, by the one that was there from the start."""
MIDDLE = START + DAYS * 43_200 + 90


def manifest(name: str, namespace: str = "") -> Manifest:
    return _manifest(name, namespace or name, SLOS[name])


def _manifest(name: str, namespace: str, spec: dict[str, Any]) -> Manifest:
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"service": "checkout", "objective": "99.9", "window": {"rolling": "1d"}, **spec},
    }


@pytest.fixture(scope="module")
def recorded(tools: Tools, bed_directory: Path) -> Iterator[tuple[Prometheus, Past]]:
    """Two days of rules at work, for each SLO in a namespace of its own."""
    past = _past()
    directory = bed_directory / "replay"
    data = past.write(tools, directory)
    with Prometheus(tools, directory, data=data) as prometheus:
        wanted = _composites()
        wanted += [manifest(name) for name in SLOS] + [manifest(name, late) for late, name in LATE.items()]
        record(tools, prometheus, data, list(map(compiled, wanted)), past, later=dict.fromkeys(LATE, MIDDLE))
        yield prometheus, past


@pytest.mark.parametrize("name", SLOS)
def test_every_series_and_every_alert_is_what_the_rules_make_of_the_same_data(name, recorded):
    prometheus, past = recorded
    objective = compiled(manifest(name))
    found = replayed(prometheus, objective, past)

    theirs = _recorded_by_rules(prometheus, name)
    ours = {
        (one.metric, frozenset(one.labels.items())): dict(one.track.samples())
        for one in series(objective, found)
    }
    assert set(ours) == set(theirs)
    for key, samples in ours.items():
        assert _difference(samples, theirs[key]) == "", key

    replay = Replay.of(
        found, start=START, end=END, per_group=objective.group_by != () and objective.alert_per_group
    )
    _same_alerts(prometheus, objective, replay)


COMPOSITES = {
    "mean": {"method": "Weighted", "objectives": [{"name": "orders", "weight": "3"}, {"name": "mail"}]},
    "worst": {"method": "Worst", "objectives": [{"name": "orders"}, {"name": "mail"}]},
}
MEMBERS = {"orders": SLOS["groups"], "mail": SLOS["queue"] | {"window": {"rolling": "2d"}}}


def _composites() -> list[Manifest]:
    specs = {**MEMBERS, **{name: {"indicator": {"composite": spec}} for name, spec in COMPOSITES.items()}}
    return [_manifest(name, "parts", spec) for name, spec in specs.items()]


@pytest.mark.parametrize("name", COMPOSITES)
def test_a_composite_is_what_the_rules_make_of_its_members(name, recorded):
    prometheus, past = recorded
    objectives = {one.name: one for one in map(compiled, _composites())}
    objective = objectives[name]
    near = {
        member: (objectives[member], Shared(replayed(prometheus, objectives[member], past)))
        for member in MEMBERS
    }
    of = members(objective.composite, near)
    combined = Combined(objective.composite, of, objective.window, start=START, end=END)

    theirs = {
        key: samples
        for key, samples in _recorded_by_rules(prometheus, "parts").items()
        if ("slo", name) in key[1]
    }
    ours = {
        (one.metric, frozenset(one.labels.items())): dict(one.track.samples())
        for one in composite_series(objective, combined, start=START, end=END)
    }
    assert set(ours) == set(theirs)
    for key, samples in ours.items():
        assert _difference(samples, theirs[key]) == "", key
    _same_alerts(prometheus, objective, Replay.of_members(objective, of, first=START, start=START, end=END))


def _same_alerts(prometheus, objective, replay):
    alerts = replay.outcome(objective, None, grace=0).alerts
    ours_firing = {
        (one.alert.tier, one.alert.group): [(p.start, p.end) for p in one.alert.periods]
        for one in alerts
        if one.alert.tier not in (ANY_PAGE, "NoData") and one.alert.periods
    }
    assert ours_firing == _fired_in_prometheus(prometheus, objective)
    assert ours_firing, "an SLO that never fires proves nothing"


def test_backfilled_blocks_hold_what_the_rules_would_have_recorded_and_end_where_they_began(
    recorded, tools, tmp_path
):
    prometheus, _ = recorded
    file, folder = tmp_path / "slos.yaml", tmp_path / "blocks"
    file.write_text(yaml.dump_all([manifest(name, late) for late, name in LATE.items()]))
    before = {late: _recorded_by_rules(prometheus, late) for late in LATE}
    arguments = ["backfill", file, "--prometheus", prometheus.url, "--out", folder]
    arguments += ["--since", timestamp(START), "--until", timestamp(END)]
    done = CliRunner().invoke(main, [*map(str, arguments), "--promtool", str(tools.path("promtool"))])
    assert done.exit_code == 0, done.output

    shutil.copytree(folder, prometheus.config.parent / "data", dirs_exist_ok=True)
    prometheus.restart()

    for late, name in LATE.items():
        now = _recorded_by_rules(prometheus, late)
        twin = _recorded_by_rules(prometheus, name)
        wanted = {_renamed(key, name): samples for key, samples in twin.items()}
        assert {_renamed(key, name) for key in now} == set(wanted)
        for key, samples in now.items():
            own = before[late].get(key, {})
            assert {at: value for at, value in samples.items() if at in own} == own
            added = {at: value for at, value in samples.items() if at not in own}
            began = min(own, default=END + 1)
            expected = {at: v for at, v in wanted[_renamed(key, name)].items() if at < began}
            assert _difference(added, expected) == "", key
        assert f"{late}/{name}: " in done.stderr
    first = {one["metric"]["namespace"] for one in prometheus.query("slo:burn_rate:ratio", at=START + 1800)}
    assert first >= set(LATE), "dashboards show history from the first hour on"

    again = CliRunner().invoke(main, [*map(str, arguments), "--promtool", str(tools.path("promtool"))])
    assert again.exit_code == 0
    assert again.stderr.count("nothing to write: recorded since") == len(LATE)


def _renamed(key, namespace):
    """The series of the twin that was there from the start; ``spec_hash`` tells of the namespace."""
    metric, labels = key
    other = {**dict(labels), "namespace": namespace}
    return metric, frozenset((label, value) for label, value in other.items() if label != "spec_hash")


def _recorded_by_rules(prometheus, namespace):
    answer = prometheus.api(
        "query", query=f'{{__name__=~"slo:.+",namespace="{namespace}"}}[{DAYS * 86_400 + 1}s]', time=str(END)
    )
    return {
        (one["metric"].pop("__name__"), frozenset(one["metric"].items())): {
            int(at): float(value) for at, value in one["values"]
        }
        for one in answer["result"]
    }


def _difference(ours, theirs):
    if set(ours) != set(theirs):
        return f"times: {sorted(set(ours) ^ set(theirs))[:5]}"
    wrong = [at for at in ours if not math.isclose(ours[at], theirs[at], rel_tol=1e-9, abs_tol=1e-12)]
    return "".join(f"at {at - START}: {ours[at]} instead of {theirs[at]}; " for at in wrong[:5])


def _fired_in_prometheus(prometheus, objective):
    found = {}
    for group in rules_of([objective], at=END):
        for rule in group["rules"]:
            tier = rule["labels"].get("slo_tier")
            if "alert" not in rule or tier == "NoData":
                continue
            for labels, samples in points(prometheus, rule["expr"], START, END, seconds(group)):
                where = tuple(sorted((k, v) for k, v in labels.items() if k in objective.group_by))
                found[tier, where] = _runs([at for at, _ in samples], seconds(group))
    return found


def _runs(times, step):
    runs: list[list[int | None]] = []
    for at in times:
        if runs and runs[-1][1] == at:
            runs[-1][1] = at + step
        else:
            runs.append([at, at + step])
    return [(start, None if end > END else end) for start, end in runs]
