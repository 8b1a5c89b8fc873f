"""The cases of alert_library.yaml as tests of promtool: one file per rule, run all in one go."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from fireline.alerting.rules.anomaly_series import DRIFT, SIDE, SOFT, SPEED, SPEEDS, THRESHOLD, log
from fireline.alerting.rules.context import RuleContext
from fireline.alerting.rules.render import rule_groups
from fireline.api.alert_policy import AlertPolicy
from fireline.api.alert_rule import AlertRule
from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import selector
from tests.bed.toolchain import Tools

LIBRARY = Path(__file__).parents[2] / "examples" / "alert-library"
CASES = Path(__file__).with_suffix(".yaml")
_COUNTER = re.compile(r"(_total|_count|_bucket|_sum)(\{|$)")
_VERDICT = re.compile(r"^  ((?:SUCCESS|FAILED:).*?)(?=^  (?:SUCCESS|FAILED:)|\Z)", re.MULTILINE | re.DOTALL)

_CALIBRATION = ":calibration"
_SOFT = 0.01

Figures = list[float | None]
"""Before, in trouble, and for gauges the change by the minute in trouble; None: not there."""
Case = Mapping[str, Figures]


def policies() -> list[AlertPolicy]:
    """The policies of the library, by file."""
    return [AlertPolicy.of(yaml.safe_load(file.read_text())) for file in sorted(LIBRARY.glob("*.yaml"))]


def rules() -> dict[str, tuple[AlertPolicy, AlertRule]]:
    """Each rule with the policy it stands in, by name."""
    return {rule.name: (policy, rule) for policy in policies() for rule in policy.spec.rules_ or []}


def groups_of(policy: AlertPolicy, chosen: Iterable[AlertRule]) -> list[Manifest]:
    """The groups Fireline writes for some rules of a policy."""
    meta = policy.metadata
    return rule_groups(list(chosen), RuleContext(namespace=meta.namespace, policy=meta.name))


@dataclass(frozen=True)
class RuleCases:
    """What one rule must fire for, and what not. Durations in minutes."""

    name: str
    given: Mapping[str, Any]

    @property
    def firing(self) -> Mapping[str, Case]:
        return self.given.get("firing") or {}

    @property
    def silent(self) -> Mapping[str, Case]:
        return self.given.get("silent") or {}

    @cached_property
    def before(self) -> int:
        return self._minutes("before", "30m")

    @cached_property
    def trouble(self) -> int:
        return self._minutes("trouble", "60m")

    @cached_property
    def step(self) -> int:
        return self._minutes("step", "1m")

    @cached_property
    def scrape(self) -> int:
        return self._minutes("scrape", f"{self.step}m")

    def _minutes(self, name: str, default: str) -> int:
        return Duration.parse(self.given.get(name, default)).milliseconds // 60_000

    def document(self, rule_file: str, group_names: list[str], known: Case) -> dict[str, Any]:
        """A test file of promtool. ``known``: series beside those of each case."""
        return {
            "rule_files": [rule_file],
            "evaluation_interval": f"{self.step}m",
            "group_eval_order": group_names,
            "tests": [
                *(self._test(name, {**case, **known}, fires=True) for name, case in self.firing.items()),
                *(self._test(name, {**case, **known}, fires=False) for name, case in self.silent.items()),
            ],
        }

    def _test(self, name: str, case: Case, *, fires: bool) -> dict[str, Any]:
        """Silent before and, in trouble, either firing at its end or silent all along."""
        end = self.before + self.trouble
        alerts = f'ALERTS{{alertname="{self.name}",alertstate="firing"}}'
        never = [
            {"expr": f"count(count_over_time({alerts}[{at}m]))", "eval_time": f"{at}m", "exp_samples": []}
            for at in ((self.before,) if fires else (end,))
        ]
        now = {
            "expr": f"count({alerts}) > bool 0",
            "eval_time": f"{end}m",
            "exp_samples": [{"labels": "{}", "value": 1}],
        }
        return {
            "name": name,
            "interval": f"{self.scrape}m",
            "input_series": [
                {"series": series, "values": self._values(series, figures)}
                for series, figures in case.items()
            ],
            "promql_expr_test": [*never, *([now] if fires else [])],
        }

    def _values(self, series: str, figures: Figures) -> str:
        before, trouble, *change = figures
        early, late = self.before // self.scrape, self.trouble // self.scrape
        if not _COUNTER.search(series):
            first = f"{before:g}x{early}" if before is not None else f"_x{early + 1}"
            slope = change[0] * self.scrape if change and change[0] is not None else 0
            return f"{first} {_run(trouble, slope, late)}"
        each = 0 if before is None else before * self.scrape
        first = f"0+{each:g}x{early}" if before is not None else f"_x{early + 1}"
        gain = 0 if trouble is None else trouble * self.scrape
        return f"{first} {_run(None if trouble is None else each * early + gain, gain, late)}"


def _run(first: float | None, slope: float, count: int) -> str:
    return f"_x{count}" if first is None else f"{first:.12g}+{slope:g}x{count - 1}"


def cases() -> dict[str, RuleCases]:
    """The cases, by name of the rule."""
    return {name: RuleCases(name, given) for name, given in yaml.safe_load(CASES.read_text()).items()}


def judge(judged: Iterable[RuleCases]) -> dict[str, str]:
    """What promtool says about each rule's cases, in one run: empty when all is as it must be."""
    known = rules()
    with tempfile.TemporaryDirectory() as folder:
        files = [_write(Path(folder), one, *known[one.name]) for one in judged]
        done = subprocess.run(
            [str(Tools().path("promtool")), "test", "rules", *map(str, files)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            # Go's collector runs too often for so small a heap.
            env={"GOGC": "400", **os.environ},
        )
    # One verdict per file, in order, without its name.
    found = [words.strip() for words in _VERDICT.findall(done.stdout)]
    assert len(found) == len(files), done.stdout[:4000]
    return {file.stem: "" if words == "SUCCESS" else words for file, words in zip(files, found, strict=True)}


def _write(folder: Path, one: RuleCases, policy: AlertPolicy, rule: AlertRule) -> Path:
    groups = groups_of(policy, [rule])
    evaluated = [group for group in groups if not group["name"].endswith(_CALIBRATION)]
    known = {
        name: value for group in groups if group not in evaluated for name, value in _calibrated(group, rule)
    }
    (folder / f"{one.name}.rules").write_text(yaml.dump({"groups": evaluated}, Dumper=yaml.CSafeDumper))
    file = folder / f"{one.name}.yaml"
    document = one.document(f"{one.name}.rules", [group["name"] for group in evaluated], known)
    file.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False))
    return file


def _calibrated(group: Manifest, of: AlertRule) -> Iterator[tuple[str, Figures]]:
    """What an anomaly rule finds out about a series that never varies, once a week is known.

    promtool would read that week every five minutes instead of every hour, which takes minutes;
    tests/rules/test_anomaly.py shows how a series is calibrated.
    """
    least = {speed.name: float(log(speed.least)) for speed in SPEEDS}
    for rule in group["rules"]:
        metric, labels = rule["record"], rule["labels"]
        if metric == SOFT:
            floor = float(of.anomaly.noise_floor or _SOFT) if of.anomaly else _SOFT
            yield selector(metric, labels), [floor, floor]
        elif metric == DRIFT:
            yield selector(metric, labels), [0, 0]
        elif metric == THRESHOLD:
            value = least[labels[SPEED]]
            for side in ("Up", "Down"):
                yield selector(metric, {**labels, SIDE: side}), [value, value]
