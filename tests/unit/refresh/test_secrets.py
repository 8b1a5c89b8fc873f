"""What is said of the values of Secrets that policies name, and what never is."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from fireline.alerting.situation import SecretAt
from fireline.errors import NotFound
from fireline.refresh.secrets import look

VALUES = {
    "url": "https://hooks.example/T0/s3cr3t",
    "line": "https://hooks.example/T0/s3cr3t\n",
    "words": "s3cr3t words",
    "broken": "https://hooks.example/%zz",
    "blank": "https://hooks.example/a b",
    "empty": "  \n",
}


async def get(namespace: str, name: str) -> dict[str, Any]:
    if name != "hooks":
        raise NotFound(f"secrets {name} not found", status=404)
    assert namespace == "shop"
    return {"data": {key: base64.b64encode(text.encode()).decode() for key, text in VALUES.items()}}


def seen(key: str, holds: str, *, name: str = "hooks") -> tuple[str, str]:
    one = SecretAt("shop", name, key, "spec.receivers[0].msteams.webhookURLSecret", "hooks", holds)
    found = asyncio.run(look(get, [one]))["shop", name, key]
    return found.state, found.words


@pytest.mark.parametrize(
    ("key", "holds", "state"),
    [
        ("url", "URL", "Found"),
        ("url", "ExactURL", "Found"),
        ("line", "URL", "Found"),
        ("line", "ExactURL", "Unusable"),
        ("words", "Text", "Found"),
        ("words", "URL", "Unusable"),
        ("words", "ExactURL", "Unusable"),
        ("broken", "URL", "Unusable"),
        ("blank", "URL", "Unusable"),
        ("empty", "Text", "Unusable"),
        ("absent", "Text", "NoKey"),
    ],
)
def test_a_value_is_judged_by_what_the_receiver_needs_and_never_shown(key: str, holds: str, state: str):
    found, words = seen(key, holds)

    assert found == state
    assert "s3cr3t" not in words


def test_a_line_break_after_a_teams_url_is_told_apart():
    assert seen("line", "ExactURL")[1] == (
        "key line of Secret hooks must hold nothing but the URL, and has a space or line break around it;"
        " write it with printf instead of echo"
    )


def test_a_missing_secret_is_named():
    assert seen("url", "URL", name="other") == ("NoSecret", "there is no Secret other in namespace shop")
