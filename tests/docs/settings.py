"""Writes docs/reference/settings.md from ``fireline.settings``: ``python -m tests.docs.settings``.

The descriptions are the docstrings of the fields, so there is one text to keep true. A test compares
the file with what this module would write.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fireline.settings import (
    Alertmanager,
    CheckSettings,
    EventSink,
    IncidentSettings,
    LeaseSettings,
    MitigationSettings,
    Settings,
    Source,
    TierDefaults,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
NESTED = {
    "sources": Source,
    "alertmanagers": Alertmanager,
    "tiers": TierDefaults,
    "checks": CheckSettings,
    "mitigations": MitigationSettings,
    "incidents": IncidentSettings,
    "incidents.events": EventSink,
    "lease": LeaseSettings,
}
"""Fields that hold settings of their own, each with a table."""
_NAMES = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    Path: "file",
    dict: "map",
    tuple: "list",
}
_HEAD = """\
# Settings of the operator

<!-- Written by `python -m tests.docs.settings`; edit the docstrings in operator/fireline/settings.py. -->

`fireline run` reads, the first wins: its flags (`fireline run --help`), environment variables
`FIRELINE_<NAME>`, and the YAML file named by `FIRELINE_CONFIG`. Lists and maps are JSON in the
environment, and one nested field can be set alone: `FIRELINE_LEASE__DURATION_SECONDS=30`. A name that is
not listed here is refused in the file; a value that does not fit ends the operator with the reason.

```yaml
# fireline.yaml
copied_labels: [release, team]
sources:
  default:
    urls: ["http://prometheus-operated.monitoring:9090"]
    rule_labels: {release: kube-prometheus-stack}
```

"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD, _table(Settings)]
    for name, model in NESTED.items():
        each = f"`{name}.<name>`" if name in {"sources", "alertmanagers", "tiers"} else f"`{name}`"
        about = (inspect.getdoc(model) or "").replace("``", "`")
        parts.append(f"\n## {each}\n{about}\n\n{_table(model)}")
    return "".join(parts)


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The docstring below each field, on one line. Pydantic would read them too, at every start."""
    said: dict[str, str] = {}
    for one in reversed(model.__mro__):  # what a class says anew wins over what it inherits
        if issubclass(one, BaseModel) and one.__module__.startswith("fireline."):
            (found,) = ast.parse(inspect.getsource(one)).body
            assert isinstance(found, ast.ClassDef)
            said |= dict(_documented(found.body))
    return {name: said[name] for name in model.model_fields if name in said}


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                yield name, " ".join(words.replace("``", "`").split())


def _table(model: type[BaseModel]) -> str:
    said = descriptions(model)
    rows = [
        f"| `{name}` | {_type(field)} | {_default(name, field)} | {said[name]} |\n"
        for name, field in _own_first(model)
    ]
    return "| name | is | default | means |\n|---|---|---|---|\n" + "".join(rows)


def _own_first(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The fields the class declares itself, then those it shares with others."""
    own = list(vars(model)["__annotations__"])
    shared = [name for name in model.model_fields if name not in own]
    yield from ((name, model.model_fields[name]) for name in (*own, *shared) if name in model.model_fields)


def _type(field: FieldInfo) -> str:
    wanted = field.annotation
    if type(None) in get_args(wanted):
        (wanted,) = (one for one in get_args(wanted) if one is not type(None))
    if get_origin(wanted) is Annotated:
        wanted = get_args(wanted)[0]
    if get_origin(wanted) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(wanted))
    kind = get_origin(wanted) or wanted
    return "section" if wanted in NESTED.values() else _NAMES[kind]


def _default(name: str, field: FieldInfo) -> str:
    if name in NESTED:
        return "see below"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "see below"
    if value is None:
        return "not set"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
