"""Judgements as JUnit XML, the form pipelines show failures in. Pure.

There is no single schema; this keeps to what Jenkins, GitLab, GitHub reporters and Azure agree on: a
``testsuites`` root, counts on every suite, one ``failure`` or ``skipped`` with a ``message`` per case, and
no two cases with the same class and name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from fireline.cli.gating.checks import Check

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters XML 1.0 cannot hold, not even escaped; ElementTree would write them."""


def to_junit(checks: Sequence[Check], *, suite: str, unknown_passes: bool) -> str:
    """The whole XML document. An allowed Unknown is a skipped case, any other a failure."""
    failures = sum(_fails(check, unknown_passes) for check in checks)
    skipped = sum(check.state == "Unknown" for check in checks) if unknown_passes else 0
    counts = {"tests": str(len(checks)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    root = ET.Element("testsuites", {"name": "fireline gate", **counts, "time": "0"})
    group = ET.SubElement(root, "testsuite", {"name": suite, **counts, "time": "0"})
    for check in checks:
        _case(group, check, suite=suite, unknown_passes=unknown_passes)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def _case(group: ET.Element, check: Check, *, suite: str, unknown_passes: bool) -> None:
    name = _text(str(check.subject))
    place = f"{suite.replace(' ', '.')}.{check.subject.part}"
    attributes = {"classname": place, "name": name, "time": "0"}
    if check.file:
        attributes["file"] = _text(check.file)
    case = ET.SubElement(group, "testcase", attributes)
    if _fails(check, unknown_passes):
        kind = "NoMeasurement" if check.state == "Unknown" else "LimitExceeded"
        failure = ET.SubElement(case, "failure", {"message": _text(check.message), "type": kind})
        failure.text = _text(
            f"{check.message}\nallowed: {check.wanted}\nmeasured: {check.found or 'nothing'}"
        )
    elif check.state == "Unknown":
        ET.SubElement(case, "skipped", {"message": _text(check.message)})


def _fails(check: Check, unknown_passes: bool) -> bool:
    return check.state == "Failed" or (check.state == "Unknown" and not unknown_passes)


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
