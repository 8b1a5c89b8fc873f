"""A checked ServiceLevelObjective → the :class:`~fireline.slo.model.Objective` all else starts from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from decimal import Decimal

from fireline.api.belonging import Owner
from fireline.api.slo import Metadata, ServiceLevelObjective, Spec
from fireline.calendar.maintenance import schedule
from fireline.calendar.span import UTC_NAME
from fireline.errors import SpecError
from fireline.promql.durations import Duration
from fireline.settings import Settings
from fireline.slo.counts import sliced
from fireline.slo.identity import indicator_hash
from fireline.slo.indicators import build_indicator
from fireline.slo.model import Composite, NoData, Objective, Tier, Timeslice
from fireline.slo.period import SLOWindow
from fireline.slo.render import render_groups
from fireline.slo.runs import OfCheck, too_short
from fireline.slo.runs import notes as notes_of
from fireline.slo.tiers import for_runs, own_tiers, standard_tiers

_HASH_LENGTH = 12
_FAILED_RUNS = 3


def compile_slo(
    slo: ServiceLevelObjective,
    *,
    settings: Settings,
    policy: Owner | None = None,
    check: OfCheck | None = None,
) -> Objective:
    """The compiled objective of a spec that ``checks.check`` found nothing wrong with.

    ``policy`` is the AlertPolicy the objective belongs to, ``check`` what is known of the SyntheticCheck it
    is about.

    Raises SpecError or PromQLError when the spec was not checked first and cannot be carried out.
    """
    spec, meta, alerting = slo.spec, slo.metadata, slo.spec.alerting
    percent, window = Decimal(_objective(spec)), _window(spec)
    min_bad = _min_bad_events(spec)
    tiers, notes = _tiers(spec, percent, window, check, min_bad)
    rules, counted = build_indicator(spec, meta.namespace) or (None, None)
    timeslice = _timeslice(spec)
    if counted is not None and rules is not None and timeslice is not None:
        counted = sliced(rules, timeslice, spec.group_by or ())
    objective = Objective(
        namespace=meta.namespace,
        name=meta.name,
        service=spec.service,
        description=spec.description or "",
        percent=percent,
        window=window,
        indicator=rules,
        counted=counted,
        sli=indicator_hash(spec),
        spec_hash="",
        source=spec.prometheus,
        tiers=tiers,
        budget_thresholds=tuple(sorted(Decimal(entry.consumed) for entry in alerting.budget)),
        no_data=NoData(Duration.parse(alerting.no_data.after), alerting.no_data.action == "Alert"),
        alerts_disabled=alerting.disabled,
        runbook_url=alerting.runbook_url,
        alert_labels=dict(sorted((alerting.labels or {}).items())),
        alert_annotations=dict(sorted((alerting.annotations or {}).items())),
        copied_labels={key: meta.labels[key] for key in settings.copied_labels if key in meta.labels},
        composite=_composite(spec),
        group_by=tuple(spec.group_by or ()),
        alert_per_group=alerting.per != "Total",
        timeslice=timeslice,
        min_events=int(alerting.min_events or "0"),
        min_bad_events=min_bad,
        maintenance=schedule(spec.maintenance or ()),
        tier=spec.tier,
        ineffective=alerting.ineffective == "Alert",
        dashboard_url=alerting.dashboard_url or _dashboard(settings, meta),
        approximate=spec.indicator.error_ratio is not None,
        policy=policy,
        default_runbook=settings.runbook_url,
        check=spec.indicator.synthetic.check if spec.indicator.synthetic else None,
        notes=notes,
    )
    return dataclasses.replace(objective, spec_hash=_spec_hash(objective))


def _tiers(
    spec: Spec, percent: Decimal, window: SLOWindow, check: OfCheck | None, min_bad: int
) -> tuple[tuple[Tier, ...], tuple[str, ...]]:
    """Tiers, and notes. What a user wrote is left as it is, and only told of."""
    pace = check.pace if check else None
    if spec.alerting.burn_rates:
        own = own_tiers(spec.alerting.burn_rates, window.nominal)
        found, told = own, tuple(too_short(own, pace, min_bad)) if pace else ()
    else:
        found, told = standard_tiers(window.nominal, (100 - percent) / Decimal(100))
        if pace is not None:
            found, more = for_runs(found, pace, window.nominal, min_bad)
            told += more
    if check is not None:
        slice_ = Duration.parse(spec.timeslice.length) if spec.timeslice else None
        told += tuple(notes_of(check, percent, window, slice_))
    return found, told


def _timeslice(spec: Spec) -> Timeslice | None:
    if spec.timeslice is None:
        return None
    return Timeslice(Duration.parse(spec.timeslice.length), 1 - Decimal(spec.timeslice.objective) / 100)


def _composite(spec: Spec) -> Composite | None:
    given = spec.indicator.composite
    if given is None:
        return None
    members = tuple((one.name, Decimal(one.weight or "1")) for one in given.objectives)
    return Composite(given.method, tuple(sorted(members)))


def _min_bad_events(spec: Spec) -> int:
    """Runs of a check are few: one failure of sixty in an hour would page, so three must have failed."""
    if spec.alerting.min_bad_events is not None:
        return int(spec.alerting.min_bad_events)
    return _FAILED_RUNS if spec.indicator.synthetic is not None else 0


def _dashboard(settings: Settings, meta: Metadata) -> str | None:
    if settings.dashboard_url is None:
        return None
    return settings.dashboard_url.replace("{namespace}", meta.namespace).replace("{slo}", meta.name)


def _objective(spec: Spec) -> str:
    if spec.objective is None:
        raise SpecError("spec.objective: must be set")
    return spec.objective


def _window(spec: Spec) -> SLOWindow:
    if spec.window.rolling is not None:
        return SLOWindow(rolling=Duration.parse(spec.window.rolling))
    return SLOWindow(calendar=spec.window.calendar, zone=spec.window.time_zone or UTC_NAME)


def _spec_hash(objective: Objective) -> str:
    """A hash of what is rendered (this hash left out): it changes exactly when the rules do.

    Of maintenance and calendar periods the intention counts: that time passes is no change.
    """
    text = json.dumps(render_groups(objective, at=0)) + repr(objective.maintenance)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
