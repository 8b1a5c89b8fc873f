"""Makes the calls that plans ask for, and answers whatever happens.

Called by :mod:`fireline.kube.rounds`. A call to the API server is made as the user it names, by
impersonation: the operator's own rights are never lent to anybody. A ``post`` goes to a webhook, over
connections that have nothing to do with the API server's.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fireline.api.plan import Answer, Call, Manifest
from fireline.api.resources import SECRET, Resource
from fireline.kube import client
from fireline.kube.client import Client
from fireline.kube.discovery import Discovery
from fireline.kube.paths import path_of
from fireline.kube.webhooks import Webhooks

FIELD_MANAGER = "fireline-mitigation"
"""What managedFields say of changes by plans: other than of our own objects, which are ``fireline``'s."""

_WIRE = {
    "get": "get",
    "create": "create",
    "replace": "update",
    "delete": "delete",
    "patch": "json_patch",
}
_STORING = frozenset({"create", "replace", "patch"})


class Calls:
    """One per engine."""

    def __init__(self, client: Client, discovery: Discovery, webhooks: Webhooks) -> None:
        self._client = client
        self._discovery = discovery
        self._webhooks = webhooks

    async def make(self, call: Call) -> Answer:
        """What came of it; see :class:`fireline.api.plan.Answer`. Sent at most once."""
        if call.verb == "post":
            return await self._post(call)
        resource = await self._discovery.find(call.api_version, call.kind)
        if isinstance(resource, Answer):
            return resource
        wrong = _unaddressed(call, resource)
        if wrong:
            return Answer(0, message=wrong, sent=False)
        if call.verb == "list":
            answer = await self._list(call, resource)
        else:
            answer = await self._one(call, resource)
        if answer.status == 404 and answer.body is None:
            self._discovery.forget(call.api_version)  # in plain text: the type itself is gone
        return answer

    async def _one(self, call: Call, resource: Resource) -> Answer:
        body = _delete_options(call) if call.verb == "delete" else call.body
        return await self._client.ask(
            _WIRE[call.verb],
            resource,
            path_of(resource, call.namespace, call.object),
            body=body,
            parameters=_parameters(call),
            user=call.user,
            seconds=call.timeout,
        )

    async def _list(self, call: Call, resource: Resource) -> Answer:
        """All pages as one list, its items with the type that the API server leaves out."""
        path = path_of(resource, call.namespace)
        items: list[Manifest] = []
        parameters = {"limit": str(client.PAGE)}
        while True:
            page = await self._client.ask(
                "list", resource, path, parameters=parameters, user=call.user, seconds=call.timeout
            )
            if not page.ok:
                return page
            typed = {"apiVersion": resource.api_version, "kind": resource.kind}
            items += [typed | one for one in page.body["items"] or ()]
            token = page.body["metadata"].get("continue")
            if not token:
                return replace(page, body={**page.body, "items": items})
            parameters["continue"] = token

    async def _post(self, call: Call) -> Answer:
        if call.secret is None:
            return await self._webhooks.post(call)
        name, key = call.secret
        found = await self._client.ask(
            "get",
            SECRET,
            path_of(SECRET, call.namespace, name),
            user=call.user,
            seconds=call.timeout,
        )
        if not found.ok:
            return Answer(0, message=f"Secret {call.namespace}/{name}: {found.message}", sent=False)
        token = _token(found.body, key)
        if not token:
            wrong = f"Secret {call.namespace}/{name} has no line of text under the key {key}"
            return Answer(0, message=wrong, sent=False)
        return await self._webhooks.post(call, token=token)


def _unaddressed(call: Call, resource: Resource) -> str:
    """What a call lacks to be about one object, or one namespace, and nothing more; empty if nothing."""
    what = f"{call.verb} of {call.kind}"
    if call.verb in {"get", "replace", "delete", "patch"} and not call.object:
        return f"{what} without a name"
    if call.verb != "list" and resource.namespaced and not call.namespace:
        return f"{what} {call.object} without a namespace".replace("  ", " ")
    return ""


def _parameters(call: Call) -> Mapping[str, str]:
    found: dict[str, str] = {}
    if call.verb in _STORING:
        found |= {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
    if call.dry_run:
        found["dryRun"] = "All"
    return found


def _delete_options(call: Call) -> Manifest:
    """All of it in the body: beside one the API server does not look at the parameters."""
    options: Manifest = {"apiVersion": "v1", "kind": "DeleteOptions"}
    if call.uid:
        options["preconditions"] = {"uid": call.uid}
    if call.dry_run:
        options["dryRun"] = ["All"]
    return options


def _token(secret: Any, key: str) -> str:
    """The line under a key of a Secret; empty when there is none that may be a header's value."""
    try:
        text = (
            base64.b64decode((secret.get("data") or {}).get(key, ""), validate=True).decode("ascii").strip()
        )
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text if text.isprintable() else ""
