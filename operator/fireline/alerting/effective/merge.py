"""One configuration out of a base and many AlertmanagerConfigs, as prometheus-operator 0.85 makes it.

A restatement in our own words of its ``pkg/alertmanager/amcfg.go`` (Apache-2.0), held to it by
``tests/routes``: there both are given the same objects. Used by ``fireline render --as alertmanager``,
``fireline route`` and the checks before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fireline.alerting.effective.intervals import rewritten, time_interval
from fireline.alerting.effective.layout import CONFIGURATION
from fireline.alerting.effective.origin import Origin
from fireline.alerting.effective.receivers import receiver
from fireline.alerting.effective.routes import inhibit_rule, route
from fireline.alerting.effective.tenancy import Strategy, confine_inhibition, confine_route, confined
from fireline.api.plan import Manifest

DEFAULT_BASE: Manifest = {"route": {"receiver": "null"}, "receivers": [{"name": "null"}]}
"""What prometheus-operator takes when the Alertmanager has no configuration of its own."""


def merged(
    base: Manifest,
    configs: Sequence[Manifest],
    *,
    strategy: Strategy = "OnNamespace",
    alertmanager_namespace: str,
) -> Manifest:
    """The effective alertmanager.yaml as JSON, fields in the order in which they are written.

    ``configs`` are AlertmanagerConfigs (v1alpha1) that prometheus-operator takes: leave out those for
    which :func:`fireline.alerting.effective.refused` has a reason. Of two with the same namespace and
    name the later one counts. ``base`` is an alertmanager.yaml for which ``refused_base`` has none.
    """
    done: Manifest = {
        **base,
        **{key: list(base.get(key) or ()) for key in ("receivers", "inhibit_rules")},
        **{
            key: [rewritten(one) for one in base.get(key) or ()]
            for key in ("mute_time_intervals", "time_intervals")
        },
    }
    tops: list[Manifest] = []
    for origin, spec in _in_order(configs):
        only_own = confined(origin, strategy, alertmanager_namespace)
        for given in spec.get("inhibitRules") or ():
            rule = inhibit_rule(given)
            if only_own:
                confine_inhibition(rule, origin)
            done["inhibit_rules"].append(rule)
        if not spec.get("route"):
            continue  # without a route its receivers are nobody's
        top = route(spec["route"], origin)
        if only_own:
            confine_route(top, origin)
        tops.append({**top, "continue": True})
        done["receivers"] += [receiver(one, origin) for one in spec.get("receivers") or ()]
        done["mute_time_intervals"] += [
            time_interval(one, origin) for one in spec.get("muteTimeIntervals") or ()
        ]
    root = base.get("route") or {}
    done["route"] = {**root, "routes": [*tops, *(root.get("routes") or ())]}
    written: Manifest = CONFIGURATION.written(done)
    return written


def _in_order(configs: Sequence[Manifest]) -> Iterator[tuple[Origin, Manifest]]:
    """By ``namespace/name`` as text, which is not by namespace first."""
    by_name = {str(Origin.of(config)): config for config in configs}
    for key in sorted(by_name, key=lambda text: text.encode()):
        config = by_name[key]
        yield Origin.of(config), config.get("spec") or {}
