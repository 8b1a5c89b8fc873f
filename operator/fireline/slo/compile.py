"""A checked ServiceLevelObjective → the :class:`~fireline.slo.model.Objective` all else starts from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from decimal import Decimal

from fireline.api.slo import ServiceLevelObjective, Spec
from fireline.errors import SpecError
from fireline.promql.durations import Duration
from fireline.settings import Settings
from fireline.slo.indicators import build_indicator, indicator_hash
from fireline.slo.model import NoData, Objective
from fireline.slo.period import UTC_NAME, SLOWindow
from fireline.slo.render import render_rule
from fireline.slo.tiers import standard_tiers

_HASH_LENGTH = 12


def compile_slo(slo: ServiceLevelObjective, *, settings: Settings) -> Objective:
    """The compiled objective of a spec that ``checks.check`` found nothing wrong with.

    Raises SpecError or PromQLError when the spec was not checked first and cannot be carried out.
    """
    spec, meta = slo.spec, slo.metadata
    percent, window = Decimal(_objective(spec)), _window(spec)
    tiers, notes = standard_tiers(window.nominal, (100 - percent) / Decimal(100))
    alerting = spec.alerting
    indicator = build_indicator(spec)
    objective = Objective(
        namespace=meta.namespace,
        name=meta.name,
        service=spec.service,
        description=spec.description or "",
        percent=percent,
        window=window,
        indicator=indicator,
        counted=indicator,
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
        notes=notes,
    )
    return dataclasses.replace(objective, spec_hash=_spec_hash(objective))


def _objective(spec: Spec) -> str:
    if spec.objective is None:
        raise SpecError("spec.objective: must be set")
    return spec.objective


def _window(spec: Spec) -> SLOWindow:
    if spec.window.rolling is not None:
        return SLOWindow(rolling=Duration.parse(spec.window.rolling))
    return SLOWindow(calendar=spec.window.calendar, zone=spec.window.time_zone or UTC_NAME)


def _spec_hash(objective: Objective) -> str:
    """A hash of what is rendered (this hash left out): it changes exactly when the rules do."""
    text = json.dumps(render_rule(objective), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
