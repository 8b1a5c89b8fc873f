"""Where an AlertmanagerConfig comes from, and what its parts are called once they are merged.

Used by every file of this package. Secrets are never read: a reference becomes a placeholder that says
which key of which Secret stands there, and that ``amtool check-config`` accepts in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from fireline.api.plan import Manifest

TLS_FOLDER = "/etc/alertmanager/certs"
"""Where prometheus-operator mounts certificates into Alertmanager's pods."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One AlertmanagerConfig by namespace and name."""

    namespace: str
    name: str

    @classmethod
    def of(cls, config: Manifest) -> Self:
        """The origin that an object's metadata names; an object of a file may lack a namespace."""
        metadata = config.get("metadata") or {}
        return cls(str(metadata.get("namespace") or "default"), str(metadata.get("name") or ""))

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    def prefixed(self, name: str | None) -> str:
        """What a receiver or a time interval is called in Alertmanager; nothing stays nothing."""
        return f"{self.namespace}/{self.name}/{name}" if name else ""

    def secret(self, reference: Any) -> str | None:
        """The placeholder of one key of a Secret; None without a reference."""
        if not isinstance(reference, dict):
            return None
        return f"<secret {self.namespace}/{reference.get('name', '')} key {reference.get('key', '')}>"

    def secret_url(self, reference: Any) -> str | None:
        """The same where only a URL is valid. ``.invalid`` is reserved, nothing can be sent to it."""
        if not isinstance(reference, dict):
            return None
        parts = (self.namespace, str(reference.get("name", "")), str(reference.get("key", "")))
        return "https://secret.invalid/" + "/".join(quote(part, safe="") for part in parts)

    def secret_or_config_map(self, reference: Any) -> str | None:
        """The placeholder of a key of a Secret or a ConfigMap, which may hold what is no secret."""
        if not isinstance(reference, dict):
            return None
        if isinstance(reference.get("secret"), dict):
            return self.secret(reference["secret"])
        found = reference.get("configMap")
        if not isinstance(found, dict):
            return None
        return f"<configmap {self.namespace}/{found.get('name', '')} key {found.get('key', '')}>"

    def certificate(self, reference: Any) -> str | None:
        """The file that holds a certificate or key: its name is made of where it came from."""
        if not isinstance(reference, dict):
            return None
        for number, kind in enumerate(("secret", "configMap")):
            found = reference.get(kind)
            if isinstance(found, dict):
                name, key = found.get("name", ""), found.get("key", "")
                return f"{TLS_FOLDER}/{number}_{self.namespace}_{name}_{key}"
        return None
