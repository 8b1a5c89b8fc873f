"""Whatever is recorded fits into the schema: the API server would drop, or refuse, anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.golden.postmortem_files import in_one_region, little_known
from tests.unit.incident.story import (
    SEEN,
    a_check,
    a_mitigation,
    alert,
    sight,
    text,
    told,
    whole_story,
)

from fireline.api.crd import slo_crd

SCHEMA = slo_crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"][
    "incidents"
]


TYPES = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}


def misfits(value: Any, schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Paths of what the schema has no place for."""
    if type(value) is not TYPES[schema["type"]]:
        yield f"{at}: no {schema['type']}"
    elif isinstance(value, str):
        if len(value) > schema.get("maxLength", len(value)) or value not in schema.get("enum", [value]):
            yield f"{at}: {value[:20]}"
    elif isinstance(value, list | dict):
        if len(value) > schema.get("maxItems", schema.get("maxProperties", len(value))):
            yield f"{at}: too many"
        yield from _inside(value, schema, at)


def _inside(value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from misfits(one, schema["items"], f"{at}[{number}]")
        return
    yield from (f"{at}.{name}: missing" for name in set(schema.get("required", ())) - value.keys())
    for name, one in value.items():
        known = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
        yield from misfits(one, known, f"{at}.{name}") if known else [f"{at}.{name}: unknown"]


def test_every_story_fits():
    for incidents in (whole_story(), in_one_region(), little_known(), told(sight(1, "PageFast"), sight(9))):
        assert list(misfits(incidents, SCHEMA)) == []


def test_what_does_not_fit_is_noticed():
    (incident,) = whole_story()
    wrong = {
        **incident,
        "state": "Gone",
        "cause": "x",
        "facts": [{**incident["facts"][0], "summary": "x" * 600}],
    }
    assert len(list(misfits([wrong], SCHEMA))) == 3


LONG = st.text(max_size=3000)


@settings(max_examples=60, deadline=None)
@given(LONG, LONG, LONG, st.lists(LONG, max_size=12))
def test_texts_of_users_and_servers_are_cut_to_fit(words, actor, tier, groups):
    check = a_check((1, "failure"), step=words[:128], message=words, reason=words[:128])
    first_aid = a_mitigation(
        {"minute": 1, "phase": "Approved", "reason": "x", "actor": actor or "a", "message": words},
        needsHuman={"reason": "Contested", "message": words, "since": text(2)},
    )
    seen = sight(
        3,
        alert(tier="PageFast"),
        checks=(check,),
        mitigations=(first_aid,),
        worst=tuple((group, 0.5) for group in groups),
        notes={"incidents.fireline.dev/inc-ed0fdd4562.ticket": words + tier},
    )
    seen = replace(seen, subject=replace(seen.subject, grouped=True))
    (begun,) = told(seen)
    gathered = {begun["id"]: replace(SEEN, document={**SEEN.document, "groups": ["region=eu"]})}
    incidents = told(replace(seen, gathered=gathered), old=[begun])
    assert list(misfits(incidents, SCHEMA)) == []
