"""A step with its variables replaced, as what the wire is asked for, and as the line evidence begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fireline.synthetic.engine.journey import EXPRESSIONS, Step
from fireline.synthetic.engine.wire.requests import (
    BasicAuth,
    Body,
    DnsRequest,
    FormBody,
    GraphqlRequest,
    GrpcHealthRequest,
    HttpRequest,
    JsonBody,
    TcpRequest,
    TextBody,
    TlsOptions,
    TlsRequest,
)
from fireline.synthetic.template import replaced_in

Request = HttpRequest | GraphqlRequest | TcpRequest | DnsRequest | GrpcHealthRequest | TlsRequest


def request_of(step: Step, values: Mapping[str, str]) -> Request:
    """What the wire is asked for. Raises UndefinedVariable."""
    said = {
        key: value if key in EXPRESSIONS else replaced_in(value, values) for key, value in step.action.items()
    }
    said = {key: value for key, value in said.items() if value is not None}
    match step.kind:
        case "http":
            return _http(said)
        case "graphql":
            return _graphql(said)
        case "tcp":
            return TcpRequest(**_given(said, "address", "send", "expect"))
        case "dns":
            return DnsRequest(**_given(said, "name", "type", "server"))
        case "grpcHealth":
            options = _tls(said["tls"]) if "tls" in said else None
            return GrpcHealthRequest(tls=options, **_given(said, "address", "service"))
        case "tls":
            return TlsRequest(tls=_tls(said), **_given(said, "address"))


def first_line(request: Request) -> str:
    """What was asked, in one line; with its secrets, for a redactor to remove."""
    match request:
        case HttpRequest():
            query = ("&" if "?" in request.url else "?") + urlencode(request.query) if request.query else ""
            return f"{request.method} {request.url}{query}"
        case GraphqlRequest():
            operation = f" (operation {request.operation_name})" if request.operation_name else ""
            return f"POST {request.url}{operation}"
        case TcpRequest():
            return f"TCP {request.address}"
        case DnsRequest():
            server = f" @{request.server}" if request.server else ""
            return f"DNS {request.type} {request.name}{server}"
        case GrpcHealthRequest():
            service = f" of {request.service}" if request.service else ""
            return f"gRPC health{service} at {request.address}"
        case TlsRequest():
            name = f" as {request.tls.server_name}" if request.tls.server_name else ""
            return f"TLS {request.address}{name}"


def _http(said: Mapping[str, Any]) -> HttpRequest:
    auth = said.get("basicAuth")
    return HttpRequest(
        body=_body(said),
        basic_auth=BasicAuth(auth["username"], auth["password"]) if auth else None,
        follow_redirects=bool(said.get("followRedirects")),
        tls=_tls(said.get("tls")),
        **_given(said, "url", "method", "headers", "query"),
    )


def _graphql(said: Mapping[str, Any]) -> GraphqlRequest:
    return GraphqlRequest(
        operation_name=said.get("operationName", ""),
        tls=_tls(said.get("tls")),
        **_given(said, "url", "query", "variables", "headers"),
    )


def _body(said: Mapping[str, Any]) -> Body | None:
    if "json" in said:
        return JsonBody(said["json"])
    if "body" in said:
        return TextBody(said["body"])
    return FormBody(said["form"]) if "form" in said else None


def _tls(said: Mapping[str, Any] | None) -> TlsOptions:
    said = said or {}
    return TlsOptions(
        server_name=said.get("serverName") or "",
        insecure_skip_verify=bool(said.get("insecureSkipVerify")),
        ca=said.get("ca") or "",
    )


def _given(said: Mapping[str, Any], *names: str) -> dict[str, Any]:
    given = {name: said[name] for name in names if name in said}
    return given | {"ip_family": said.get("ipFamily", "Auto")}
