"""Text of others for the eyes of a person: what moves a cursor, hides, or turns what stands beside it shows
as an escape. Who approves a change must read what is there, and a terminal obeys whatever it is told.

Used for plans in a status, and by the CLI for all that a cluster says.
"""

from __future__ import annotations

import json
import re
from typing import Any

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but for tab and line feed
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # invisible, or of direction
    "\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with escapes as in JSON, so that JSON in it stays JSON."""
    if text.isprintable():  # nearly all are
        return text
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def make_visible(document: Any) -> None:
    """Makes all texts in a JSON object or list :func:`visible`, however deep; changes it."""
    left = [document]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            for name in [name for name in node if not name.isprintable()]:
                node[visible(name)] = node.pop(name)
        for place, inner in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(inner, str):
                node[place] = visible(inner)
            elif isinstance(inner, dict | list):
                left.append(inner)
