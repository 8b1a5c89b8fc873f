"""Mitigation as users write it: the schema of ``kubectl explain mit``, and its checks.

Read by ``fireline.api.crd`` (schema) and :mod:`fireline.mitigation.checks`, which checks what a schema cannot
say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from fireline.api import strings
from fireline.api.common import ApiModel, Between, ListKind, Rule, Text, exactly_one
from fireline.api.mitigation_action import Action
from fireline.api.slo import Metadata

_SIGNALS = "[has(self.slo), has(self.alert), has(self.query), has(self.rolloutFailed)]"
LabelValues = Annotated[
    dict[str, Annotated[str, Field(max_length=1024)]],
    Field(max_length=16),
]
Query = Annotated[str, Field(min_length=1, max_length=4096)]
"""PromQL that always has exactly one sample: not 0 is true, no sample is unknown."""


class AlertTrigger(ApiModel):
    """An alert of any rule."""

    name: Annotated[
        str, Text(r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", 128, "the name of an alert, such as HighErrorRate")
    ]
    """Its name."""
    labels: LabelValues | None = None
    """Labels it must have."""


class RolloutFailed(ApiModel):
    """The target is a Deployment whose rollout does not come to an end."""

    within: strings.Duration = "5m"
    """How long a rollout may go on without getting further; Kubernetes' own verdict (Progressing=False)
    counts at once."""


class Trigger(ApiModel):
    """What calls for the mitigation: exactly one of slo, alert, query and rolloutFailed."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("slo", "alert", "query", "rolloutFailed"),
        Rule(
            "!has(self.tier) || has(self.slo)",
            "tier belongs to slo",
            lambda trigger: trigger.tier is None or trigger.slo is not None,
        ),
    )

    slo: strings.ObjectName | None = None
    """An SLO of this namespace whose burn-rate alert fires."""
    tier: strings.CamelName | None = None
    """Which of its tiers. Default: PageFast."""
    alert: AlertTrigger | None = None
    """An alert that fires."""
    query: Query | None = None
    """PromQL that is not 0. It must always have one sample, so compare with `bool`:
    `sum(rate(http_errors_total[5m])) > bool 5`. No sample is unknown, which triggers nothing."""
    rollout_failed: RolloutFailed | None = None
    """A rollout that does not come to an end."""
    for_ticks: Annotated[int, Between(1, 120)] = 3
    """How many times in a row, five seconds apart, it must be true."""
    min_traffic: strings.Number | None = None
    """Requests per second below which the SLO tells nothing, such as `"1"`; needs an SLO."""


class Approval(ApiModel):
    """Who says yes."""

    expires_after: strings.Duration = "30m"
    """How long a proposal can be approved."""


class Target(ApiModel):
    """The object that is changed, in this namespace."""

    api_version: Annotated[
        str,
        Text(r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9][a-z0-9]*$", 253, "an apiVersion, such as apps/v1"),
    ]
    """Its apiVersion, such as `apps/v1`."""
    kind: Annotated[str, Text(r"^[A-Z][A-Za-z0-9]*$", 63, "a kind, such as Deployment")]
    """Its kind."""
    name: Annotated[
        str, Text(r"^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$", 253, "the name of an object, such as checkout")
    ]
    """Its name."""


class Revert(ApiModel):
    """When and how the change is taken back. Never applies to sticky and irreversible actions."""

    # Not `on`, which YAML 1.1 (and so kubectl) reads as the boolean true.
    when: Annotated[list[Literal["Recovery", "TTL", "Delete"]], Field(max_length=3), ListKind()] = Field(
        default=["Recovery", "TTL", "Delete"]
    )
    """`Recovery`: the trigger has been false for `healthyFor`. `TTL`: `ttl` is over. `Delete`: this
    Mitigation is deleted."""
    ttl: strings.Duration = "1h"
    """How long it stays."""
    ttl_policy: Literal["RevertIfHealthy", "Always", "Hold"] = "RevertIfHealthy"
    """At the end of `ttl`: `RevertIfHealthy` waits until the trigger is known to be false, at most `maxHold`,
    then a person is asked. `Always` takes it back whatever the trigger says. `Hold` asks a person."""
    healthy_for: strings.Duration = "10m"
    """How long the trigger must be known to be false before it counts as recovered."""
    max_hold: strings.Duration = "6h"
    """How long after `ttl` it may stay because it is not known whether all is well."""


class Verify(ApiModel):
    """How to tell that it helped: exactly one of query and check. Without it: that the trigger turns
    false."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!(has(self.query) && has(self.check))",
            "set query or check, not both",
            lambda verify: verify.query is None or verify.check is None,
        ),
    )

    query: Query | None = None
    """PromQL that is not 0 when it helped; written like `trigger.query`."""
    check: strings.ObjectName | None = None
    """A SyntheticCheck of this namespace, which is run at once and must succeed."""
    within: strings.Duration = "10m"
    """How long it may take to help. A page looks back five minutes, so that its trigger takes as long to turn
    false."""


class Limits(ApiModel):
    """How often at most."""

    cooldown: strings.Delay = "30m"
    """Pause after one end before the next begin."""
    max_per_day: Annotated[int, Between(1, 100)] = 3
    """How many times in 24 hours."""


class Spec(ApiModel):
    """What is done, to what, when, and when it is taken back."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.target) != has(self.action.webhook)",
            "every action but webhook needs target, and webhook has none",
            lambda spec: (spec.target is not None) != (spec.action.webhook is not None),
        ),
        Rule(
            "self.mode == 'Propose' || !(has(self.action.rolloutUndo) || has(self.action.restart))",
            "mode Auto is for what can be taken back: rolloutUndo and restart are proposed only",
            lambda spec: spec.mode == "Propose" or (not spec.action.rollout_undo and not spec.action.restart),
        ),
        Rule(
            "self.mode == 'Propose' || !has(self.action.webhook) || has(self.action.webhook.revertURL)",
            "mode Auto is for what can be taken back: this webhook needs revertURL",
            lambda spec: (
                spec.mode == "Propose"
                or spec.action.webhook is None
                or spec.action.webhook.revert_url is not None
            ),
        ),
        Rule(
            "self.mode == 'Propose' || ('TTL' in self.revert.when && self.revert.ttlPolicy != 'Hold')",
            "mode Auto needs an end: TTL in revert.when, and ttlPolicy RevertIfHealthy or Always",
            lambda spec: (
                spec.mode == "Propose" or ("TTL" in spec.revert.when and spec.revert.ttl_policy != "Hold")
            ),
        ),
        Rule(
            "self.mode == 'Propose' || has(self.trigger)",
            "mode Auto needs a trigger",
            lambda spec: spec.mode == "Propose" or spec.trigger is not None,
        ),
        Rule(
            "!has(self.trigger) || !has(self.trigger.minTraffic) || has(self.trigger.slo) || has(self.slo)",
            "trigger.minTraffic needs an SLO whose traffic is meant: set slo",
            lambda spec: (
                spec.trigger is None
                or spec.trigger.min_traffic is None
                or (spec.trigger.slo or spec.slo) is not None
            ),
        ),
        Rule(
            "!has(self.trigger) || !has(self.trigger.rolloutFailed)"
            " || (has(self.target) && self.target.kind == 'Deployment')",
            "trigger.rolloutFailed looks at the target, which must be a Deployment",
            lambda spec: (
                spec.trigger is None
                or spec.trigger.rollout_failed is None
                or (spec.target is not None and spec.target.kind == "Deployment")
            ),
        ),
    )

    description: Annotated[str, Field(max_length=512)] | None = None
    """For the person who is asked to approve it at night."""
    slo: strings.ObjectName | None = None
    """The SLO whose incidents it belongs to. Default: `trigger.slo`."""
    trigger: Trigger | None = None
    """What calls for it. Without it: a person, by `fireline mitigations propose`."""
    mode: Literal["Propose", "Auto"] = "Propose"
    """`Propose`: a person approves the very change. `Auto`: only what can be taken back, with a TTL, and only
    in namespaces where the operator's settings allow it."""
    approval: Approval = Approval()
    """Who says yes."""
    target: Target | None = None
    """The object that is changed, in this namespace."""
    action: Action
    """What is done: exactly one action."""
    revert: Revert = Revert()
    """When and how it is taken back."""
    verify: Verify = Verify()
    """How to tell that it helped."""
    limits: Limits = Limits()
    """How often at most."""
    git_ops: Annotated[
        Literal["Refuse", "ProceedIfUnowned", "PauseObject", "Proceed"], Field(alias="gitOps")
    ] = "ProceedIfUnowned"
    """What to do about a target that Argo CD or Flux owns: `Refuse` leaves it alone (that of Helm, too),
    `ProceedIfUnowned` goes on when Git does not set the very fields, `PauseObject` tells Flux to leave the
    object alone meanwhile, `Proceed` goes on and lets go when it is changed back."""
    service_account_name: strings.ObjectName
    """The ServiceAccount of this namespace whose rights are used, see `fireline rbac`."""
    prometheus: strings.DNSLabel = "default"
    """The Prometheus that is asked: a source named in the operator's settings."""
    suspend: bool = False
    """Do nothing at all: start nothing, and take nothing back."""
    release: bool = False
    """Forget what is active without taking it back."""


class Mitigation(BaseModel):
    """First aid: a change that is proposed, or made, when an SLO burns, and taken back afterwards.

    It is written down before it is made, made exactly once, and taken back only while the value is ours.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.metadata.name.size() <= 63",
            "metadata.name must have at most 63 characters: it is a label value",
            lambda mitigation: len(mitigation.metadata.name) <= 63,
        ),
    )

    api_version: Annotated[Literal["fireline.dev/v1alpha1"], Field(alias="apiVersion")] = (
        "fireline.dev/v1alpha1"
    )
    kind: Literal["Mitigation"] = "Mitigation"
    metadata: Metadata
    spec: Spec

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Mitigation:
        """The typed object behind a manifest. Raises pydantic's ValidationError."""
        return cls.model_validate(dict(manifest))
