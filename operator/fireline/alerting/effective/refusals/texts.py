"""Forms of text that Go's libraries insist on: URLs and host:port."""

from __future__ import annotations

import re

_URL = re.compile(
    r"(?i:https?)://"
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:%-]*@)?"
    r"(?:\[[0-9A-Fa-f:.]+(?:%25[^\]]*)?\]|[A-Za-z0-9._~!$&'()*+,;=<>\u0080-\U0010ffff-]+)"
    r"(?::[0-9]*)?"
    r"(?P<rest>[/?#].*)?",
    re.DOTALL,
)
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\"\\]")


def is_url(text: str) -> bool:
    """Whether Alertmanager takes it: http or https, a host, no stray percent sign, no control character."""
    found = _URL.fullmatch(text)
    if found is None or _CONTROL.search(text):
        return False
    path, _, _ = (found["rest"] or "").partition("?")
    return not _BAD_PERCENT.search(path)


def host_port(text: str) -> tuple[str, str] | None:
    """Host and port; None when a colon is missing or one too many."""
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not (host.startswith("[") and host.endswith("]"))):
        return None
    return host, port
