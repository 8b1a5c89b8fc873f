"""A backtest as one HTML file: charts and figures, no script, and nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from fireline import __version__
from fireline.cli.backtesting import rows
from fireline.cli.backtesting.rows import NO, YES, Rows
from fireline.cli.charts.picture import drawing
from fireline.cli.charts.svg import Element, add
from fireline.cli.when import shown
from fireline.slo.replay.incidents import Incident
from fireline.slo.replay.outcome import Outcome

STYLE = """
:root { color-scheme: light dark; --ink: #1d242b; --soft: #5a6570; --line: #e3e7eb; --paper: #ffffff;
  --back: #f4f6f8; --bad: #b3261e; --good: #00705a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf0; --soft: #9aa5b1; --line: #333c45;
  --paper: #171c21; --back: #0f1317; --bad: #ff8a80; --good: #5fd3b3; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.5rem; margin: 0 0 4px } h2 { font-size: 1.2rem; margin: 0 0 12px }
h3 { font-size: 1rem; margin: 24px 0 6px }
p { margin: 0 0 20px; color: var(--soft) }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  padding: 20px; margin: 0 0 24px; overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 5px 18px 5px 0; border-bottom: 1px solid var(--line);
  vertical-align: top }
th { font-weight: 600; color: var(--soft); white-space: nowrap }
.yes { color: var(--good); font-weight: 600 } .no { color: var(--bad); font-weight: 600 }
svg.chart { max-width: 100%; height: auto; display: block; margin: 8px 0 }
svg .ink { fill: var(--ink) } svg .soft { fill: var(--soft) } svg .grid { stroke: var(--line) }
svg rect:hover, svg path:hover { opacity: .75 }
details summary { cursor: pointer; margin: 20px 0 6px; font-weight: 600 }
p.note { margin: 6px 0 0; font-size: .85rem }
footer { color: var(--soft); font-size: .85rem }
@media print { body, section { background: #fff } section { break-inside: avoid; border: 0 } }
"""
"""Of every page Fireline writes: light and dark, on paper, without anything from elsewhere."""

_LOOKS = {YES: "yes", NO: "no", "missed": "no"}


def page(outcomes: Sequence[Sequence[Outcome]], incidents: Sequence[Incident] | None) -> str:
    """The whole document. ``incidents`` None: none are known, so nothing is said about precision."""
    html = ET.Element("html", {"lang": "en"})
    head = add(html, "head")
    add(head, "meta", charset="utf-8")
    add(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    add(head, "title", "Fireline backtest")
    add(head, "style", STYLE)
    main = add(add(html, "body"), "main")
    first = outcomes[0][0]
    add(main, "h1", "Would these objectives have held?")
    add(main, "p", f"Replayed from {shown(first.start)} to {shown(first.end)} UTC.")
    for one in outcomes:
        _section(main, one, incidents)
    add(main, "footer", f"fireline {__version__} backtest. Hover a bar or a band for its times.")
    return "<!doctype html>\n" + ET.tostring(html, encoding="unicode", method="html") + "\n"


def _section(main: Element, outcomes: Sequence[Outcome], incidents: Sequence[Incident] | None) -> None:
    section = add(main, "section")
    section.append(drawing(outcomes, incidents or ()))
    _rows(section, rows.summary(outcomes))
    for note in rows.notes(outcomes):
        add(section, "p", note, class_="note")
    if incidents is not None:
        add(section, "h3", "Precision, recall and delays")
        _rows(section, rows.scores(outcomes))
        add(section, "h3", "Incidents")
        _rows(section, rows.detections(outcomes))
    details = add(section, "details")
    add(details, "summary", "Everything that fired")
    _rows(details, rows.periods(outcomes))


def _rows(parent: Element, content: Rows) -> None:
    """A table; a line instead of one without rows."""
    if not content.rows:
        add(parent, "p", "None.")
        return
    table = add(parent, "table")
    top = add(add(table, "thead"), "tr")
    for head in content.heads:
        add(top, "th", head)
    body = add(table, "tbody")
    for row in content.rows:
        line = add(body, "tr")
        for cell in row:
            add(line, "td", cell, **({"class_": _LOOKS[cell]} if cell in _LOOKS else {}))
