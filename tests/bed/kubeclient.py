"""A small synchronous Kubernetes client for tests and the bed itself: JSON in, JSON out.

Tests must see what the server holds without going through the operator's own client, so this one is
separate and does only what tests need.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any, Self

import requests
import yaml

from fireline.api.resources import Resource

Manifest = dict[str, Any]

CONFIG_MAP = Resource("", "v1", "configmaps", "ConfigMap")
SECRET = Resource("", "v1", "secrets", "Secret")
SERVICE_ACCOUNT = Resource("", "v1", "serviceaccounts", "ServiceAccount")
SERVICE = Resource("", "v1", "services", "Service")
CRD = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)
ALERTMANAGER = Resource("monitoring.coreos.com", "v1", "alertmanagers", "Alertmanager")
ALERTMANAGER_CONFIG = Resource(
    "monitoring.coreos.com", "v1alpha1", "alertmanagerconfigs", "AlertmanagerConfig"
)


class ApiError(AssertionError):
    """The API server said no. ``code`` is the HTTP status, ``body`` its Status object."""

    def __init__(self, code: int, body: Manifest) -> None:
        super().__init__(f"{code} {body.get('reason', '')}: {body.get('message', body)}")
        self.code = code
        self.body = body


class KubeClient:
    """Talks to one API server (or a proxy before it). Close it, or use it in a ``with``.

    ``timeout``: seconds without an answer until a call gives up. Threads may share a client.
    """

    def __init__(
        self,
        url: str,
        *,
        ca_file: str | None = None,
        cert: tuple[str, str] | None = None,
        token: str | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.url = url
        self._verify = ca_file
        self._cert = cert
        self._token = token
        self._timeout = timeout
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._kinds: dict[tuple[str, str], Resource] = {}

    def apply(
        self, manifest: Mapping[str, Any], *, manager: str = "test", force: bool = True, subresource: str = ""
    ) -> Manifest:
        """Server-side apply one manifest, of any kind the server knows. Returns the object."""
        resource = self._resource_of(manifest)
        meta = manifest["metadata"]
        return self.request(
            "PATCH",
            _join(path_of(resource, meta.get("namespace"), meta["name"]), subresource),
            body=manifest,
            content_type="application/apply-patch+yaml",
            params={"fieldManager": manager, "force": str(force).lower()},
        )

    def create(self, manifest: Mapping[str, Any], *, params: Mapping[str, str] | None = None) -> Manifest:
        """POST one manifest. Raises ApiError 409 when it exists."""
        resource = self._resource_of(manifest)
        return self.request(
            "POST", path_of(resource, manifest["metadata"].get("namespace")), body=manifest, params=params
        )

    def replace(self, manifest: Mapping[str, Any], *, subresource: str = "") -> Manifest:
        """PUT one manifest."""
        meta = manifest["metadata"]
        path = path_of(self._resource_of(manifest), meta.get("namespace"), meta["name"])
        return self.request("PUT", _join(path, subresource), body=manifest)

    def get(self, resource: Resource, name: str, namespace: str | None = None) -> Manifest:
        """One object. Raises ApiError 404 when it is not there."""
        return self.request("GET", path_of(resource, namespace, name))

    def find(self, resource: Resource, name: str, namespace: str | None = None) -> Manifest | None:
        """One object, or None when it is not there."""
        try:
            return self.get(resource, name, namespace)
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    def list(self, resource: Resource, namespace: str | None = None, *, labels: str = "") -> list[Manifest]:
        """All objects of a kind, of one namespace or of the cluster; ``labels`` is a selector."""
        params = {"labelSelector": labels} if labels else None
        items: list[Manifest] = self.request("GET", path_of(resource, namespace), params=params)["items"]
        return items

    def patch(
        self,
        resource: Resource,
        name: str,
        namespace: str | None,
        patch: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> Manifest:
        """Merge-patch one object."""
        return self.request(
            "PATCH",
            _join(path_of(resource, namespace, name), subresource),
            body=patch,
            content_type="application/merge-patch+json",
        )

    def delete(self, resource: Resource, name: str, namespace: str | None = None) -> None:
        """Delete one object; fine when it is gone already."""
        try:
            self.request("DELETE", path_of(resource, namespace, name))
        except ApiError as error:
            if error.code != 404:
                raise

    def namespace(self, name: str, labels: Mapping[str, str] | None = None) -> str:
        """Create a namespace if it is not there; returns its name."""
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name, "labels": dict(labels or {})},
            }
        )
        return name

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | bytes | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        params: Mapping[str, str] | None = None,
    ) -> Manifest:
        """One call; the answer's JSON. Raises ApiError for codes from 400."""
        data = body if isinstance(body, bytes) or body is None else _json(body)
        answer = self._session().request(
            method,
            f"{self.url}{path}",
            data=data,
            params=params,
            headers={"Accept": accept} | ({} if body is None else {"Content-Type": content_type}),
            timeout=self._timeout,
        )
        found = _decode(answer)
        if answer.status_code >= 400:
            raise ApiError(answer.status_code, found)
        return found

    def close(self) -> None:
        """Close every connection."""
        for session in self._sessions:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.verify = self._verify if self._verify is not None else True
            session.cert = self._cert
            if self._token is not None:
                session.headers["Authorization"] = f"Bearer {self._token}"
            self._local.session = session
            self._sessions.append(session)
        return session

    def _resource_of(self, manifest: Mapping[str, Any]) -> Resource:
        key = (manifest["apiVersion"], manifest["kind"])
        if key not in self._kinds:
            self._kinds.update(_discover(self, manifest["apiVersion"]))
        if key not in self._kinds:
            raise LookupError(f"the API server knows no kind {key[1]} in {key[0]}")
        return self._kinds[key]


def path_of(resource: Resource, namespace: str | None = None, name: str = "") -> str:
    """URL path of an object, or of a collection when ``name`` is empty."""
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    scope = f"/namespaces/{namespace}" if namespace and resource.namespaced else ""
    return _join(f"{root}{scope}/{resource.plural}", name)


def manifests(text: str) -> Iterator[Manifest]:
    """The documents of a YAML text, without the empty ones."""
    for document in yaml.safe_load_all(text):
        if document:
            yield document


def _discover(client: KubeClient, api_version: str) -> dict[tuple[str, str], Resource]:
    group, _, version = api_version.rpartition("/")
    path = f"/apis/{api_version}" if group else f"/api/{version}"
    return {
        (api_version, found["kind"]): Resource(
            group, version, found["name"], found["kind"], namespaced=found["namespaced"]
        )
        for found in client.request("GET", path)["resources"]
        if "/" not in found["name"]
    }


def _join(path: str, last: str) -> str:
    return f"{path}/{last}" if last else path


def _json(body: Mapping[str, Any]) -> bytes:
    # As the operator does: the server reads applied JSON as YAML, which knows no surrogates in escapes.
    return requests.models.complexjson.dumps(body, ensure_ascii=False).encode()


def _decode(answer: requests.Response) -> Manifest:
    try:
        found: Manifest = answer.json()
    except ValueError:
        return {"message": answer.text, "code": answer.status_code}
    return found
