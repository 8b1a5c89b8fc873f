"""The conditions of a valid policy, each in a function of its own; ``status`` puts them together."""

from __future__ import annotations

from datetime import timedelta

from fireline.alerting.escalation import Promise
from fireline.alerting.model import Policy
from fireline.alerting.names import config_name
from fireline.alerting.observation import SecretSeen
from fireline.alerting.situation import Situation
from fireline.api.conditions import DEFERRED, Condition, State, found, parse_timestamp
from fireline.promql.durations import Duration

PENDING = timedelta(minutes=3)
"""Routes are loaded within seconds; until then it is no failure that they are not."""
_SHOWN = 5
_NOT_LOADED = "NotLoaded"


def full_name(policy: Policy, receiver: str) -> str:
    """A receiver's name in Alertmanager."""
    return f"{policy.namespace}/{config_name(policy.name)}/{receiver}"


def ready(situation: Situation, loaded: Condition, secrets: Condition) -> Condition:
    """Written, and seen in Alertmanager at least once; not while Alertmanager says that it lacks them.

    That it is away, or that a change waits for alerts to resolve, is no failure of the policy.
    """
    problem = situation.problem
    if problem is not None:
        return Condition("Ready", "False", problem.reason, problem.message)
    for condition in (situation.selected, secrets):
        if condition.status == "False":
            return Condition("Ready", "False", condition.reason, condition.message)
    before, was_loaded = found(situation.old, "Ready"), found(situation.old, "RoutesLoaded")
    once = any(one is not None and one["status"] == "True" for one in (before, was_loaded))
    if loaded.reason == "NoAlertmanager":
        return Condition("Ready", "True", "Ready", f"routes are written; {loaded.message}")
    if loaded.status == "True":
        return Condition("Ready", "True", "Ready", "routes are written and Alertmanager has loaded them")
    if loaded.reason == _NOT_LOADED:
        return Condition("Ready", "False", loaded.reason, loaded.message)
    if once:
        words = "Alertmanager had loaded the routes; whether it has them as they are now says RoutesLoaded"
        return Condition("Ready", "True", "Ready", words)
    return Condition("Ready", "Unknown", loaded.reason, loaded.message)


def stalled(situation: Situation) -> Condition:
    """Whether only a person can go on."""
    problem = situation.problem
    if problem is None or not problem.permanent:
        return Condition("Stalled", "False", "Progressing", "nothing needs a person")
    return Condition("Stalled", "True", problem.reason, problem.message)


def valid(policy: Policy, situation: Situation) -> Condition:
    """Valid, with what is worth knowing."""
    notes = (*situation.notes, *policy.notes)
    return Condition("Valid", "True", "Valid", "; ".join(notes) or "the spec is valid")


def secrets_resolved(situation: Situation) -> Condition:
    """Every Secret the receivers name is there, with its key."""
    if not situation.secrets:
        return _secrets("True", "NoSecrets", "no receiver names a Secret")
    known = situation.observation.secrets
    if known is None:
        before = kept("SecretsResolved", situation)
        return before or _secrets("Unknown", "Pending", "the Secrets were not looked at yet")
    seen = [(one, known.get((one.namespace, one.name, one.key), _UNSEEN)) for one in situation.secrets]
    wrong = [(one, what) for one, what in seen if what.state in {"NoSecret", "NoKey", "Unusable"}]
    if wrong:
        words = "; ".join(f"{one.path}: {what.words}" for one, what in wrong[:_SHOWN])
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        advice = "; these receivers are left out until then, and the others are told"
        return _secrets("False", f"Secret{_REASONS[wrong[0][1].state]}", words + more + advice)
    unknown = [what for _, what in seen if what.state in {"Forbidden", "Unknown"}]
    if unknown:
        held = ", ".join(sorted(situation.left_out))
        more = (
            f"; left out until it can, since a missing Secret would stop everyone there: {held}"
            if held
            else ""
        )
        return _secrets("Unknown", unknown[0].state, unknown[0].words + more)
    return _secrets("True", "Resolved", "every Secret is there")


_REASONS = {"NoSecret": "Missing", "NoKey": "KeyMissing", "Unusable": "Unusable"}


_UNSEEN = SecretSeen("Unknown", "not looked at yet")


def kept(type_: str, situation: Situation) -> Condition | None:
    """The condition as written for this very spec, while nobody was asked yet.

    An operator that starts anew knows nothing for some seconds; that alone must write no status.
    """
    before = found(situation.old, type_)
    if before is None or not situation.same_spec:
        return None
    return Condition(type_, before["status"], before["reason"], before["message"])


def _secrets(status: State, reason: str, message: str) -> Condition:
    return Condition("SecretsResolved", status, reason, message)


def runbooks_present(policy: Policy, situation: Situation, *, runbook: bool) -> Condition:
    """Whoever is woken up has a page that says what to do. ``runbook``: the policy or settings name one."""
    rules = [f"rule {name}" for name in policy.no_runbook]
    slos = [] if runbook else [f"SLO {name}" for name in situation.members.no_runbook]
    lacking = [*rules, *slos]
    if not lacking:
        return Condition("RunbooksPresent", "True", "RunbooksPresent", "every page has a runbook")
    shown = ", ".join(lacking[:_SHOWN])
    more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
    words = f"pages of {shown}{more} have no runbook; set spec.runbookURL, such as https://runbooks.example/{{alertname}}"
    return Condition("RunbooksPresent", "False", "RunbookMissing", words)


def routes_loaded(policy: Policy, situation: Situation) -> Condition:
    """Alertmanager's own word for it that every receiver of this policy is in its configuration."""
    if situation.deferral is not None:
        return _loaded("False", DEFERRED, situation.deferral.message)
    routes = situation.observation.routes
    if not routes.configured:
        words = f"cannot be asked: the settings name no URL of Alertmanager {policy.alertmanager!r}"
        return _loaded("Unknown", "NoAlertmanager", words)
    if routes.down is not None:
        return _loaded("Unknown", "AlertmanagerUnreachable", routes.down)
    if routes.receivers is None:
        before = kept("RoutesLoaded", situation)
        return before or _loaded("Unknown", "Pending", "Alertmanager was not asked yet")
    missing = sorted(
        one.name for one in policy.receivers if full_name(policy, one.name) not in routes.receivers
    )
    if not missing:
        return _loaded("True", "Loaded", "Alertmanager's configuration has every receiver of this policy")
    words = (
        f"receiver {', '.join(missing[:_SHOWN])} is not in Alertmanager's configuration; events of the "
        f"AlertmanagerConfig and the log of prometheus-operator say why"
    )
    if _patient(situation):
        return _loaded("Unknown", "Pending", words)
    return _loaded("False", _NOT_LOADED, words)


def _patient(situation: Situation) -> bool:
    before = found(situation.old, "RoutesLoaded")
    if before is None or not situation.same_spec or before["status"] != "Unknown":
        return before is None or not situation.same_spec or before["status"] == "True"
    return situation.now < parse_timestamp(before["lastTransitionTime"]) + PENDING


def _loaded(status: State, reason: str, message: str) -> Condition:
    return Condition("RoutesLoaded", status, reason, message)


def unasked(situation: Situation) -> bool:
    """Whether Alertmanager's version will be known in a moment."""
    routes = situation.observation.routes
    return routes.configured and routes.down is None and routes.receivers is None


def escalation_bounded(policy: Policy, promised: Promise, situation: Situation) -> Condition:
    """Whether there is a time by which the last level is told."""
    if unasked(situation) and (before := kept("EscalationBounded", situation)) is not None:
        return before
    if policy.escalation == "Provider":
        return Condition(
            "EscalationBounded", "Unknown", "ByProvider", "the provider escalates by its own rules"
        )
    if promised.seconds is None:
        return Condition("EscalationBounded", "True", "NoEscalation", "everyone is told at once")
    words = f"the last level is told within {Duration(promised.seconds * 1000)}: {promised.words}"
    if promised.hours:
        words += (
            f". A level that is due outside of hours {' and '.join(promised.hours)} waits until they begin"
        )
        return Condition("EscalationBounded", "False", "WaitsForHours", words)
    return Condition("EscalationBounded", "True", policy.escalation, words)
