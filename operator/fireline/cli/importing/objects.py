"""The finished object of one imported objective, checked once more as the operator would.

An object that Fireline would refuse is never printed: what a converter did not foresee is left out, and
the operator's own words say why.
"""

from __future__ import annotations

from typing import Any

from fireline.api.plan import Manifest
from fireline.cli.importing.probe import issues_of, manifest
from fireline.cli.importing.source import Field, LeftOut


def finished(
    origin: Field, name: str, metadata: dict[str, Any], labels: dict[str, str], spec: dict[str, Any]
) -> Manifest:
    """The object of the objective written at ``origin``. Raises LeftOut when Fireline would refuse it."""
    found = manifest(name, spec={key: value for key, value in spec.items() if value not in ({}, None)})
    place, notes = metadata.get("namespace"), metadata.get("annotations")
    known = {"namespace": place, "labels": labels, "annotations": notes}
    found["metadata"] |= {key: value for key, value in known.items() if value}
    issues = issues_of(found)
    if issues:
        raise LeftOut(
            origin,
            f"Fireline would refuse the result: {'; '.join(map(str, issues))}",
            "write the objective by hand",
        )
    return found
