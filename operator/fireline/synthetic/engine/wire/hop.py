"""One request of an HTTP step as it goes out, and the one that follows a redirect.

Pure: from what a step says to method, URL, headers and bytes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlencode

import httpx

from fireline.synthetic.engine.answer import TargetError
from fireline.synthetic.engine.wire.agent import AGENT
from fireline.synthetic.engine.wire.body import CODINGS
from fireline.synthetic.engine.wire.requests import Body, FormBody, HttpRequest, JsonBody

REDIRECTS = frozenset({301, 302, 303, 307, 308})
Headers = dict[str, tuple[bytes, bytes]]
"""Name and value as they are sent, by the lower-case name."""
_DEFAULTS = {"Accept": "*/*", "Accept-Encoding": CODINGS, "User-Agent": AGENT}
_TRAVELS = frozenset({b"accept", b"accept-encoding", b"accept-language", b"user-agent"})
"""Headers that go along to another origin; all others may be credentials, whatever their name."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
_FRAMING = frozenset(
    {"content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "upgrade"}
)
"""What says how a message travels is ours to say."""
_BODY_HEADERS = frozenset({b"content-type", b"content-encoding", b"content-language"})


@dataclass(frozen=True, slots=True)
class Hop:
    """A request ready to be sent."""

    method: str
    url: httpx.URL
    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes | None = None

    @property
    def told(self) -> str:
        """Method and URL for people: without credentials, query and fragment."""
        return f"{self.method} {told(self.url)}"


def told(url: httpx.URL) -> str:
    """An URL without credentials, query and fragment."""
    return str(url.copy_with(username="", password="", query=None, fragment=None))


def first(request: HttpRequest) -> Hop:
    """The request a step makes. Raises TargetError (InvalidRequest); no value is in its message."""
    if not _TOKEN.fullmatch(request.method) or request.method == "CONNECT":
        raise TargetError("InvalidRequest", f"{request.method[:20]!r} is no method for a request")
    url = _url(request.url)
    if request.query:
        url = url.copy_merge_params(dict(request.query))
    headers = _headers(request)
    content = _content(request.body, headers)
    _authorize(request, url, headers)
    bare = url.copy_with(username="", password="", fragment=None)
    return Hop(request.method, bare, tuple(headers.values()), content)


def after(hop: Hop, *, status: int, location: str) -> Hop:
    """The request a redirect asks for.

    As browsers do: 303 becomes GET, 301 and 302 turn POST into GET, 307 and 308 repeat the request. Another
    origin gets no header of the step's own. Raises TargetError (RedirectRefused).
    """
    url = _joined(hop, location)
    if url.scheme not in {"http", "https"} or not url.host:
        raise TargetError(
            "RedirectRefused", f"{hop.told}: redirected to what is no HTTP ({url.scheme[:20]}:)"
        )
    if hop.url.scheme == "https" and url.scheme == "http":
        raise TargetError("RedirectRefused", f"{hop.told}: redirected from https to http, to {told(url)}")
    becomes_get = (status == 303 and hop.method != "HEAD") or (status in {301, 302} and hop.method == "POST")
    content = None if becomes_get else hop.content
    abroad = _origin(url) != _origin(hop.url)
    if abroad and content is not None:
        raise TargetError(
            "RedirectRefused",
            f"{hop.told}: redirected with its body to another origin, {told(url)}: "
            "if that is meant, make it the step's url",
        )
    headers = tuple(
        (name, value)
        for name, value in hop.headers
        if (name.lower() in _TRAVELS or not abroad)
        and (content is not None or name.lower() not in _BODY_HEADERS)
    )
    return Hop("GET" if becomes_get else hop.method, url, headers, content)


def _url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text.strip())
        fine = url.scheme in {"http", "https"} and bool(url.host) and 0 < (url.port or 1) < 65536
    except (httpx.InvalidURL, ValueError):
        fine = False  # the error repeats a part of the URL, which may be a password
    if not fine:
        raise TargetError(
            "InvalidRequest", "the url is not of the form http://host/path or https://host/path"
        )
    return url


def _joined(hop: Hop, location: str) -> httpx.URL:
    try:
        url = hop.url.join(location)
        return url.copy_with(username="", password="", fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise TargetError("RedirectRefused", f"{hop.told}: redirected to what is no URL") from error


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _headers(request: HttpRequest) -> Headers:
    """The headers by their lower-case names: ours, then the step's."""
    found = {name.lower(): (name.encode(), value.encode()) for name, value in _DEFAULTS.items()}
    for name, text in request.headers.items():
        value = text.strip().encode()
        if not _TOKEN.fullmatch(name):
            raise TargetError("InvalidRequest", f"{name[:60]!r} is no name for a header")
        if not _VALUE.fullmatch(value):
            raise TargetError(
                "InvalidRequest", f"the value of header {name} holds a line break or a control character"
            )
        found[name.lower()] = (name.encode(), value)
    return {name: found[name] for name in found if name not in _FRAMING}


def _content(body: Body | None, headers: Headers) -> bytes | None:
    if body is None:
        return None
    if isinstance(body, FormBody):
        headers.setdefault("content-type", (b"Content-Type", b"application/x-www-form-urlencoded"))
        return urlencode(body.fields).encode()
    if isinstance(body, JsonBody):
        headers.setdefault("content-type", (b"Content-Type", b"application/json"))
        try:
            return json.dumps(body.value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        except (TypeError, ValueError) as error:
            raise TargetError("InvalidRequest", "json holds a value that JSON cannot say") from error
    return body.text.encode()


def _authorize(request: HttpRequest, url: httpx.URL, headers: Headers) -> None:
    """Basic credentials of the step, else of the URL; a header of the step's own goes before both."""
    if request.basic_auth is not None:
        user, password = request.basic_auth.username, request.basic_auth.password
    elif url.userinfo:
        user, _, password = (unquote(part) for part in url.userinfo.decode("ascii").partition(":"))
    else:
        return
    basic = httpx.BasicAuth(user, password)
    flow = basic.auth_flow(httpx.Request("GET", "http://unused"))
    headers.setdefault("authorization", (b"Authorization", next(flow).headers["Authorization"].encode()))
