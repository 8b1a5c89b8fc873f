"""The few Kubernetes API calls the engine makes, as JSON over the connection shared with kopf.

Called by the apply, status, lease, events and resync modules; nothing here decides anything. Every
failure leaves as one of the errors of :mod:`fireline.errors`; only ``ask``, which makes the calls that
plans ask for, answers whatever happens.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import aiohttp

from fireline.api import labels
from fireline.api.plan import Answer, Manifest
from fireline.api.resources import EVENT, Resource
from fireline.api.wire import wire_json
from fireline.errors import ServerUnavailable
from fireline.kube.auth import Connection
from fireline.kube.metrics import Metrics
from fireline.kube.paths import path_of
from fireline.kube.refusals import refusal

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
"""Set per reconcile; sent as ``Audit-ID`` so that the API server's audit log carries it too."""

PAGE = 250
"""Objects per page of a LIST: few enough that a page of large rules is no peak of memory."""
_JSON = "application/json"
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_JSON_PATCH = "application/json-patch+json"
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_UNREACHABLE = (aiohttp.ClientError, TimeoutError, ConnectionError)
_UNCONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Failures before a byte was sent."""
_POD_LOG = Resource("", "v1", "pods/log", "Pod")


class Client:
    """One API server. All methods raise the :class:`fireline.errors.ApiError` family.

    ``timeout`` in seconds covers one request from start to the end of its answer.
    """

    def __init__(self, connection: Connection, metrics: Metrics, *, timeout: float = 30.0) -> None:
        self._connection = connection
        self._metrics = metrics
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def pages(
        self, resource: Resource, *, namespace: str | None = None, selector: str = ""
    ) -> AsyncIterator[Manifest]:
        """The pages of a chunked LIST. A page's ``metadata.resourceVersion`` is the list's own."""
        parameters = {"limit": str(PAGE)}
        if selector:
            parameters["labelSelector"] = selector
        while True:
            page = await self._call("list", resource, path_of(resource, namespace), parameters=parameters)
            yield page
            token = page["metadata"].get("continue")
            if not token:
                return
            parameters["continue"] = token

    async def get(self, resource: Resource, namespace: str, name: str) -> Manifest:
        """One object."""
        return await self._call("get", resource, path_of(resource, namespace, name))

    async def events(self, namespace: str, uid: str, *, reason: str) -> list[Manifest]:
        """Events of one object with this reason, in no order."""
        fields = {"fieldSelector": f"regarding.uid={uid},reason={reason}", "limit": str(PAGE)}
        found = await self._call("list", EVENT, path_of(EVENT, namespace), parameters=fields)
        items: list[Manifest] = found["items"]
        return items

    async def log(self, namespace: str, pod: str, container: str, *, seconds: int, lines: int) -> str:
        """What a container has written in the last ``seconds``, at most the last ``lines`` of it."""
        wanted = {"container": container, "sinceSeconds": str(seconds), "tailLines": str(lines)}
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        return (await self._content("get", _POD_LOG, path, parameters=wanted)).decode(errors="replace")

    async def apply(self, resource: Resource, manifest: Manifest, *, force: bool) -> Manifest:
        """Server-side apply as field manager ``fireline``; returns the object as it is now.

        ``force`` takes over fields of other managers and is only for objects that are ours.
        """
        metadata = manifest["metadata"]
        return await self._call(
            "apply",
            resource,
            path_of(resource, metadata.get("namespace"), metadata["name"]),
            body=manifest,
            parameters={"fieldManager": labels.MANAGER, "force": "true" if force else "false"},
        )

    async def patch_status(
        self, resource: Resource, namespace: str, name: str, *, version: str, patch: Mapping[str, Any]
    ) -> Manifest:
        """JSON merge patch of ``status``; returns the object as it is now.

        ``version`` is the resourceVersion the status was planned from: Conflict when the object has
        changed since, or was made anew. (A uid would not do, this subresource ignores it.)
        """
        return await self._call(
            "patch_status",
            resource,
            path_of(resource, namespace, name, "status"),
            body={"metadata": {"resourceVersion": version}, "status": patch},
            parameters={"fieldManager": labels.MANAGER},
        )

    async def patch_finalizers(
        self, resource: Resource, namespace: str, name: str, *, version: str, finalizers: Sequence[str]
    ) -> Manifest:
        """JSON merge patch of ``metadata.finalizers``, the whole list; returns the object as it is now.

        Conflict when the object has changed since ``version``.
        """
        return await self._call(
            "patch",
            resource,
            path_of(resource, namespace, name),
            body={"metadata": {"resourceVersion": version, "finalizers": list(finalizers)}},
            parameters={"fieldManager": labels.MANAGER},
        )

    async def ask(
        self,
        verb: str,
        resource: Resource,
        path: str,
        *,
        body: Any = None,
        parameters: Mapping[str, str] | None = None,
        user: str = "",
        seconds: float,
    ) -> Answer:
        """One request, sent once, as ``user`` (empty: the operator itself), and what came of it.

        ``seconds`` may pass until the end of the answer. One that cannot be read counts as none: status 0.
        """
        try:
            code, headers, content = await self._exchange(
                verb, resource, path, body=body, parameters=parameters, user=user, seconds=seconds
            )
        except ServerUnavailable as error:
            return Answer(0, message=str(error), sent=not isinstance(error.__cause__, _UNCONNECTED))
        try:
            found = json.loads(content)
        except ValueError as error:
            if code < 300:
                return Answer(0, message=f"The API server gave no usable answer: {error}")
            found = None
        if code < 300:
            return Answer(code, found)
        return Answer(code, found, str(refusal(code, headers, content, verb=verb, resource=resource)))

    async def delete(self, resource: Resource, namespace: str, name: str, *, uid: str) -> None:
        """Delete exactly the object with this uid."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        await self._call("delete", resource, path_of(resource, namespace, name), body=options)

    async def create(self, resource: Resource, manifest: Manifest) -> Manifest:
        """POST a new object; Conflict when it exists."""
        namespace = manifest["metadata"].get("namespace")
        return await self._call("create", resource, path_of(resource, namespace), body=manifest)

    async def create_event(self, manifest: Manifest) -> None:
        """Post one events.k8s.io/v1 Event."""
        await self.create(EVENT, manifest)

    async def replace(self, resource: Resource, manifest: Manifest) -> Manifest:
        """PUT an object; Conflict when its resourceVersion is not the newest."""
        metadata = manifest["metadata"]
        path = path_of(resource, metadata.get("namespace"), metadata["name"])
        return await self._call("update", resource, path, body=manifest)

    async def _call(
        self,
        verb: str,
        resource: Resource,
        path: str,
        *,
        body: Manifest | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Manifest:
        content = await self._content(verb, resource, path, body=body, parameters=parameters)
        try:
            answer: Manifest = json.loads(content)
        except json.JSONDecodeError as error:
            raise ServerUnavailable(f"The API server gave no usable answer: {error}") from error
        return answer

    async def _content(
        self,
        verb: str,
        resource: Resource,
        path: str,
        *,
        body: Manifest | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> bytes:
        code, headers, content = await self._exchange(verb, resource, path, body=body, parameters=parameters)
        if code >= 400:
            raise refusal(code, headers, content, verb=verb, resource=resource)
        return content

    async def _exchange(
        self,
        verb: str,
        resource: Resource,
        path: str,
        *,
        body: Any,
        parameters: Mapping[str, str] | None,
        user: str = "",
        seconds: float | None = None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of an answer. Raises ServerUnavailable when there is none.

        With ``seconds`` of its own a request is sent once and redirects are answers.
        """
        method, content_type = _WIRE[verb]
        started = time.perf_counter()
        code = 0
        try:
            async with self._connection.session.request(
                method,
                self._connection.server + path,
                params=parameters,
                data=None if body is None else encoded(body),
                headers=_headers(content_type, user),
                timeout=self._timeout if seconds is None else aiohttp.ClientTimeout(total=seconds),
                allow_redirects=seconds is None,
                middlewares=None if seconds is None else (*self._connection.middlewares, _once),
            ) as response:
                code = response.status
                return code, response.headers, await response.read()
        except _UNREACHABLE as error:
            said = str(error) or type(error).__name__
            raise ServerUnavailable(f"The API server gave no usable answer: {said}", status=code) from error
        finally:
            self._metrics.api_call(verb, resource.plural, code, time.perf_counter() - started)


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp sends a PUT or DELETE a second time when its connection breaks; whether the first one was
    carried out is for the planner to find out."""
    try:
        return await handler(request)
    except _UNCONNECTED:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientError(str(error) or "the connection broke") from error


_WIRE = {
    "list": ("GET", _JSON),
    "get": ("GET", _JSON),
    "apply": ("PATCH", _APPLY),
    "patch_status": ("PATCH", _MERGE),
    "patch": ("PATCH", _MERGE),
    "json_patch": ("PATCH", _JSON_PATCH),
    "delete": ("DELETE", _JSON),
    "create": ("POST", _JSON),
    "update": ("PUT", _JSON),
}


def encoded(body: Any) -> bytes:
    """JSON that a YAML parser reads as the same: server-side apply is parsed as YAML.

    YAML knows no surrogate pairs and refuses some characters JSON lets pass, so astral characters go
    out as they are and those go out escaped. A JSON patch (a list) goes out as the server itself writes
    JSON, because its tests compare bytes.
    """
    if isinstance(body, list):
        return wire_json(body).encode()
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _headers(content_type: str, user: str) -> dict[str, str]:
    found = {"Content-Type": content_type, "Accept": _JSON}
    current = correlation_id.get()
    if current:
        found["Audit-ID"] = current
    if user:
        found["Impersonate-User"] = user
    return found
