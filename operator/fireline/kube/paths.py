"""Where objects live on an API server. Used by the engine's client and by the command line's."""

from __future__ import annotations

from urllib.parse import quote

from fireline.api.resources import Resource


def path_of(resource: Resource, namespace: str | None, name: str = "", subresource: str = "") -> str:
    """The URL path of a collection or an object."""
    parts = ["apis", resource.group, resource.version] if resource.group else ["api", resource.version]
    if resource.namespaced and namespace:
        parts += ["namespaces", namespace]
    parts += [part for part in (resource.plural, name, subresource) if part]
    return "/" + "/".join(quote(part, safe="") for part in parts)
