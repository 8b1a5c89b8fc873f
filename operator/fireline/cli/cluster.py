"""How commands reach a cluster: through the kubeconfig, without the operator's machinery.

Used by ``status``, ``explain`` and ``report``, which only read, and by ``test-alert`` and ``mitigations``,
which set annotations. The ``kubernetes`` package knows kubeconfig files, exec plugins and OIDC; it is
imported only when a server is really asked.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import click

from fireline import __version__
from fireline.api.resources import Resource
from fireline.api.visible import make_visible
from fireline.errors import ApiError, ServerUnavailable

Manifest = dict[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])

SECONDS = (5.0, 30.0)
"""Time to connect, and time to answer."""
_PAGE = 500
_METHODS = {"get": "GET", "list": "GET", "patch": "PATCH", "create": "POST", "delete": "DELETE"}
_CONTENT = {"patch": "application/merge-patch+json", "create": "application/json"}
_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class Unreachable(click.ClickException):
    """The server cannot be asked, or does not let this user ask: exit code 2, in words and without usage.

    ``missing``: it does not know the kind. ``forbidden``: this user may not read it.
    """

    exit_code = 2

    def __init__(self, message: str, *, missing: bool = False, forbidden: bool = False) -> None:
        super().__init__(message)
        self.missing = missing
        self.forbidden = forbidden


def cluster_options(command: Command) -> Command:
    """The options of every command that asks a cluster; as kubectl has them."""
    file = click.option(
        "--kubeconfig",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Default: KUBECONFIG, the pod's service account, ~/.kube/config.",
    )
    context = click.option("--context", help="Context of the kubeconfig. Default: its current one.")
    return file(context(command))


class Cluster:
    """One API server. ``namespace`` is the one the kubeconfig's context names, else ``default``."""

    def __init__(self, api: Any, namespace: str) -> None:
        self._api = api
        self.namespace = namespace

    @classmethod
    def connect(cls, kubeconfig: Path | None, context: str | None) -> Self:
        """A cluster as kubectl would choose it. Raises Unreachable when there is no way to one."""
        from kubernetes import config  # noqa: PLC0415 - heavy: offline use must not pay for it
        from kubernetes.client import ApiClient, Configuration  # noqa: PLC0415 - likewise
        from yaml import YAMLError  # noqa: PLC0415 - likewise

        found = Configuration()
        found.retries = False  # the library would log each attempt; a person repeats the command
        file = str(kubeconfig) if kubeconfig else os.environ.get("KUBECONFIG") or None
        try:
            # The library leaves its loaders untyped.
            if file is None and context is None and os.environ.get("KUBERNETES_SERVICE_HOST"):
                config.load_incluster_config(client_configuration=found)  # type: ignore[no-untyped-call]
                namespace = _POD_NAMESPACE.read_text(encoding="utf-8").strip()
            else:
                config.load_kube_config(  # type: ignore[no-untyped-call]
                    config_file=file, context=context, client_configuration=found
                )
                namespace = _namespace(config.list_kube_config_contexts(file), context)  # type: ignore[no-untyped-call]
        except (config.ConfigException, YAMLError, OSError, TypeError, ValueError) as error:
            said = str(error).rstrip(".")
            raise Unreachable(
                f"no way to a cluster: {said}. Name a kubeconfig with --kubeconfig or KUBECONFIG, and one of "
                "its contexts with --context."
            ) from error
        api = ApiClient(found)
        api.set_default_header("User-Agent", f"fireline-cli/{__version__}")  # type: ignore[no-untyped-call]
        return cls(api, namespace)

    @property
    def server(self) -> str:
        """The API server's URL."""
        return str(self._api.configuration.host)

    def get(self, resource: Resource, namespace: str, name: str) -> Manifest:
        """One object. Raises the ApiError family."""
        return self._ask("get", resource, namespace, name)

    def list(
        self, resource: Resource, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> list[Manifest]:
        """All objects of a kind, of one namespace or of the cluster, narrowed by label and field selectors.

        Raises the ApiError family.
        """
        found: list[Manifest] = []
        asked = {"limit": str(_PAGE), "labelSelector": labels, "fieldSelector": fields}
        while True:
            page = self._ask("list", resource, namespace, **asked)
            found += page.get("items", ())
            token = page.get("metadata", {}).get("continue")
            if not token:
                return found
            asked["continue"] = token

    def annotate(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        annotations: Mapping[str, str | None],
        *,
        version: str = "",
    ) -> Manifest:
        """Sets annotations of one object, and removes those that are None. Raises the ApiError family.

        ``version``: Conflict unless the object still has this resourceVersion.
        """
        metadata: Manifest = {"annotations": dict(annotations)}
        if version:
            metadata["resourceVersion"] = version
        return self.patch(resource, namespace, name, {"metadata": metadata})

    def patch(self, resource: Resource, namespace: str, name: str, body: Manifest) -> Manifest:
        """Merges into one object. Raises the ApiError family."""
        return self._call("patch", resource, namespace, name, body=body)

    def create(self, resource: Resource, namespace: str | None, body: Manifest) -> Manifest:
        """A new object, or a question that is asked by creating one. Raises the ApiError family."""
        whole = {"apiVersion": resource.api_version, "kind": resource.kind, **body}
        return self._call("create", resource, namespace, body=whole)

    def delete(self, resource: Resource, namespace: str, name: str) -> None:
        """Removes one object. Raises the ApiError family."""
        self._call("delete", resource, namespace, name)

    def _ask(
        self, verb: str, resource: Resource, namespace: str | None, name: str = "", **parameters: str
    ) -> Manifest:
        return self._call(verb, resource, namespace, name, parameters=parameters)

    def _call(
        self,
        verb: str,
        resource: Resource,
        namespace: str | None,
        name: str = "",
        *,
        parameters: Mapping[str, str] | None = None,
        body: Manifest | None = None,
    ) -> Manifest:
        from kubernetes.client import ApiException  # noqa: PLC0415 - heavy: offline use must not pay for it
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with the kubernetes package

        from fireline.kube.paths import path_of  # noqa: PLC0415 - the CLI must list its commands cheaply
        from fireline.kube.refusals import refusal  # noqa: PLC0415 - likewise

        headers = {"Accept": "application/json"}
        asked = self._api.param_serialize(
            _METHODS[verb],
            path_of(resource, namespace, name),
            query_params=[(key, value) for key, value in (parameters or {}).items() if value],
            header_params=headers if body is None else headers | {"Content-Type": _CONTENT[verb]},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = self._api.call_api(*asked, _request_timeout=SECONDS)
            content = answer.read()
        except (HTTPError, OSError) as error:
            raise ServerUnavailable(f"{self.server} cannot be reached: {_innermost(error)}") from error
        except ApiException as error:  # what the library makes of certificates that do not fit
            raise ServerUnavailable(f"{self.server} cannot be reached: {_tls(error.reason)}") from error
        if answer.status >= 400:
            raise refusal(answer.status, answer.headers, content, verb=verb, resource=resource)
        try:
            document = json.loads(content)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ServerUnavailable(
                f"{self.server} is no Kubernetes API server: its answer is no JSON object"
            )
        make_visible(document)
        return document

    def close(self) -> None:
        """Close every connection."""
        self._api.rest_client.pool_manager.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def asking(resource: Resource) -> Iterator[None]:
    """Turns what a server says to a question about ``resource`` into words that end the command."""
    from fireline.kube.refusals import RESOURCE_MISSING  # noqa: PLC0415 - only when something is asked

    try:
        yield
    except ApiError as error:
        words = str(error)
        if error.cause == RESOURCE_MISSING:
            words = (
                f"this cluster does not know {resource.crd_name}: install Fireline there "
                "(kubectl apply -f crds/), or choose another one with --context"
            )
        elif error.status == 401:
            words = f"the credentials of the kubeconfig are not accepted: {error}"
        missing = error.cause == RESOURCE_MISSING
        raise Unreachable(words, missing=missing, forbidden=error.status == 403) from error


def _namespace(contexts: tuple[Any, Any], wanted: str | None) -> str:
    """The namespace of a context, from what the library lists: (all, current)."""
    listed, current = contexts
    chosen = next((one for one in listed if one["name"] == wanted), current) if wanted else current
    return str(chosen.get("context", {}).get("namespace") or "default")


def _innermost(error: BaseException) -> str:
    """The cause a person can act on (``Connection refused``), not the layers around it."""
    while True:
        inner = getattr(error, "reason", None) or error.__cause__
        if not isinstance(inner, BaseException):
            said = (isinstance(error, OSError) and error.strerror) or str(error).rpartition(": ")[2]
            return said.partition("] ")[2] or said or type(error).__name__
        error = inner


def _tls(reason: str | None) -> str:
    """What is wrong with certificates, on one line and without the place in OpenSSL's source."""
    said = " ".join((reason or "").removeprefix("SSLError").split()) or "TLS failed"
    return re.sub(r" ?\(_ssl\.c:\d+\)", "", said)
