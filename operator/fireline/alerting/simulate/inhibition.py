"""Inhibition: which firing alerts keep another one quiet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fireline.alerting.simulate.matchers import Labels, Matcher, fit, in_order, parse_matchers, shown
from fireline.alerting.simulate.routes import older
from fireline.api.plan import Manifest


@dataclass(frozen=True, slots=True)
class Rule:
    """While an alert fires that fits ``source``, alerts that fit ``target`` are quiet, if both have the
    same values (or none) in the ``equal`` labels."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]

    def quiets(self, labels: Labels, by: Labels) -> bool:
        """Whether ``by``, firing, keeps ``labels`` quiet. Of two alerts that fit both sides neither does."""
        if not fit(self.target, labels) or not fit(self.source, by):
            return False
        if any(labels.get(name, "") != by.get(name, "") for name in self.equal):
            return False
        return not (fit(self.source, labels) and fit(self.target, by))

    def __str__(self) -> str:
        same = f", equal {', '.join(self.equal)}" if self.equal else ""
        return f"source {shown(self.source)}, target {shown(self.target)}{same}"


@dataclass(frozen=True, slots=True)
class Inhibited:
    """Why an alert is quiet: the rule and the alert that fires."""

    rule: Rule
    by: Labels


def rules(configuration: Manifest) -> tuple[Rule, ...]:
    """The rules of an alertmanager.yaml. Raises SpecError for what Alertmanager would refuse."""
    return tuple(
        Rule(_side(one, "source"), _side(one, "target"), tuple(dict.fromkeys(one.get("equal") or ())))
        for one in configuration.get("inhibit_rules") or ()
    )


def inhibitors(found: Iterable[Rule], labels: Labels, firing: Iterable[Labels]) -> tuple[Inhibited, ...]:
    """Every firing alert that keeps this one quiet, with its first rule."""
    listed = list(found)
    done = []
    for other in firing:
        rule = next((rule for rule in listed if rule.quiets(labels, other)), None)
        if rule is not None:
            done.append(Inhibited(rule, other))
    return tuple(done)


def _side(given: dict[str, Any], side: str) -> tuple[Matcher, ...]:
    return in_order(
        [
            *older(given.get(f"{side}_match"), "="),
            *older(given.get(f"{side}_match_re"), "=~"),
            *parse_matchers(given.get(f"{side}_matchers") or ()),
        ]
    )
