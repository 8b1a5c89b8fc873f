"""What is wrong with the times of a Mitigation. Part of ``checks``.

Short times are a matter of taste and only noted; too long ones are refused, because first aid has an end.
"""

from __future__ import annotations

from collections.abc import Iterator

from fireline.api.issues import INVALID_SPEC, Issue, Location
from fireline.api.mitigation import Spec
from fireline.promql.durations import Duration

Found = Iterator[Issue]
_DAY, _WEEK = Duration.of(days=1), Duration.of(days=7)
_WEBHOOK = Duration.of(seconds=30)
_MINUTE = Duration.of(minutes=1)


def times_have_an_end(spec: Spec) -> Found:
    """What stays for a week is no first aid: it belongs into the manifests of the service."""
    longest: dict[Location, tuple[str, Duration]] = {
        ("spec", "approval", "expiresAfter"): (spec.approval.expires_after, _DAY),
        ("spec", "revert", "ttl"): (spec.revert.ttl, _WEEK),
        ("spec", "revert", "maxHold"): (spec.revert.max_hold, _WEEK),
        ("spec", "revert", "healthyFor"): (spec.revert.healthy_for, _DAY),
        ("spec", "verify", "within"): (spec.verify.within, _DAY),
    }
    if spec.trigger is not None and spec.trigger.rollout_failed is not None:
        within = spec.trigger.rollout_failed.within
        longest["spec", "trigger", "rolloutFailed", "within"] = (within, _DAY)
    for at, (given, most) in longest.items():
        if Duration.parse(given) > most:
            yield Issue(INVALID_SPEC, at, f"{given} is longer than {most}, the most that is allowed here")


def webhook_answers_in_time(spec: Spec) -> Found:
    """The engine waits for the answer."""
    webhook = spec.action.webhook
    if webhook is not None and Duration.parse(webhook.timeout) > _WEBHOOK:
        at = ("spec", "action", "webhook", "timeout")
        words = (
            f"{webhook.timeout} is longer than {_WEBHOOK}; let the service answer at once and do its work "
            "afterwards, and tell by verify whether it helped"
        )
        yield Issue(INVALID_SPEC, at, words)


def times_fit(spec: Spec) -> Found:
    """Only notes: times that make each other meaningless."""
    revert = spec.revert
    ttl, within = Duration.parse(revert.ttl), Duration.parse(spec.verify.within)
    ends = "TTL" in revert.when
    if ends and within >= ttl:
        words = (
            f"{spec.verify.within} is not shorter than revert.ttl, {revert.ttl}: it may be taken back before "
            "anybody knows whether it helped"
        )
        yield Issue("EndsEarly", ("spec", "verify", "within"), words, note=True)
    if ends and "Recovery" in revert.when and Duration.parse(revert.healthy_for) >= ttl:
        words = (
            f"{revert.healthy_for} is not shorter than ttl, {revert.ttl}: it will never be taken back "
            "because of recovery"
        )
        yield Issue("NeverRecovers", ("spec", "revert", "healthyFor"), words, note=True)
    if Duration.parse(spec.approval.expires_after) < _MINUTE:
        words = f"{spec.approval.expires_after} is short for a person who is asleep; the default is 30m"
        yield Issue("ShortApproval", ("spec", "approval", "expiresAfter"), words, note=True)
