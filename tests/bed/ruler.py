"""A double of the configuration API of Mimir's ruler, for Mimir itself cannot be built here.

As strict as the real one, or stricter, where a client could be wrong: the tenant, the content type, one
group per request in the fields a rule group may have, promtool's verdict on the rules, the limits of a
tenant, protected namespaces, names escaped in the path. What it answers is spelled as Mimir spells it:
other durations than were sent, other orders of fields, 202 and 404 with Mimir's words.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import yaml

from tests.bed.toolchain import Tools

PREFIX = "/prometheus/config/v1/rules"
_GROUP_FIELDS = {"name", "interval", "rules", "limit", "query_offset", "source_tenants", "labels"}
_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_SECONDS = dict(_UNITS)


@dataclass
class Limits:
    """Of one tenant; Mimir's own defaults. ``protected``: namespaces nobody may change."""

    rules_per_group: int = 20
    groups: int = 70
    protected: frozenset[str] = frozenset()


@dataclass
class RulerDouble:
    """Runs in threads. ``stored``: tenant → namespace → group name → group, as sent; ``calls``: what came."""

    tools: Tools
    limits: Limits = field(default_factory=Limits)
    stored: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                double._serve(self)

            def do_POST(self) -> None:
                double._serve(self)

            def do_DELETE(self) -> None:
                double._serve(self)

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="ruler")
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def writes(self) -> list[str]:
        """Requests that change something, as ``POST fireline-shop/slo-a``; forgets them."""
        found = [call for call in self.calls if not call.startswith("GET")]
        self.calls.clear()
        return found

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        path = urlsplit(request.path).path
        status, text = self._answer(request.command, path, request.headers, b"".join(_body(request)))
        payload = text.encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(payload)))
        request.end_headers()
        request.wfile.write(payload)

    def _answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, str]:
        parts = [unquote(part) for part in path.removeprefix(PREFIX).split("/")[1:]]
        if not path.startswith(f"{PREFIX}/") or not 1 <= len(parts) <= 2:
            return 404, "404 page not found\n"
        tenant = headers.get("X-Scope-OrgID")
        if not tenant or not re.fullmatch(r"[A-Za-z0-9!\-_.*'()]{1,150}", tenant):
            return 401, "no org id\n"
        namespaces = self.stored.setdefault(tenant, {})
        if method == "GET":
            self.calls.append(f"GET {parts[0]}")
            return _listed(parts[0], namespaces)
        if parts[0] in self.limits.protected:
            return 403, "namespace is protected, no modification allowed\n"
        if method == "DELETE" and len(parts) == 2:
            self.calls.append(f"DELETE {'/'.join(parts)}")
            return _deleted(parts, namespaces)
        if method == "POST" and len(parts) == 1:
            return self._stored(parts[0], namespaces, headers, body)
        return 405, ""

    def _stored(
        self, namespace: str, namespaces: dict[str, dict[str, Any]], headers: Any, body: bytes
    ) -> tuple[int, str]:
        if headers.get("Content-Type") != "application/yaml":
            return 415, "Content-Type must be application/yaml\n"
        try:
            group = yaml.safe_load(body)
        except yaml.YAMLError:
            return 400, "unable to decoded rule group\n"
        if not isinstance(group, dict) or not group.get("name") or not group.keys() <= _GROUP_FIELDS:
            return 400, "unable to decoded rule group\n"
        self.calls.append(f"POST {namespace}/{group['name']}")
        count = len(group.get("rules") or ())
        if not count:
            return 400, f"invalid rules configuration: rule group '{group['name']}' has no rules\n"
        if wrong := self._promtool(group):
            return 400, wrong
        if count > self.limits.rules_per_group:
            limit = f"(limit: {self.limits.rules_per_group} actual: {count})"
            return 400, f"per-user rules per rule group limit {limit} exceeded\n"
        groups = sum(map(len, namespaces.values())) + (group["name"] not in namespaces.get(namespace, {}))
        if groups > self.limits.groups:
            return (
                400,
                f"per-user rule groups limit (limit: {self.limits.groups} actual: {groups}) exceeded\n",
            )
        namespaces.setdefault(namespace, {})[group["name"]] = group
        return 202, json.dumps({"status": "success", "data": None, "errorType": "", "error": ""})

    def _promtool(self, group: Mapping[str, Any]) -> str:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "rules.yaml"
            file.write_text(yaml.safe_dump({"groups": [group]}))
            done = subprocess.run(
                [self.tools.path("promtool"), "check", "rules", str(file)],
                capture_output=True,
                text=True,
                check=False,
            )
        return "" if done.returncode == 0 else done.stdout + done.stderr


def _body(request: BaseHTTPRequestHandler) -> Iterator[bytes]:
    """The body, in pieces if it comes so: a proxy does not know its length."""
    if request.headers.get("Transfer-Encoding") != "chunked":
        yield request.rfile.read(int(request.headers.get("Content-Length", 0)))
        return
    while size := int(request.rfile.readline(), 16):
        yield request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()


def _listed(namespace: str, namespaces: Mapping[str, Mapping[str, Any]]) -> tuple[int, str]:
    groups = namespaces.get(namespace)
    if not groups:
        return 404, "no rule groups found\n"
    return 200, yaml.safe_dump({namespace: [_as_mimir_prints(group) for group in groups.values()]})


def _deleted(parts: list[str], namespaces: Mapping[str, dict[str, Any]]) -> tuple[int, str]:
    gone = namespaces.get(parts[0], {}).pop(parts[1], None)
    return (404, "group does not exist\n") if gone is None else (202, json.dumps({"status": "success"}))


def _as_mimir_prints(group: Mapping[str, Any]) -> dict[str, Any]:
    """Durations in Go's spelling (7d is 1w, 60s is 1m), and nothing that is empty."""

    def rule(fields: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in fields.items() if value}
        return {
            name: _spelled(value) if name in {"for", "keep_firing_for"} else value
            for name, value in kept.items()
        }

    return {**group, "interval": _spelled(group["interval"]), "rules": [rule(one) for one in group["rules"]]}


def _spelled(duration: str) -> str:
    rest = sum(int(count) * _SECONDS[unit] for count, unit in re.findall(r"(\d+)([wdhms])", duration))
    parts = []
    for unit, size in _UNITS:
        # Go prints weeks and days only when nothing is left over.
        if rest >= size and (unit not in {"w", "d"} or rest % size == 0):
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return "".join(parts)
