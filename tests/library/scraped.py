"""Which series show which signal, as tables. Read by :mod:`tests.library.series`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Events:
    """Counters of one kind of event. ``bad``: the series of each share. ``whole``: ``name`` counts all
    events, and not the rest. ``long``: kept as long as anything, since a rule compares with past weeks."""

    signal: str
    name: str
    bad: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    long: bool = False


@dataclass(frozen=True)
class Histogram:
    """All but the share ``<signal>.slow`` are within ``bound``. ``mean``: the signal behind its sum."""

    signal: str
    labels: str
    bound: float
    beyond: float
    metric: str = "http_request_duration_seconds"
    mean: str = ""


def _two(signal: str, metric: str, good: str, bad: str, *, long: bool = False) -> Events:
    return Events(signal, f"{metric}{{{good}}}", {"failed": f"{metric}{{{bad}}}"}, long=long)


_HTTP = "http_requests_total"
_CREATE = 'job="events",handler="createEvent"'
EVENTS = (
    Events(
        "gateway",
        f'{_HTTP}{{job="gateway",code="200"}}',
        {
            "failed": f'{_HTTP}{{job="gateway",code="500"}}',
            "limited": f'{_HTTP}{{job="gateway",code="429"}}',
        },
        long=True,
    ),
    _two("checkout-http", _HTTP, 'job="checkout",code="200"', 'job="checkout",code="500"', long=True),
    _two("checkouts", "checkout_attempts_total", 'outcome="paid"', 'outcome="error"'),
    _two("logins", "auth_attempts_total", 'result="success"', 'result="failure"', long=True),
    _two("joins", "membership_join_requests_total", 'outcome="accepted"', 'outcome="error"'),
    _two("check-ins", "event_check_ins_total", 'outcome="admitted"', 'outcome="error"'),
    _two("creates", _HTTP, f'{_CREATE},code="201"', f'{_CREATE},code="500"'),
    _two("renewals", "subscription_renewals_total", 'outcome="renewed"', 'outcome="error"'),
    _two("messages", "messages_sent_total", 'result="delivered"', 'result="failed"'),
    *(
        _two(
            f"push-{platform}",
            "push_notifications_total",
            f'result="delivered",platform="{platform}"',
            f'result="failed",platform="{platform}"',
            long=True,
        )
        for platform in ("ios", "android")
    ),
    _two(
        "media",
        "media_finalize_total",
        'result="done",kind="image"',
        'result="failed",kind="image"',
        long=True,
    ),
    *(
        _two(
            f"{name}-calls",
            "dependency_requests_total",
            f'dependency="{name}",outcome="ok"',
            f'dependency="{name}",outcome="error"',
        )
        for name in ("mail", "search")
    ),
    Events(
        "lookups",
        'cache_requests_total{cache="feed",result="hit"}',
        {"missed": 'cache_requests_total{cache="feed",result="miss"}'},
    ),
    Events(
        "queries", 'db_queries_total{pool="main"}', {"slow": 'db_slow_queries_total{pool="main"}'}, whole=True
    ),
    Events(
        "notifications",
        'alertmanager_notifications_total{integration="slack"}',
        {"failed": 'alertmanager_notifications_failed_total{integration="slack"}'},
        whole=True,
    ),
    Events(
        "points",
        'otelcol_receiver_accepted_metric_points_total{receiver="otlp"}',
        {"lost": 'otelcol_exporter_send_failed_metric_points_total{exporter="prometheus"}'},
        whole=True,
    ),
    Events("bytes", 'telemetry_ingested_bytes_total{signal="logs"}', long=True),
    Events("rule-failures", 'prometheus_rule_evaluation_failures_total{rule_group="slo"}'),
)
HISTOGRAMS = (
    Histogram("gateway", 'job="gateway"', 0.5, 2, mean="latency"),
    Histogram("checkout-http", 'job="checkout"', 0.5, 2),
    Histogram("lists", 'job="events",handler="listEvents"', 1, 5),
    Histogram("mail-calls", 'dependency="mail"', 1, 5, metric="dependency_request_duration_seconds"),
)
GAUGES = (
    ("pool", 'db_pool_connections_in_use{pool="main"}', 20.0),
    ("memory", 'container_memory_working_set_bytes{namespace="shop",pod="a",container="app"}', 1e9),
    ("samples", 'scrape_samples_post_metric_relabeling{job="api",instance="a"}', 1.0),
    ("samples", 'scrape_samples_post_metric_relabeling{job="api",instance="b"}', 1.0),
    ("collector-a", 'up{job="otel-collector",instance="a"}', 1.0),
    ("collector-b", 'up{job="otel-collector",instance="b"}', 1.0),
    ("api-a", 'up{job="api",instance="a"}', 1.0),
)
"""(signal, series, unit)."""
CONSTANT = {
    'db_pool_connections_max{pool="main"}': 20.0,
    'kube_pod_container_resource_limits{namespace="shop",pod="a",resource="memory",container="app"}': 1e9,
    'kubelet_volume_stats_capacity_bytes{persistentvolumeclaim="data"}': 1e11,
    **{f'up{{job="api",instance="{name}"}}': 1.0 for name in "bcde"},
}
