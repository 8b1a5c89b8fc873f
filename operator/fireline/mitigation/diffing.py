"""What the API server's dry run says would change, for the person who approves it.

Two whole objects as YAML, without what every write changes, without secrets, and not longer than a status may
be. Used by ``fireline.mitigation.plan_change``::

    diff(live, answer) -> str      # unified; "" when nothing would change
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any

import yaml

from fireline.api.plan import Manifest
from fireline.api.visible import visible
from fireline.mitigation.shown import redacted

LONGEST = 16384
"""Bytes of a diff in the status."""
_NOISE = frozenset({"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid"})
_COPIES = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})
"""Annotations that repeat the whole object."""
_HUNK = re.compile(r"@@ -(\d+)")
_FIELD = re.compile(r" *(?:- )*(\S.*?):(?: [|>][-+]?)?$")
"""A line of YAML whose value is in the lines below."""


def diff(live: Manifest, answer: Manifest, *, longest: int = LONGEST) -> str:
    """A unified diff of an object as it is and as the dry run answered it; empty when nothing would change.

    Each hunk is headed by the field it is in. At most ``longest`` bytes (UTF-8), with a note when cut.
    """
    before, after = _lines(live), _lines(answer)
    found = list(difflib.unified_diff(before, after, "as it is", "as it would be", lineterm=""))
    return _cut([_headed(found, place, before) for place in range(len(found))], longest)


def _lines(manifest: Manifest) -> list[str]:
    text = yaml.dump(
        redacted(_bare(manifest)),
        Dumper=_Dumper,
        allow_unicode=True,
        width=2**31,
        sort_keys=True,
    )
    return visible(str(text)).splitlines()


def _bare(manifest: Manifest) -> Manifest:
    metadata = {key: value for key, value in manifest.get("metadata", {}).items() if key not in _NOISE}
    annotations = metadata.get("annotations")
    if annotations:
        metadata["annotations"] = {key: value for key, value in annotations.items() if key not in _COPIES}
    rest = {key: value for key, value in manifest.items() if key not in {"metadata", "status"}}
    return {**rest, "metadata": metadata}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as such, and lists indented, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Never without indent."""
        del indentless
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """The same value twice is written twice."""
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text.strip("\n") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _headed(diff: list[str], place: int, before: list[str]) -> str:
    """A line of the diff; ``@@ -12,7 +12,7 @@ spec.template.spec`` also says what its first change is in."""
    hunk = _HUNK.match(diff[place])
    if hunk is None:
        return diff[place]
    unchanged = 0
    while diff[place + 1 + unchanged].startswith(" "):
        unchanged += 1
    changed = diff[place + 1 + unchanged][1:]
    around = _around(before[: max(0, int(hunk[1]) - 1) + unchanged], _indent(changed))
    return f"{diff[place]} {'.'.join(reversed(list(around)))}".rstrip()


def _around(above: list[str], indent: int) -> Iterator[str]:
    """Names of the fields around a line, the innermost first."""
    for line in reversed(above):
        field = _FIELD.match(line)
        if field is not None and field.start(1) < indent:
            indent = field.start(1)
            yield field[1]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _cut(lines: list[str], longest: int) -> str:
    text = "\n".join(lines)
    if len(text.encode()) <= longest:
        return text
    room = longest - len(_note(len(lines)).encode()) - 1
    kept: list[str] = []
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join([*kept, _note(len(lines) - len(kept))])


def _note(lines: int) -> str:
    return f"… {lines} more lines are left out here: see the objects themselves"
