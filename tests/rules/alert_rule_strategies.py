"""Hypothesis strategies for alert rules: every type and field, with the nastiest text the schema allows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.rules.strategies import nasty_text, queries, selectors

Manifest = dict[str, Any]

_numbers = st.sampled_from(("1000", "-1.5", "0", "0.25", "+3", "010", "999999999999999.999999999"))
_factors = st.sampled_from(("1", "0.1", "100000.5", "20"))
_windows = st.sampled_from(("5m", "2m", "90s", "1h", "300000ms", "10m30s"))
_durations = st.sampled_from(("500ms", "1s", "26h", "1d12h", "7d", "2m"))
_labels = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
_template = st.sampled_from(("{{ $value }}", "{{$value | humanizeDuration}}", ""))


def _events() -> st.SearchStrategy[Manifest]:
    return st.one_of(
        st.fixed_dictionaries({"metric": selectors(ending="_total")}),
        st.fixed_dictionaries({"query": queries()}),
    )


def _moments() -> st.SearchStrategy[str]:
    one = selectors(ending="_depth")
    return st.one_of(
        one,
        one.map(lambda text: f"max by (region, zone) ({text}) # the worst"),
        one.map(lambda text: f"avg_over_time({text}[5m]) / 2"),
        one.map(lambda text: f"deriv({text}[10m:1m] offset 1h)"),
    )


def _sides(*names: str) -> st.SearchStrategy[Manifest]:
    return st.sampled_from(names).flatmap(lambda name: st.fixed_dictionaries({name: _numbers}))


def _joined(*parts: st.SearchStrategy[Manifest]) -> st.SearchStrategy[Manifest]:
    return st.tuples(*parts).map(lambda found: {key: value for one in found for key, value in one.items()})


def _ratio() -> st.SearchStrategy[Manifest]:
    part = st.sampled_from(("bad", "good")).flatmap(lambda name: st.fixed_dictionaries({name: _events()}))
    rest = st.fixed_dictionaries(
        {"total": _events(), "above": st.sampled_from(("0", "5", "99.9999", "007.5"))},
        optional={"window": _windows},
    )
    return _joined(part, rest)


def _forecast() -> st.SearchStrategy[Manifest]:
    capacity = st.fixed_dictionaries(
        {"capacity": _moments()}, optional={"gate": st.sampled_from(("0", "99.5"))}
    )
    above = st.just({"above": "100", "gate": "50"})
    below = st.just({"below": "-5", "gate": "+10"})
    rest = st.fixed_dictionaries(
        {"query": _moments(), "within": _durations},
        optional={"history": st.sampled_from(("6h", "7d", "5m", "90s"))},
    )
    return _joined(st.one_of(capacity, above, below), rest)


TYPES: dict[str, st.SearchStrategy[Manifest]] = {
    "threshold": _joined(
        _sides("above", "below"),
        st.fixed_dictionaries(
            {"query": _moments()},
            optional={
                "resolve": _numbers,
                "unit": st.sampled_from(("Seconds", "Bytes", "Ratio", "Percent")),
            },
        ),
    ),
    "ratio": _ratio(),
    "quantile": st.fixed_dictionaries(
        {"histogram": selectors(ending="_seconds"), "above": _durations},
        optional={
            "type": st.sampled_from(("Classic", "Native")),
            "quantile": st.sampled_from(("0.5", "0.95", "0.9999")),
            "window": _windows,
        },
    ),
    "rateDrop": st.fixed_dictionaries(
        {"total": _events(), "byPercent": st.sampled_from(("50", "0.5")), "minimum": _factors},
        optional={"window": _windows, "weeks": st.sampled_from((1, 2, 3, 4))},
    ),
    "absent": st.fixed_dictionaries(
        {"series": selectors(ending="_up")}, optional={"remember": st.sampled_from(("1h", "1d"))}
    ),
    "freshness": _joined(
        st.one_of(
            st.fixed_dictionaries({"query": _moments()}),
            st.fixed_dictionaries({"series": selectors(ending="_beat")}),
        ),
        st.fixed_dictionaries({"olderThan": _durations}),
    ),
    "cardinality": _joined(
        st.one_of(st.just({"above": "100000"}), st.just({"growthPercent": "20.5", "minimum": "7"})),
        st.one_of(
            st.just({}),
            st.just({"by": "Job", "matching": "{ job !~ 'a|b', }"}),
            nasty_text(40).map(lambda text: {"by": "Metric", "matching": f'{{job="x",a!={_quoted(text)}}}'}),
        ),
    ),
    "forecast": _forecast(),
    "queueSLA": st.fixed_dictionaries(
        {"backlog": _moments(), "drainRate": _events(), "within": _durations}, optional={"window": _windows}
    ),
    "anomaly": st.fixed_dictionaries(
        {"query": queries()},
        optional={
            "direction": st.sampled_from(("Up", "Down", "Both")),
            "window": _windows,
            "noiseFloor": st.sampled_from(("0.5", "0", "1000")),
        },
    ),
    "expression": st.fixed_dictionaries(
        {
            "query": _moments().flatmap(
                lambda query: st.sampled_from(
                    (
                        f"({query}\n) > 10",
                        f"count by (job) (({query}\n) == 0) # none",
                        f"({query}\n) >= 3 or absent(x)",
                        f"up{{a='b'}} unless on (job) (({query}\n) < 1) > -0.5",
                    )
                )
            )
        }
    ),
}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _words(longest: int) -> st.SearchStrategy[str]:
    plain = nasty_text(longest).map(lambda text: text.replace("{{", "{ {"))
    return st.tuples(plain, _template).map("".join)


_paging = st.one_of(
    st.just({}),
    st.just({"severity": "medium"}),
    nasty_text(100).map(lambda text: {"severity": "P1", "page": True, "pageReason": text}),
)
_traffic = st.one_of(
    st.none(),
    st.none(),
    _joined(
        _events(),
        st.one_of(_factors.map(lambda given: {"perSecond": given}), st.just({"events": "30"})),
        st.one_of(st.just({}), st.just({"window": "10m"})),
    ),
    st.just({"events": "12"}),
)
_common = st.fixed_dictionaries(
    {},
    optional={
        "for": _durations,
        "keepFiringFor": _durations,
        "summary": _words(200),
        "description": _words(400),
        "runbookURL": st.sampled_from(("https://wiki.example/x?a=b&c=%20#top", "http://x/'$(id)`|é")),
        "dashboardURL": st.just("https://grafana.example/d/x?var-a=b"),
        "service": st.sampled_from(("checkout", "a/b-c.d_e")),
        "labels": st.dictionaries(
            _labels.filter(lambda name: name not in {"le", "slo", "sli", "sev", "window", "service", "job"}),
            nasty_text(100).map(lambda text: text.replace("{", "(").replace("}", ")")),
            max_size=3,
        ),
        "annotations": st.dictionaries(_labels, _words(200), max_size=3),
        "groupBy": st.sampled_from((["region"], ["region", "zone"])),
    },
)


def rules(type_: str) -> st.SearchStrategy[Manifest]:
    """A whole rule of a type, without its name; not all are valid."""
    typed = TYPES[type_].map(lambda given: {type_: given})
    more = _traffic.map(lambda given: {} if given is None else {"minTraffic": given})
    return _joined(typed, _common, _paging, more)
