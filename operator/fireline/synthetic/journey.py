"""What a pod is told to do: the spec without what only the operator needs, as JSON. Pure.

Read by :mod:`fireline.synthetic.engine.journey`, in the pod, in the prober and on a laptop. Values of
secrets are never in it: the pod gets them as environment variables that name the Secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from fireline.api.synthetic_check import SecretKeyRef, Spec, Variable
from fireline.api.synthetic_step import ACTIONS

ENV = "FIRELINE_CHECK"
"""Environment variable of the journey."""
_ENV_PREFIX = "FIRELINE_VAR_"
_FREE = frozenset({"headers", "query", "form", "json", "variables", "equals"})
"""Maps of any keys."""
MAX_BYTES = 96 * 1024
"""Linux allows 128 KiB for one environment variable."""


def journey(spec: Spec, *, namespace: str, name: str, refuse: Sequence[str]) -> dict[str, Any]:
    """The journey of a spec with steps. ``refuse``: networks it may not reach."""
    told: dict[str, Any] = {
        "check": name,
        "namespace": namespace,
        "location": spec.location,
        "timeout": spec.timeout,
        "cleanupTimeout": spec.cleanup_timeout,
        "retries": _plain(spec.retries),
        "variables": [_variable(one) for one in spec.variables or ()],
        **{
            part: [_plain(one) for one in getattr(spec, part) or ()] for part in ("steps", "cleanup", "sweep")
        },
    }
    # A journey without a word on networks would mean those that the engine refuses by itself.
    return {key: value for key, value in told.items() if value not in (None, [])} | {"refuse": list(refuse)}


def env_name(variable: str) -> str:
    """The environment variable of a secret variable: ``FIRELINE_VAR_API_TOKEN`` for ``api_token``."""
    return _ENV_PREFIX + re.sub(r"[^A-Z0-9]", "_", variable.upper())


def secret_variables(variables: Iterable[Variable]) -> list[tuple[str, SecretKeyRef]]:
    """Names of those whose values are in Secrets, and where."""
    return [(one.name, one.secret_key_ref) for one in variables if one.secret_key_ref is not None]


def _variable(one: Variable) -> dict[str, Any]:
    if one.secret_key_ref is not None:
        return {"name": one.name, "env": env_name(one.name)}
    return {"name": one.name, "value": one.value}


def _plain(model: Any) -> dict[str, Any]:
    found: dict[str, Any] = model.model_dump(by_alias=True, exclude_none=True)
    return {
        key: _in_order(value) if key in ACTIONS or key == "assert" else value for key, value in found.items()
    }


def _in_order(value: Any) -> Any:
    """With the keys of maps that users fill in order, as the API server returns them: a file is then told
    in the same bytes."""
    if isinstance(value, dict):
        return {key: _sorted(inner) if key in _FREE else _in_order(inner) for key, inner in value.items()}
    return [_in_order(inner) for inner in value] if isinstance(value, list) else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value
