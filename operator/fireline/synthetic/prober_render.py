"""Checks of a namespace and location → the Deployment that runs them, and its ConfigMaps. Pure.

All of it follows from the *entries*: one text for each check, which the ConfigMaps hold as a file for the
prober (:mod:`fireline.synthetic.engine.prober`). A changed journey therefore changes a ConfigMap only,
which the kubelet brings to the running pod; the pod is replaced for another image, another place to run,
or other Secrets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from fireline.api import labels
from fireline.api.plan import Key, Manifest
from fireline.api.resources import CONFIG_MAP, DEPLOYMENT
from fireline.api.stamp import labels_of
from fireline.api.strings import zero_or_seconds
from fireline.api.synthetic_check import SecretKeyRef
from fireline.settings import CheckSettings
from fireline.synthetic.journey import journey, secret_variables
from fireline.synthetic.model import Check
from fireline.synthetic.render import USER

KIND = "Prober"
DEFAULT = "default"
"""Name of the prober for checks without a location, which those of location ``default`` share."""
SUFFIX = ".json"
JOURNEYS = "/fireline/journeys"
SECRETS = "/fireline/secrets"
_NAME = "fireline-prober"
CONTAINER = "prober"
_MOST_BYTES = 700 * 1024
"""Of one ConfigMap, which may hold 1 MiB together with what the API server notes about each of its keys."""
_MOUNTED = 8
"""So many ConfigMaps are mounted from the start, there or not, so that more checks need no other pod."""
_GRACE_STEP = 60
_FINISHING = 30
"""Seconds for runs that are under way when the prober is asked to end, beside the longest cleanup."""
_REQUESTS = {"cpu": "100m", "memory": "128Mi"}
_LIMITS = {"memory": "512Mi"}


def key_of(namespace: str, location: str | None) -> Key:
    """The key of the prober that runs the checks of a location."""
    return Key(KIND, namespace, location or DEFAULT)


def file_of(check: str) -> str:
    """Name of the file with the entry of a check."""
    return f"{check}{SUFFIX}"


def _check_of(file: str) -> str:
    return file.removesuffix(SUFFIX)


def entry(check: Check, settings: CheckSettings, *, uid: str) -> str:
    """What the prober must know of one check, as JSON."""
    told = journey(check.spec, namespace=check.namespace, name=check.name, refuse=settings.refuse)
    secrets = secret_variables(check.spec.variables or ())
    placement = check.spec.placement.model_dump(by_alias=True, exclude_none=True)
    known: dict[str, Any] = {
        "uid": uid,
        "schedule": check.timing.text,
        "journey": told,
        "secrets": {name: _path(ref) for name, ref in secrets if not _impossible(ref)},
        "placement": placement,
    }
    kept = {name: value for name, value in known.items() if value != {}}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


def render_prober(
    key: Key, entries: Mapping[str, str], settings: CheckSettings, *, instance: str
) -> tuple[Manifest, ...]:
    """The Deployment, then the ConfigMaps. ``entries``: by file name, at least one."""
    shards = _shards(entries)
    config_maps = [_config_map(key, number, shard) for number, shard in enumerate(shards) if shard]
    mounted = max(_MOUNTED, len(shards))
    pod_template = _template(key, entries, settings, instance=instance, mounted=mounted)
    deployment: Manifest = {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.kind,
        "metadata": {"name": name_of(key), "namespace": key.namespace, "labels": _location(key)},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},  # two at a time would run each journey twice
            "revisionHistoryLimit": 2,
            "selector": {"matchLabels": _selector(key, instance)},
            "template": pod_template,
        },
    }
    return (deployment, *config_maps)


def name_of(key: Key) -> str:
    """Name of the Deployment of a prober."""
    return _NAME if key.name == DEFAULT else f"{_NAME}-{key.name}"


def _location(key: Key) -> dict[str, str]:
    return {} if key.name == DEFAULT else {labels.LOCATION: key.name}


def _selector(key: Key, instance: str) -> dict[str, str]:
    """Cannot be changed later. Pods of Jobs have another owner kind."""
    return {labels.OWNER_KIND: key.kind, labels.OWNER_NAME: key.name, labels.INSTANCE: instance}


def _config_map_name(key: Key, number: int) -> str:
    return f"{name_of(key)}-journeys-{number}"


def _config_map(key: Key, number: int, data: Mapping[str, str]) -> Manifest:
    return {
        "apiVersion": CONFIG_MAP.api_version,
        "kind": CONFIG_MAP.kind,
        "metadata": {
            "name": _config_map_name(key, number),
            "namespace": key.namespace,
            "labels": _location(key),
        },
        "data": dict(data),
    }


def _shards(entries: Mapping[str, str]) -> list[dict[str, str]]:
    """The entries in as many parts as are needed, twice as many each time: most then stay where they are."""
    count = 1
    while True:
        shards: list[dict[str, str]] = [{} for _ in range(count)]
        for name in sorted(entries):
            shards[_place(name) % count][name] = entries[name]
        if all(_size(shard) <= _MOST_BYTES or len(shard) == 1 for shard in shards):
            return shards
        count *= 2


def _place(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:4])


def _size(shard: Mapping[str, str]) -> int:
    return sum(len(name) + len(text.encode()) for name, text in shard.items())


def _template(
    key: Key, entries: Mapping[str, str], settings: CheckSettings, *, instance: str, mounted: int
) -> Manifest:
    found = [json.loads(entries[name]) for name in sorted(entries, key=_check_of)]
    return {
        "metadata": {"labels": _location(key) | labels_of(key, None, instance)},
        "spec": _pod(key, found, settings, mounted=mounted),
    }


def _pod(key: Key, entries: list[Manifest], settings: CheckSettings, *, mounted: int) -> Manifest:
    placement = entries[0].get("placement", {})
    journeys = [
        {"configMap": {"name": _config_map_name(key, number), "optional": True}} for number in range(mounted)
    ]
    secrets, grace = _secrets(entries), _grace(entries)
    volumes: list[Manifest] = [{"name": "journeys", "projected": {"sources": journeys}}]
    if secrets:
        volumes.append({"name": "secrets", "projected": {"sources": secrets, "defaultMode": 0o440}})
    pod: Manifest = {
        "terminationGracePeriodSeconds": grace,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(settings, secrets=bool(secrets), grace=grace)],
        "volumes": volumes,
        "imagePullSecrets": [{"name": name} for name in settings.image_pull_secrets],
        "nodeSelector": placement.get("nodeSelector"),
        "tolerations": placement.get("tolerations"),
    }
    return {name: value for name, value in pod.items() if value not in (None, [], {})}


def _container(settings: CheckSettings, *, secrets: bool, grace: int) -> Manifest:
    port = settings.prober_port
    mounts = {"journeys": JOURNEYS} | ({"secrets": SECRETS} if secrets else {})
    healthy = {"httpGet": {"path": "/healthz", "port": port, "scheme": "HTTP"}, "timeoutSeconds": 5}
    return {
        "name": CONTAINER,
        "image": settings.image or "",
        "imagePullPolicy": settings.image_pull_policy,
        "command": [
            "python3",
            "-m",
            "fireline.synthetic.engine.prober",
            f"--journeys={JOURNEYS}",
            f"--secrets={SECRETS}",
            f"--port={port}",
            f"--grace={grace}",
        ],
        "ports": [{"name": "results", "containerPort": port, "protocol": "TCP"}],
        "readinessProbe": {**healthy, "periodSeconds": 5},
        "livenessProbe": {**healthy, "periodSeconds": 10, "failureThreshold": 6},
        "resources": {"requests": dict(_REQUESTS), "limits": dict(_LIMITS)},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": name, "mountPath": path, "readOnly": True} for name, path in mounts.items()
        ],
    }


def _secrets(entries: Iterable[Manifest]) -> list[Manifest]:
    """Each Secret with the keys that checks name, and no other; missing ones stop nobody else."""
    keys: dict[str, set[str]] = {}
    for one in entries:
        for path in one.get("secrets", {}).values():
            secret, _, key = path.partition("/")
            keys.setdefault(secret, set()).add(key)
    return [
        {
            "secret": {
                "name": secret,
                "items": [{"key": key, "path": f"{secret}/{key}"} for key in sorted(keys[secret])],
                "optional": True,
            }
        }
        for secret in sorted(keys)
    ]


def _path(ref: SecretKeyRef) -> str:
    """Where the prober finds the value, below the directory of all secrets."""
    return f"{ref.name}/{ref.key}"


def _impossible(ref: SecretKeyRef) -> bool:
    """No Secret has such a key, but the API server would refuse the whole pod for it."""
    return ref.key == "." or ref.key.startswith("..")


def _grace(entries: Iterable[Manifest]) -> int:
    """Time for runs that are under way and the longest cleanup; in steps, as a change restarts the pod."""
    longest = max(zero_or_seconds(one["journey"].get("cleanupTimeout", "0s")) for one in entries)
    return -(-(longest + _FINISHING) // _GRACE_STEP) * _GRACE_STEP
