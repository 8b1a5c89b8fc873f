"""The actions of a Mitigation, as users write them: exactly one of them.

Whether an action can be taken back is a property of the action (see ``fireline.mitigation.actions``), never
something a user claims.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fireline.api import strings
from fireline.api.common import ApiModel, Between, ListKind, Rule, Text, exactly_one
from fireline.api.synthetic_step_parts import AnyValue

Pointer = Annotated[
    str,
    Text(
        r"^(/([^~/]|~[01])*)+$",
        1024,
        "a JSON pointer, such as /spec/replicas; write / inside of a name as ~1 and ~ as ~0",
    ),
]
Replicas = Annotated[int, Between(0, 10_000)]
Weight = Annotated[int, Between(0, 1_000_000)]


class RolloutUndo(ApiModel):
    """Goes back to the newest revision that was available before the incident and has another template.
    Never taken back by itself: that would roll the bad version out again."""


class Restart(ApiModel):
    """Restarts the pods one after another. Cannot be taken back."""

    allow_single_replica: bool = False
    """Also when there is only one replica, which is an outage of its own."""


class Scale(ApiModel):
    """Another number of replicas. Where an autoscaler rules, its bounds."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.replicas) != (has(self.min) || has(self.max))",
            "set replicas, or min and max (one or both) for an autoscaler",
            lambda scale: (scale.replicas is not None) != (scale.min is not None or scale.max is not None),
        ),
        Rule(
            "!(has(self.min) && has(self.max)) || self.min <= self.max",
            "min must not be above max",
            lambda scale: scale.min is None or scale.max is None or scale.min <= scale.max,
        ),
    )

    replicas: Replicas | None = None
    """Replicas of a Deployment or StatefulSet without autoscaler."""
    min: Replicas | None = None
    """The fewest replicas, of a HorizontalPodAutoscaler or ScaledObject."""
    max: Replicas | None = None
    """The most replicas, of a HorizontalPodAutoscaler or ScaledObject."""


class FeatureFlag(ApiModel):
    """Changes a flag of an OpenFeature FeatureFlag object, which is the target."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "(self.set == 'Variant') == has(self.variant)",
            "set: Variant needs variant, and set: Disabled has none",
            lambda flag: (flag.set == "Variant") == (flag.variant is not None),
        ),
    )

    name: Annotated[str, Text(r"^[^\x00-\x1f]+$", 253, "the name of a flag, such as new-checkout")]
    """The flag."""
    set: Literal["Disabled", "Variant"]
    """`Disabled`: programs use the default in their code, which may be on. `Variant`: everyone gets this
    variant, whatever the targeting says."""
    variant: Annotated[str, Text(r"^[^\x00-\x1f]+$", 253, "the name of a variant, such as off")] | None = None
    """The variant, with `set: Variant`."""


class ConfigMapKey(ApiModel):
    """Sets one key of a ConfigMap, which is the target."""

    key: Annotated[str, Text(r"^[-._a-zA-Z0-9]+$", 253, "a key of a ConfigMap, such as checkout.captcha")]
    """The key."""
    value: Annotated[str, Field(max_length=65536)]
    """Its value while the mitigation is active; may be empty."""


class RateLimit(ApiModel):
    """Limits requests with an Envoy Gateway BackendTrafficPolicy that exists already, which is the target."""

    requests: Annotated[int, Between(1, 100_000_000)]
    """How many requests are let through in each unit of time, by each proxy."""
    unit: Literal["Second", "Minute", "Hour"] = "Second"
    """The unit of time."""


class BackendWeight(ApiModel):
    """The weight of one backend."""

    backend: strings.ObjectName
    """Name of the Service in the route's backendRefs."""
    weight: Weight
    """Its share, in proportion to the sum of all weights; 0 sends it nothing."""


class RouteWeights(ApiModel):
    """Shifts traffic between backends of a Gateway API HTTPRoute, which is the target."""

    rule: Annotated[int, Between(0, 15)] = 0
    """Which rule of the route, counted from 0."""
    weights: Annotated[list[BackendWeight], Field(min_length=1, max_length=16), ListKind(("backend",))]
    """The weights; backends that are not named keep theirs."""


class SuspendCronJob(ApiModel):
    """Stops a CronJob, which is the target, from starting Jobs. When it goes on, a run that was missed may
    start at once."""


class PatchOp(ApiModel):
    """One change of a JSON patch."""

    op: Literal["add", "replace", "remove"]
    """What to do. `add` sets a field of a map whether it is there or not; entries of lists cannot be added or
    removed, replace the list."""
    path: Pointer
    """Where."""
    value: AnyValue = None
    """The new value."""


class Patch(ApiModel):
    """Changes any field that is not refused, see the documentation."""

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one("ops", "merge"),
        Rule(
            "(self.type == 'JSONPatch') == has(self.ops)",
            "type JSONPatch needs ops, type Merge needs merge",
            lambda patch: (patch.type == "JSONPatch") == (patch.ops is not None),
        ),
    )

    type: Literal["JSONPatch", "Merge"] = "JSONPatch"
    """How the change is written."""
    ops: Annotated[list[PatchOp], Field(min_length=1, max_length=16)] | None = None
    """The changes, with type JSONPatch."""
    merge: Annotated[str, Field(min_length=2, max_length=32768)] | None = None
    """With type Merge: a JSON merge patch as text, such as `{"spec": {"replicas": 3}}`; null removes."""


class SecretKey(ApiModel):
    """A key of a Secret of this namespace, which the ServiceAccount must be allowed to read."""

    name: strings.ObjectName
    """Name of the Secret."""
    key: Annotated[str, Text(r"^[-._a-zA-Z0-9]+$", 253, "a key of a Secret, such as token")]
    """The key."""


class Webhook(ApiModel):
    """POSTs to a service of yours. At most once, unless it is idempotent; without `revertURL` it cannot be
    taken back."""

    url: strings.Url
    """Where to."""
    revert_url: Annotated[strings.Url | None, Field(alias="revertURL")] = None
    """Where to, to take it back."""
    idempotent: bool = False
    """The service does nothing twice for the same `Idempotency-Key`, so that a call whose answer was lost may
    be repeated. Otherwise such a call ends as Unknown."""
    timeout: strings.Duration = "10s"
    """How long an answer may take, at most 30s."""
    bearer_token: SecretKey | None = None
    """Sent as `Authorization: Bearer …`."""


ACTIONS = (
    "rolloutUndo",
    "restart",
    "scale",
    "featureFlag",
    "configMapKey",
    "rateLimit",
    "routeWeights",
    "suspendCronJob",
    "patch",
    "webhook",
)
"""All of them, as they are written."""


class Action(ApiModel):
    """What is done."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one(*ACTIONS),)

    rollout_undo: RolloutUndo | None = None
    """Go back to the revision before. Sticky: never taken back by itself."""
    restart: Restart | None = None
    """Restart the pods. Irreversible."""
    scale: Scale | None = None
    """Another number of replicas, or other bounds of an autoscaler. Reversible."""
    feature_flag: FeatureFlag | None = None
    """Another state of a feature flag. Reversible."""
    config_map_key: ConfigMapKey | None = None
    """Another value of a ConfigMap's key. Reversible."""
    rate_limit: RateLimit | None = None
    """A limit of requests. Reversible."""
    route_weights: RouteWeights | None = None
    """Other shares of traffic. Reversible."""
    suspend_cron_job: SuspendCronJob | None = None
    """Suspend a CronJob. Reversible."""
    patch: Patch | None = None
    """Any other change. Reversible."""
    webhook: Webhook | None = None
    """Call a service of yours. Reversible with `revertURL`, otherwise irreversible."""

    @property
    def name(self) -> str:
        """Which action it is, as it is written."""
        fields = type(self).model_fields.items()
        given = (field.alias or name for name, field in fields if getattr(self, name) is not None)
        return next(given)
