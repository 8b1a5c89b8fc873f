"""What goes wrong in the shop, and which share of its pages fails as long as nothing is done about it.

The shop's own server knows neither flags nor gateways. Each trouble here says what flagd, Envoy, a rollout
or the shop's code would make of the objects as they are now: the same knobs that the examples turn. Pure;
:mod:`tests.bed.obeying` reads the objects and breaks the shop accordingly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fireline.api.plan import Manifest
from fireline.api.resources import CONFIG_MAP, CRON_JOB, DEPLOYMENT, Resource

FEATURE_FLAG = Resource("core.openfeature.dev", "v1beta1", "featureflags", "FeatureFlag")
TRAFFIC_POLICY = Resource(
    "gateway.envoyproxy.io", "v1alpha1", "backendtrafficpolicies", "BackendTrafficPolicy"
)
HTTP_ROUTE = Resource("gateway.networking.k8s.io", "v1", "httproutes", "HTTPRoute")
SERVICE = Resource("", "v1", "services", "Service")
AUTOSCALER = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")

CUSTOMERS = ("DE", "DE", "NL", "FR", "FR", "AT", "AT", "IT", "IT", "ES")
"""Countries of ten customers, one after the other."""
_BOTS = 0.4
"""Share of requests that try stolen cards."""
_ORDERS, _PROXIES, _DATABASE = 200, 2, 120
"""Orders a second that come in, proxies they come through, and how many the database takes."""
_SECONDS = {"Second": 1, "Minute": 60, "Hour": 3600}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. ``share`` (0 to 1) of pages that fail, from the object it depends on."""

    resource: Resource
    name: str
    share: Callable[[Manifest], float]


def served(flag: Manifest, country: str, code_default: str) -> str:
    """The variant that flagd gives one customer; a disabled flag leaves it to the program."""
    if flag["state"] == "DISABLED":
        return code_default
    rule = flag.get("targeting")
    return str(_ruled(rule, {"country": country}) if rule else flag["defaultVariant"])


def _ruled(rule: Any, about: Mapping[str, str]) -> Any:
    """JsonLogic, as far as the examples use it."""
    if not isinstance(rule, dict):
        return rule
    ((name, inner),) = rule.items()
    if name == "if":
        condition, then, otherwise = inner
        return _ruled(then if _ruled(condition, about) else otherwise, about)
    if name == "in":
        return _ruled(inner[0], about) in inner[1]
    if name == "var":
        return about[inner]
    raise ValueError(f"found {name!r}; the shop's flags know if, in and var")


def _new_payment(found: Manifest) -> float:
    flag = found["spec"]["flagSpec"]["flags"]["new-payment"]
    # The code says "on": what happens to who disables the flag.
    return sum(served(flag, one, "on") == "on" for one in CUSTOMERS) / len(CUSTOMERS)


def _stolen_cards(found: Manifest) -> float:
    flag = found["spec"]["flagSpec"]["flags"]["captcha"]
    return 0.0 if served(flag, "DE", "none") == "everyone" else _BOTS


def _slow_provider(found: Manifest) -> float:
    cooldown = int(found.get("data", {}).get("payment.cooldown", "0s").removesuffix("s"))
    return 0.0 if cooldown >= 10 else 0.5


def _too_many_orders(found: Manifest) -> float:
    rules = found["spec"].get("rateLimit", {}).get("local", {}).get("rules", [])
    limits = [one["limit"] for one in rules if not one.get("clientSelectors")]
    each = min((one["requests"] / _SECONDS[one["unit"]] for one in limits), default=float("inf"))
    let_in = min(float(_ORDERS), each * _PROXIES)
    # What is told to come back later is no error of the shop; what the database drops is.
    return max(0.0, let_in - _DATABASE) / let_in


def _bad_canary(found: Manifest) -> float:
    backends = found["spec"]["rules"][0]["backendRefs"]
    weights = {one["name"]: one.get("weight", 1) for one in backends}
    return float(weights["checkout-canary"] / sum(weights.values()))


def _reports(found: Manifest) -> float:
    return 0.0 if found["spec"].get("suspend") else 0.3


def _sticky(found: Manifest) -> float:
    return 0.3 if found["spec"].get("sessionAffinity") == "ClientIP" else 0.0


def _bad_version(found: Manifest) -> float:
    return 0.5 if found["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":bad") else 0.0


def _second_version(found: Manifest) -> float:
    return 1.0 if found["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":2") else 0.0


def _leak(found: Manifest) -> float:
    restarted = found["spec"]["template"]["metadata"].get("annotations", {})
    return 0.0 if "kubectl.kubernetes.io/restartedAt" in restarted else 0.3


def _few_searchers(found: Manifest) -> float:
    return 0.0 if found["spec"].get("minReplicas", 1) >= 8 else 0.4


NEW_PAYMENT = Trouble(FEATURE_FLAG, "checkout", _new_payment)
STOLEN_CARDS = Trouble(FEATURE_FLAG, "checkout", _stolen_cards)
SLOW_PROVIDER = Trouble(CONFIG_MAP, "checkout", _slow_provider)
TOO_MANY_ORDERS = Trouble(TRAFFIC_POLICY, "checkout", _too_many_orders)
BAD_CANARY = Trouble(HTTP_ROUTE, "checkout", _bad_canary)
REPORTS = Trouble(CRON_JOB, "sales-report", _reports)
STICKY = Trouble(SERVICE, "checkout", _sticky)
BAD_VERSION = Trouble(DEPLOYMENT, "checkout", _bad_version)
SECOND_VERSION = Trouble(DEPLOYMENT, "checkout", _second_version)
LEAK = Trouble(DEPLOYMENT, "basket", _leak)
FEW_SEARCHERS = Trouble(AUTOSCALER, "search", _few_searchers)

BY_EXAMPLE: Mapping[str, tuple[str, Trouble, float]] = {
    "old-payment": ("feature-flag", NEW_PAYMENT, 0.3),
    "captcha-for-everyone": ("feature-flag", STOLEN_CARDS, 0.4),
    "payment-cooldown": ("config-map-key", SLOW_PROVIDER, 0.5),
    "limit-checkout": ("rate-limit", TOO_MANY_ORDERS, 0.4),
    "away-from-canary": ("route-weights", BAD_CANARY, 0.2),
    "no-reports": ("suspend-cron-job", REPORTS, 0.3),
    "no-sticky-sessions": ("patch", STICKY, 0.3),
    "more-searchers": ("scale", FEW_SEARCHERS, 0.4),
}
"""Mitigation of ``examples/mitigation`` → its file, what is wrong, and which share of requests that fails."""
