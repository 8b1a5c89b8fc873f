"""What people see of a change: short, and without anything that looks like a secret.

Statuses, Events, logs and diffs are read by more people than the objects they tell about. A value is told by
the first 8 hex digits of its sha256, which shows *that* it changes, when its name or its looks say that it is
a secret (see ``secrets``)::

    shown_path(change, live=None) -> {"path": …, "before": …, "after": …}    # for status.plan.paths, records
    shown(path, value, live=None) -> str
    redacted(value, name="") -> the same JSON with secrets replaced
"""

from __future__ import annotations

import json
from typing import Any

from fireline.api.plan import Manifest
from fireline.api.visible import visible
from fireline.mitigation.model import ABSENT, Kept, PathChange, Value
from fireline.mitigation.pointer import get, join, parse
from fireline.mitigation.secrets import fingerprint, is_about, is_secret_name, without_secrets

LONGEST = 2048
"""Characters of one value, as the schema of ``ShownPath`` has it."""


def shown_path(change: PathChange, live: Manifest | None = None) -> dict[str, str]:
    """One changed field as the status shows it. ``live``, when it is at hand, tells the names of the entries
    of lists, such as those of environment variables."""
    return {
        "path": change.path,
        "before": shown(change.path, change.before, live),
        "after": shown(change.path, change.after, live),
    }


def shown(path: str, value: Value | Kept, live: Manifest | None = None) -> str:
    """One value as JSON, at most 2048 characters; ``(absent)`` and ``(sha256:…, kept in …)`` in words."""
    if value is ABSENT:
        return "(absent)"
    if isinstance(value, Kept):
        return cut(f"({value.hash[:15]}…, kept in {value.source})")
    text = json.dumps(redacted(value, _name_of(path, live)), ensure_ascii=False, sort_keys=True)
    return cut(visible(text))


def redacted(value: Any, name: str = "") -> Any:
    """A JSON value with the secrets in it replaced by fingerprints. ``name``: what the value is called."""
    if is_secret_name(name):
        return _hidden(value)
    if isinstance(value, dict):
        named = value.get("name")
        # An environment variable, or anything else that is written as name and value.
        pair = str(named) if isinstance(named, str) and "value" in value else ""
        return {
            key: redacted(inner, pair if key == "value" and is_secret_name(pair) else str(key))
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [redacted(inner, name) for inner in value]
    return without_secrets(value, name) if isinstance(value, str) else value


def cut(text: str, longest: int = LONGEST) -> str:
    """The beginning of a text, with how much is left out."""
    if len(text) <= longest:
        return text
    note = f"… ({len(text)} characters)"
    return text[: longest - len(note)] + note


def _hidden(value: Any) -> Any:
    """All texts and numbers of a secret by their fingerprints; its shape stays, and where it is kept."""
    if isinstance(value, dict):
        return {
            key: redacted(inner, str(key)) if is_about(str(key)) else _hidden(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_hidden(inner) for inner in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    return fingerprint(value if isinstance(value, str) else json.dumps(value))


def _name_of(path: str, live: Manifest | None) -> str:
    """What the value at a place is called: the innermost name that says that it is secret, or the last."""
    tokens = parse(path)
    names = [token for token in tokens if not token.isdigit()]
    if tokens and tokens[-1] == "value" and live is not None:
        named = get(live, join(*tokens[:-1], "name"))
        names += [named] if isinstance(named, str) else []
    secret = next((name for name in reversed(names) if is_secret_name(name)), None)
    return secret or (names[-1] if names else "")
