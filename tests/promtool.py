"""Runs rules in ``promtool test rules`` and brings back what Prometheus really computed.

promtool only compares; asked for something that cannot match it prints what it got. Parsing that
gives tests and benches the true values of any expression at any time, from Prometheus' own engine.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.bed.toolchain import Tools

_TOOLS = Tools()
_GOT = re.compile(
    r'expr: "(?P<expr>.*)", time: (?P<time>[^,]+),\s+exp:(?P<exp>.*?)\s+got:(?P<got>.*)$', re.DOTALL
)
_SAMPLE = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)?\s?(?P<labels>\{.*?\}) (?P<value>[-+.\dEeINFNa]+)(?:, |\n|$)", re.DOTALL
)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Got:
    """One sample of an evaluated expression."""

    labels: Mapping[str, str]
    value: float


def check(rules: Mapping[str, object]) -> str:
    """promtool's verdict on a rule file: empty when it is valid and free of lint."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rules.yaml"
        file.write_text(yaml.dump(rules, Dumper=yaml.CSafeDumper))
        done = _run("check", "rules", "--lint=all", "--lint-fatal", str(file))
    return "" if done.returncode == 0 else done.stdout + done.stderr


def evaluate(
    rules: Mapping[str, Any],
    series: Mapping[str, str],
    queries: Iterable[tuple[int, str]],
    *,
    step: int = 30,
    scrape: int = 30,
    start: int = 0,
) -> list[list[Got]]:
    """The instant vectors of (seconds, expression) pairs, in order.

    ``series`` maps a series to promtool's value notation, one value per ``scrape`` seconds;
    rules are evaluated every ``step`` seconds. Everything begins at the Unix time ``start``, and times are
    seconds from there. Raises AssertionError with promtool's words when the rules do not evaluate.
    """
    asked = list(queries)
    tests = [
        {
            "expr": f'({expr}) or label_replace(vector({number}), "_q", "{number}", "", "")',
            "eval_time": f"{at}s",
            "exp_samples": [],
        }
        for number, (at, expr) in enumerate(asked)
    ]
    document = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": f"{step}s",
        # Otherwise promtool takes the groups in random order, and windows lack a point now and then.
        "group_eval_order": [group["name"] for group in rules["groups"]],
        "tests": [
            {
                "interval": f"{scrape}s",
                "start_timestamp": start,
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": tests,
            }
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rules.yaml").write_text(yaml.dump(rules, Dumper=yaml.CSafeDumper))
        file = Path(folder) / "test.yaml"
        file.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False))
        done = _run("test", "rules", str(file))
    return _parse(done.stdout + done.stderr, len(asked))


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Go's collector runs too often for so small a heap: it would cost a fifth of the time.
    environment = {"GOGC": "400", **os.environ}
    command = [str(_TOOLS.path("promtool")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def _parse(output: str, count: int) -> list[list[Got]]:
    found: dict[int, list[Got]] = {}
    for block in re.split(r"\n\s*(?=expr: )", output):
        match = _GOT.search(block)
        if not match:
            continue
        marker = re.search(r'vector\((\d+)\), \\"_q\\"', match["expr"])
        assert marker, block
        samples = [
            Got(
                {**dict(_LABEL.findall(s["labels"])), **({"__name__": s["name"]} if s["name"] else {})},
                float(s["value"]),
            )
            for s in _SAMPLE.finditer(match["got"])
        ]
        found[int(marker[1])] = [got for got in samples if "_q" not in got.labels]
    assert len(found) == count, f"promtool answered {len(found)} of {count} questions:\n{output[:4000]}"
    return [found[number] for number in range(count)]
