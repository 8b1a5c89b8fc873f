"""The rules Sloth and Pyrra write for an SLO, as far as ratios and burn alerts go.

Written from how the tools describe and show their output, so that imported SLOs can be judged beside
what they replace. Names of series and labels are the tools' own.
"""

from __future__ import annotations

from typing import Any

SLOTH_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
PYRRA_TIERS = (("5m", "1h", 14, "2m"), ("30m", "6h", 7, "15m"), ("2h", "1d", 2, "1h"), ("6h", "4d", 1, "3h"))
"""For 28 days: short and long window, factor, and how long an alert waits."""

Rules = dict[str, Any]


def sloth(name: str, objective: float, bad: str, total: str) -> list[Rules]:
    """Two groups: error ratios over seven raw windows, and a page and a ticket without any waiting.

    ``bad`` and ``total`` are queries with ``$w`` for the window; the period is 30 days.
    """
    budget = (100 - objective) / 100

    def ratio(window: str) -> str:
        return f'slo:sli_error:ratio_rate{window}{{sloth_id="{name}"}}'

    def above(window: str, factor: float) -> str:
        return f"(max({ratio(window)} > ({factor} * {budget:.6f})) without (sloth_window))"

    def either(*tiers: tuple[str, str, float]) -> str:
        return " or ".join(f"({above(short, f)} and {above(long, f)})" for short, long, f in tiers)

    return [
        {
            "name": f"sloth-slo-sli-recordings-{name}",
            "rules": [
                {
                    "record": f"slo:sli_error:ratio_rate{window}",
                    "expr": f"({bad.replace('$w', window)}) / ({total.replace('$w', window)})",
                    "labels": {"sloth_id": name, "sloth_window": window},
                }
                for window in SLOTH_WINDOWS
            ],
        },
        {
            "name": f"sloth-slo-alerts-{name}",
            "rules": [
                {
                    "alert": f"Sloth-{name}",
                    "expr": either(("5m", "1h", 14.4), ("30m", "6h", 6)),
                    "labels": {"sloth_severity": "page"},
                },
                {
                    "alert": f"Sloth-{name}",
                    "expr": either(("2h", "1d", 3), ("6h", "3d", 1)),
                    "labels": {"sloth_severity": "ticket"},
                },
            ],
        },
    ]


def pyrra(name: str, target: float, metric: str, bad: str, total: str) -> list[Rules]:
    """One group: error ratios (which it calls burn rates) and an alert for each pair of windows."""
    budget = (100 - target) / 100
    windows = dict.fromkeys(window for short, long, _, _ in PYRRA_TIERS for window in (short, long))

    def above(window: str, factor: float) -> str:
        return f'{metric}:burnrate{window}{{slo="{name}"}} > ({factor} * {budget:.6f})'

    records = [
        {
            "record": f"{metric}:burnrate{window}",
            "expr": f"({bad.replace('$w', window)}) / ({total.replace('$w', window)})",
            "labels": {"slo": name},
        }
        for window in windows
    ]
    alerts = [
        {
            "alert": "ErrorBudgetBurn",
            "expr": f"{above(short, factor)} and {above(long, factor)}",
            "for": wait,
            "labels": {"slo": name, "short": short, "long": long},
        }
        for short, long, factor, wait in PYRRA_TIERS
    ]
    return [{"name": name, "interval": "30s", "rules": [*records, *alerts]}]
