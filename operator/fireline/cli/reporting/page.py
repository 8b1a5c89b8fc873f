"""A report as one HTML file: tables and a timeline per policy, no script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from fireline import __version__
from fireline.cli.charts.page import STYLE
from fireline.cli.charts.svg import Element, add
from fireline.cli.charts.timeline import timeline
from fireline.cli.reporting.asking import Report
from fireline.cli.reporting.content import name_of
from fireline.cli.reporting.table import MET, MISSED, NOT_MET, OPEN, RIGHT, UNKNOWN, WRONG, Section, Table

_LOOKS = {RIGHT: "yes", MET: "yes", WRONG: "no", NOT_MET: "no", MISSED: "no", UNKNOWN: "soft", OPEN: "soft"}
_OWN = "td.soft, p.none { color: var(--soft) } main > p, section > p { margin: 0 0 6px }\n"


def page(sections: Iterable[Section], report: Report) -> str:
    """The whole document."""
    html = ET.Element("html", {"lang": "en"})
    head = add(html, "head")
    add(head, "meta", charset="utf-8")
    add(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    add(head, "title", "Fireline alert quality")
    add(head, "style", STYLE + _OWN)
    main = add(add(html, "body"), "main")
    charts = {
        name_of(one): timeline(one.quality, f"Alerts of {name_of(one)}")
        for one in report.told
        if one.quality.episodes or one.quality.detections
    }
    place: Element = main
    for section in sections:
        if section.level == 1:
            add(main, "h1", section.title)
            place = main
        elif section.level == 2:
            place = add(main, "section")
            add(place, "h2", section.title)
        else:
            add(place, "h3", section.title)
        for words in section.words:
            add(place, "p", words)
        if section.level == 1:
            place = add(main, "section")
        if section.table is not None:
            _table(place, section.table)
        if section.level == 2 and section.policy in charts:
            place.append(charts[section.policy])
    add(main, "footer", f"fireline {__version__} report. Hover a bar or a band for its times.")
    return "<!doctype html>\n" + ET.tostring(html, encoding="unicode", method="html") + "\n"


def _table(parent: Element, content: Table) -> None:
    if not content.rows:
        add(parent, "p", content.none, class_="none")
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
    if content.more:
        add(parent, "p", f"… and {content.more} more (-o json has all)", class_="note")
