"""What the API server's refusals mean, as errors the engine can act on.

Called by the client only. The server's own message is kept: it is what a person needs to read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fireline.api.resources import Resource
from fireline.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServerUnavailable,
    TooManyRequests,
)

NAMESPACE_TERMINATING = "NamespaceTerminating"
NAMESPACE_MISSING = "NamespaceMissing"
RESOURCE_MISSING = "ResourceMissing"
DEFAULT_RETRY_AFTER = 1.0

_RBAC_VERBS = {"apply": "patch", "patch_status": "patch", "json_patch": "patch"}
_CANNOT = re.compile(r"cannot (\w+) resource")
_BY_CODE: dict[int, type[ApiError]] = {
    400: Invalid,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: Invalid,
}


def refusal(
    code: int, headers: Mapping[str, str], content: bytes, *, verb: str, resource: Resource
) -> ApiError:
    """The error for an answer with HTTP status ``code`` ≥ 400."""
    status = _status(content)
    reason = str(status.get("reason", ""))
    message = str(status.get("message") or content[:300].decode(errors="replace").strip() or f"HTTP {code}")
    cause = _cause(code, status)
    if code == 429:
        return TooManyRequests(message, retry_after=_retry_after(headers, status), reason=reason)
    if code >= 500:
        return ServerUnavailable(message, status=code, reason=reason)
    if code == 403 and cause != NAMESPACE_TERMINATING:
        message = f"{_lacking(message, verb)} on {rbac_resource(verb, resource)} is forbidden: {message}"
    return _BY_CODE.get(code, ApiError)(message, status=code, reason=reason, cause=cause)


def rbac_verb(verb: str) -> str:
    """The verb an RBAC rule must name for a call of the client."""
    return _RBAC_VERBS.get(verb, verb)


def _lacking(message: str, verb: str) -> str:
    """The verb that is missing: an apply that would create the object needs more than ``patch``."""
    said = _CANNOT.search(message)
    return said[1] if said else rbac_verb(verb)


def rbac_resource(verb: str, resource: Resource) -> str:
    """The resource an RBAC rule must name, with its subresource and group."""
    plural = f"{resource.plural}/status" if verb == "patch_status" else resource.plural
    return f"{plural}.{resource.group}" if resource.group else plural


def _status(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("kind") == "Status" else {}


def _cause(code: int, status: Mapping[str, Any]) -> str:
    """A missing resource type answers 404 in plain text; a missing namespace names its kind."""
    details = status.get("details") or {}
    if code == 404 and not status:
        return RESOURCE_MISSING
    if code == 404 and details.get("kind") == "namespaces":
        return NAMESPACE_MISSING
    for cause in details.get("causes") or ():
        return str(cause.get("reason", ""))
    return ""


def _retry_after(headers: Mapping[str, str], status: Mapping[str, Any]) -> float:
    said = headers.get("Retry-After") or (status.get("details") or {}).get("retryAfterSeconds")
    try:
        return max(0.0, float(said)) if said else DEFAULT_RETRY_AFTER
    except ValueError:
        return DEFAULT_RETRY_AFTER
