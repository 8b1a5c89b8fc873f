"""``validate --prometheus``: do the series exist, and is the latency limit a real bucket bound?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from fireline.api.issues import Issue, Location
from fireline.cli.inputs import Finding
from fireline.cli.offline import Sound
from fireline.prometheus.replicas import Replicas
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW, nested
from fireline.promql.selectors import parse_selector
from fireline.settings import source_at

_RATIO: Location = ("spec", "indicator", "ratio")
_LATENCY: Location = ("spec", "indicator", "latency")
_LOOKED_BACK = "5m"


async def missing_series(url: str, objectives: Sequence[Sound]) -> list[Finding]:
    """A finding for every selector without series and every bound that is no bucket bound.

    Raises MetricsError when the server cannot be asked, SettingsInvalid when that is no server's URL.
    """
    prometheus = Replicas.of(source_at(url))
    findings: list[Finding] = []
    for sound in objectives:
        for at, query, needed in _questions(sound):
            if not await prometheus.instant(f"count{nested(query)}"):
                findings.append(Finding.of(sound.document, _absent(at, url, needed=needed)))
        latency = sound.slo.spec.indicator.latency
        if latency is not None and latency.type == "Classic":
            buckets = parse_selector(latency.histogram)
            series = await prometheus.instant(
                f"group by (le) ({buckets.renamed(buckets.metric + '_bucket')})"
            )
            bounds = sorted(
                {float(sample.labels["le"]) for sample in series if "le" in sample.labels} - {inf}
            )
            findings += (Finding.of(sound.document, issue) for issue in _no_bound(latency.below, bounds))
    return findings


def _questions(sound: Sound) -> Iterator[tuple[Location, str, bool]]:
    """(field, expression, whether data must be there). Errors may not have happened yet."""
    indicator = sound.slo.spec.indicator
    if indicator.ratio is not None:
        parts = (
            ("bad", indicator.ratio.bad),
            ("good", indicator.ratio.good),
            ("total", indicator.ratio.total),
        )
        for name, events in parts:
            if events is not None and events.metric is not None:
                yield (*_RATIO, name, "metric"), events.metric, name == "total"
            elif events is not None and events.query is not None:
                yield (*_RATIO, name, "query"), events.query.replace(WINDOW, _LOOKED_BACK), name == "total"
    if indicator.latency is not None:
        histogram = parse_selector(indicator.latency.histogram)
        classic = indicator.latency.type == "Classic"
        asked = histogram.renamed(f"{histogram.metric}_bucket") if classic else histogram
        yield (*_LATENCY, "histogram"), str(asked), True


def _absent(at: Location, url: str, *, needed: bool) -> Issue:
    if needed:
        return Issue("NoSeries", at, f"has no series at {url} now; check the metric name and the labels")
    return Issue("NoSeries", at, f"has no series at {url} now: fine when it never happened yet", note=True)


def _no_bound(below: str, bounds: list[float]) -> Iterator[Issue]:
    limit = Duration.parse(below).seconds
    if not bounds or limit in bounds:
        return
    lower = [bound for bound in bounds if bound < limit][-1:]
    upper = [bound for bound in bounds if bound > limit][:1]
    nearest = " and ".join(str(Duration.of(seconds=bound)) for bound in (*lower, *upper))
    listed = ", ".join(str(Duration.of(seconds=bound)) for bound in bounds)
    yield Issue(
        "NoBucketBound",
        (*_LATENCY, "below"),
        f"{below} is no bucket bound of the histogram; nearest: {nearest} (bounds: {listed})",
    )
