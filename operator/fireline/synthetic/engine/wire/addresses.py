"""`host:port` as people write it, and as it is told to them."""

from __future__ import annotations

import re

from fireline.synthetic.engine.answer import TargetError

_ADDRESS = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s:/@\[\]\x00-\x20\x7f]+))(?::(?P<port>[0-9]{1,5}))?"
)
_BARE_V6 = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def split(address: str, *, default_port: int | None = None) -> tuple[str, int]:
    """Host (without brackets) and port of `db:5432`, `192.0.2.1:53`, `[2001:db8::1]:443`.

    Raises TargetError (InvalidRequest), also for a missing port when there is no default.
    """
    if default_port is not None and _BARE_V6.fullmatch(address):
        return address, default_port
    match = _ADDRESS.fullmatch(address.strip())
    if match is None:
        raise TargetError(
            "InvalidRequest", f"{_told(address)} is no address: write host:port, or [IPv6]:port"
        )
    port = int(match["port"]) if match["port"] else default_port
    if port is None:
        raise TargetError(
            "InvalidRequest", f"{_told(address)} names no port: write {address}:443, for example"
        )
    if not 0 < port < 65536:
        raise TargetError("InvalidRequest", f"{_told(address)} names port {port}: allowed are 1 to 65535")
    return match["v6"] or match["host"], port


def joined(host: str, port: int) -> str:
    """The address of a host and a port, an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _told(address: str) -> str:
    """What was written, unless it may hold a password."""
    return "the address" if "@" in address or len(address) > 300 else repr(address)
