"""Which alerts of a policy mute others, and when they had better not.

An alert that was sent, is muted and resolves meanwhile never tells its receivers that it is over: the
ticket stays open for ever. In a chat or a mailbox nobody waits for that message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from fireline.alerting.model import Inhibition, Matcher
from fireline.alerting.names import ALERT_HEARTBEAT, ALERT_TEST, PAGE, TICKET
from fireline.alerting.receivers import integration, is_chat
from fireline.api.alert_policy import Spec
from fireline.api.alert_policy_receivers import Receiver
from fireline.api.alert_policy_routing import Parent
from fireline.api.alert_policy_severities import Sev, canonical

_TICKET_TIERS = ("TicketFast", "TicketSlow")
_USUAL_TICKET: Sev = "sev2"
_USUAL_PAGES: Mapping[str, Sev] = {"PageFast": "sev0", "PageSlow": "sev1"}
"""Also what tiers that an SLO defines itself come to."""


def inhibitions(
    spec: Spec, *, namespace: str, label: str, group_labels: Collection[str]
) -> tuple[Inhibition, ...]:
    """The rules of a policy. ``group_labels`` are the groupBy labels of its SLOs.

    ``equal`` holds labels that every alert of an SLO has, and group labels: where both sides lack one,
    they are alerts of the same SLO all the same.
    """
    own = Matcher("alert_policy", label)
    found = []
    if muting(spec):
        found.append(
            Inhibition(
                source=(own, Matcher("alertname", PAGE)),
                target=(own, Matcher("alertname", TICKET)),
                equal=("namespace", "slo", *sorted(group_labels)),
            )
        )
    parents = spec.inhibition.parents or ()
    # Two parents that page must not mute each other, and an outage neither the heartbeat nor tests.
    others = (
        Matcher("alertname", f"{ALERT_HEARTBEAT}|{ALERT_TEST}", "!~"),
        *(Matcher("slo", slo, "!=") for slo in dict.fromkeys(one.slo for one in parents)),
    )
    for parent in parents:
        source = (
            Matcher("alertname", PAGE),
            Matcher("namespace", parent.namespace or namespace),
            Matcher("slo", parent.slo),
        )
        found.append(Inhibition(source, (own, *others)))
    return tuple(found)


def muting(spec: Spec) -> bool:
    """Whether a page mutes the ticket of the same SLO."""
    if spec.inhibition.page_inhibits_ticket != "Auto":
        return spec.inhibition.page_inhibits_ticket == "Always"
    told = list(_of_tickets(spec))
    closed = bool(told) and all(is_chat(one) or integration(one) == "email" for one in told)
    return closed and _pages_are_told(spec)


def _pages_are_told(spec: Spec) -> bool:
    """Whether a page has somebody who is told at any hour: one that nobody hears must mute nothing."""
    given = spec.tiers or {}
    sevs = {*_USUAL_PAGES.values(), *(canonical(given[tier]) for tier in _USUAL_PAGES if tier in given)}
    mapped = {canonical(one.name): one for one in spec.severities}
    for sev in sevs:
        one = mapped.get(sev)
        heard = spec.fallback is not None if one is None else one.hours is None or bool(one.outside_hours)
        if not heard:
            return False
    return True


def foreign(spec: Spec, namespace: str) -> list[tuple[int, Parent]]:
    """Parents in another namespace, with their place in the list."""
    listed = enumerate(spec.inhibition.parents or ())
    return [(at, one) for at, one in listed if one.namespace not in {None, namespace}]


def _of_tickets(spec: Spec) -> Iterator[Receiver]:
    given = spec.tiers or {}
    sevs = {canonical(given[tier]) if tier in given else _USUAL_TICKET for tier in _TICKET_TIERS}
    by_name = {one.name: one for one in spec.receivers}
    mapped: dict[Sev, list[str]] = {
        canonical(one.name): [*one.receivers, *(one.outside_hours or ())] for one in spec.severities
    }
    fallback = list(spec.fallback.receivers) if spec.fallback else []
    for name in {name for sev in sevs for name in mapped.get(sev, fallback)}:
        if name in by_name:
            yield by_name[name]
