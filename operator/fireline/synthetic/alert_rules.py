"""The alerts of one check: what fires when. Part of ``alerts``.

Everything is read from series the leading operator exports from the persisted status, so three things are
asked of each alert. Samples may be missing for minutes (a restart, another leader, a failed scrape): that
fires nothing. The operator may be gone for good while an alert fires: then it goes on firing, its own ALERTS
series being its memory, until samples are back that say otherwise. And while the check is suspended, or in
maintenance, it is silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from fireline.api.alert_policy_severities import Sev, canonical
from fireline.api.belonging import Owner, correlation_id, filled
from fireline.api.plan import Manifest
from fireline.api.strings import zero_or_seconds
from fireline.api.synthetic_check import Spec, SyntheticCheck
from fireline.promql.durations import Duration
from fireline.promql.expr import number, selector, template_literal
from fireline.synthetic import names

LATE_INTERVALS = 3
"""A check is late when so many intervals have passed since its last run."""
NEVER_RUNS = 3
"""After so many slots without any run a new check is told."""
_SETTLED = Duration.of(minutes=2)
"""An operator that comes back needs a moment to read the runs it has missed."""
_MEMORY = Duration.of(minutes=10)
"""What was said last counts for so long while samples are missing."""
_BY = "by (namespace, check)"
_ON = "on (namespace, check)"
_HOUR = 3600
_FEW = 3
"""Coverage is a share of at least so many expected runs."""
_LOST = Decimal("1.5")
"""Half a run less than two, because ``increase`` estimates: one run lost to a node that goes is no ticket."""
_ENOUGH = 3
"""The share is told once a third of the runs of its window were due: the first runs of a new check wait for
their image."""
_PATIENCE = 120
"""Seconds after which a run is late at the earliest, however short the interval: results come in batches."""

_TOLD = 180
"""Seconds beside its steps until the result of a run is scraped: the start of its pod, its ingestion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAlerts:
    """What the alerts of a check depend on. URLs hold placeholders as in the settings."""

    namespace: str
    name: str
    interval: int
    """Seconds between two runs; of a cron expression the shortest gap."""
    run: int = 200
    """Seconds after its slot by which a run is over, read and scraped."""
    location: str | None = None
    consecutive_failures: int = 3
    sev: Sev = "sev1"
    """Severity of a failing check; everything else is sev2."""
    coverage_below: Decimal = Decimal(90)
    """Percent of the expected runs."""
    certificates: tuple[tuple[str, int], ...] = ()
    """Steps that assert a certificate, with the seconds it must still be valid."""
    policy: Owner | None = None
    """The AlertPolicy the check belongs to."""
    default_runbook: str | None = None
    """Of the operator's settings."""
    dashboard_url: str | None = None

    @classmethod
    def of(
        cls,
        check: SyntheticCheck,
        *,
        interval: int,
        policy: Owner | None = None,
        default_runbook: str | None = None,
        dashboard_url: str | None = None,
    ) -> CheckAlerts:
        """What a valid spec asks for; ``interval`` is that of its schedule."""
        spec, alert = check.spec, check.spec.alert
        return cls(
            namespace=check.metadata.namespace,
            name=check.metadata.name,
            interval=interval,
            run=zero_or_seconds(spec.timeout) + _TOLD,
            location=spec.location,
            consecutive_failures=alert.consecutive_failures,
            sev=canonical(alert.severity),
            coverage_below=Decimal(alert.coverage_below),
            certificates=tuple(_certificates(spec)),
            policy=policy,
            default_runbook=default_runbook,
            dashboard_url=dashboard_url,
        )

    @property
    def where(self) -> dict[str, str]:
        """Matchers of the check's series. Without the location: a check has one, and it never changes."""
        return {"namespace": self.namespace, "check": self.name}


def _certificates(spec: Spec) -> Iterator[tuple[str, int]]:
    """Steps that assert a certificate, with the longest time they ask for."""
    for step in spec.steps or ():
        asked = [one.certificate.valid_for for one in step.assert_ or () if one.certificate is not None]
        if asked:
            yield step.name, int(max(Duration.parse(text) for text in asked).seconds)


def coverage_window(interval: int) -> Duration:
    """What coverage is looked at over: an hour, and at least three intervals."""
    return Duration.of(seconds=max(_HOUR, _FEW * interval))


def alert_rules(check: CheckAlerts) -> list[Manifest]:
    """All alerts of a check, in the order in which they are worth reading."""
    return [
        _failing(check),
        _late(check),
        _never_ran(check),
        _not_measured(check),
        *(_certificate(check, step, seconds) for step, seconds in check.certificates),
    ]


def _failing(check: CheckAlerts) -> Manifest:
    ticket = check.sev == "sev2"
    name = names.ALERT_FAILING_TICKET if ticket else names.ALERT_FAILING
    failures = _series(names.CONSECUTIVE_FAILURES, check)
    # What was known before a suspension is old: the first run after it decides.
    silent = _suspended(check, after=check.interval + check.run)
    verdict = f"max {_BY} ({failures}) >= {check.consecutive_failures}"
    return _alert(
        check,
        name,
        f"{_held(check, name, verdict, failures)}\n{silent}",
        sev=check.sev,
        summary=f"{_who(check)} has failed {_times(check.consecutive_failures)}",
        description=(
            "The last runs failed or ended in an error; runs that measured nothing are not among them. "
            f"Which step, why and what was answered: {_look(check)}"
        ),
    )


def _late(check: CheckAlerts) -> Manifest:
    """``NEXT_RUN`` is the first slot after the last run, so that nights of a cron expression are not late.

    The age is that at the last scrape: time that passes without a scrape proves nothing.
    """
    due = _series(names.NEXT_RUN, check)
    patience = max((LATE_INTERVALS - 1) * check.interval, _PATIENCE)
    verdict = f"max {_BY} (timestamp({due}) - {due}) > {patience}"
    silent = _suspended(check, after=LATE_INTERVALS * check.interval + check.run)
    return _alert(
        check,
        names.ALERT_LATE,
        f"{_held(check, names.ALERT_LATE, verdict, due)}\n{silent}",
        wait=_SETTLED,
        summary=f"{_who(check)} has not run for more than {LATE_INTERVALS} intervals of {_interval(check)}",
        description=(
            "It was due and has not run: nobody knows whether what it checks works. What keeps it from "
            f"running: {_look(check)}"
        ),
    )


def _never_ran(check: CheckAlerts) -> Manifest:
    due, ran = _series(names.EXPECTED_RUNS, check), _series(names.LAST_RUN, check)
    verdict = f"(max {_BY} ({due}) >= {NEVER_RUNS} unless {_ON} {ran})"
    return _alert(
        check,
        names.ALERT_NEVER_RAN,
        f"{_held(check, names.ALERT_NEVER_RAN, verdict, due)}\n{_suspended(check)}",
        wait=_SETTLED,
        summary=f"{_who(check)} has never run",
        description=(
            f"At least {NEVER_RUNS} runs were due since it was made, and none began: what it checks is not "
            f"watched. What keeps it from running: {_look(check)}"
        ),
    )


def _not_measured(check: CheckAlerts) -> Manifest:
    """Measured runs of those expected, both as ``increase`` over the same samples: errors cancel out."""
    window = coverage_window(check.interval)
    runs = selector(names.RUNS, check.where).removesuffix("}") + f',outcome=~"{names.MEASURED}"}}'
    measured = f"sum {_BY} (increase({runs}[{window}]))"
    expected = f"sum {_BY} (increase({_series(names.EXPECTED_RUNS, check)}[{window}]))"
    percent = number(check.coverage_below)
    least = number(check.coverage_below / 100)
    least_due = max(_FEW, int(window.seconds / check.interval / _ENOUGH)) - Decimal("0.5")
    enough = f"({expected} > {least_due})"
    verdict = f"({measured} / {enough} < {least}\nand {_ON} ({expected} - {_ON} {measured} > {_LOST}))"
    # Samples from before the operator was gone stay in the window: so must those that say it is suspended.
    silent = _suspended(check, over=window.milliseconds // 1000)
    return _alert(
        check,
        names.ALERT_NOT_MEASURED,
        f"{_held(check, names.ALERT_NOT_MEASURED, verdict, enough)}\n{silent}",
        summary=f"{_who(check)} measured less than {percent} % of its runs over {window}",
        description=(
            "Runs could not measure anything: their pods did not start, were killed, or said nothing. That "
            "is no failure of what is checked, and spends no error budget; it is not watched well. Why: "
            f"{_look(check)}"
        ),
    )


def _certificate(check: CheckAlerts, step: str, seconds: int) -> Manifest:
    expiry = selector(names.CERTIFICATE_EXPIRY, check.where | {"step": step})
    verdict = f"max {_BY} ({expiry}) - time() < {seconds}"
    name = names.ALERT_CERTIFICATE
    return _alert(
        check,
        name,
        f"{_held(check, name, verdict, expiry, step=step)}\n{_suspended(check)}",
        labels={"step": step},
        summary=(
            f"The certificate that step {step} of {_who(check)} sees expires within "
            f"{Duration.of(seconds=seconds)}"
        ),
        description=(
            f"The step asserts that the certificate is valid for at least {Duration.of(seconds=seconds)} "
            f"longer. When exactly it expires: {_look(check)}"
        ),
    )


def _held(check: CheckAlerts, name: str, verdict: str, decided: str, *, step: str | None = None) -> str:
    """The verdict; or, while ``decided`` has no samples that could tell, what the alert said last.

    That is its own ALERTS series as it is: stale at once when the alert resolves, so that a gap of samples
    right afterwards brings nothing back. Its value is 1, so that annotations must not show the value.
    """
    of = {"alertname": name, "alertstate": "firing", **check.where} | ({"step": step} if step else {})
    return f"({verdict}\nor max {_BY} ({selector('ALERTS', of)}) unless {_ON} {decided})"


def _suspended(check: CheckAlerts, *, after: int = 0, over: int = 0) -> str:
    """Silent while the last sample of ten minutes (or of ``over`` seconds) says that it is suspended, and
    for ``after`` seconds more: samples may be missing for minutes."""
    series = _series(names.SUSPENDED, check)
    last = Duration.of(seconds=max(over, _MEMORY.milliseconds // 1000))
    parts = [f"last_over_time({series}[{last}]) > 0"]
    if after:
        parts.append(f"max_over_time({series}[{Duration.of(seconds=after)}]) > 0")
    return f"unless {_ON} ({' or '.join(parts)})"


def _alert(
    check: CheckAlerts,
    name: str,
    expr: str,
    *,
    summary: str,
    description: str,
    sev: Sev = "sev2",
    wait: Duration | None = None,
    labels: Mapping[str, str] | None = None,
) -> Manifest:
    policy = check.policy
    found: Manifest = {"alert": name, "expr": expr}
    if wait is not None:
        found["for"] = str(wait)
    annotations = {"summary": summary, "description": description}
    if check.dashboard_url:
        annotations["dashboard_url"] = template_literal(check.dashboard_url)
    if runbook := (policy.runbook_url if policy else None) or check.default_runbook:
        # Where a page of an SLO is linked by its name, that of the alert is.
        page = name.lower()
        values = {"namespace": check.namespace, "slo": page, "alertname": page}
        annotations["runbook_url"] = template_literal(filled(runbook, values))
    annotations["correlation_id"] = correlation_id(
        policy.label if policy else "", check.namespace, "SyntheticCheck", check.name
    )
    return {
        **found,
        "labels": {
            **check.where,
            **({"location": check.location} if check.location else {}),
            **(labels or {}),
            "severity": "warning" if sev == "sev2" else "critical",
            "sev": sev,
            **({"alert_policy": policy.label} if policy else {}),
        },
        "annotations": annotations,
    }


def _series(metric: str, check: CheckAlerts) -> str:
    return selector(metric, check.where)


def _who(check: CheckAlerts) -> str:
    place = f" at {check.location}" if check.location else ""
    return f"SyntheticCheck {check.namespace}/{check.name}{place}"


def _look(check: CheckAlerts) -> str:
    return f"kubectl describe syntheticcheck {check.name} -n {check.namespace}"


def _interval(check: CheckAlerts) -> str:
    return str(Duration.of(seconds=check.interval))


def _times(failures: int) -> str:
    return "in its last run" if failures == 1 else f"{failures} times in a row or more"
