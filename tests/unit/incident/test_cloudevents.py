"""Facts as CloudEvents: the standard where there is one, types of our own for the rest."""

from __future__ import annotations

import pytest
from tests.unit.incident.story import sight, told, whole_story

from fireline.incident.cloudevents import Origin, event

ORIGIN = Origin("fireline", "production")
MANDATORY = {"specversion", "id", "source", "type"}
"""What CloudEvents 1.0 asks for."""
CONTENT = {"environment"}, {"description", "environment", "service", "artifactId"}
TICKET = CONTENT[0] | {"ticketURI"}, CONTENT[1] | {"ticketURI"}
CDEVENTS = {
    "detected": CONTENT,
    "reported": TICKET,
    "resolved": CONTENT,
}
"""What the incident events 0.3.0 of CDEvents 0.5.0 must have in ``subject.content``, and what they may."""
DATA = {"context", "subject"}, {"context", "subject", "customData", "customDataContentType"}
CONTEXT = (
    {"specversion", "id", "source", "type", "timestamp"},
    {"specversion", "id", "source", "type", "timestamp", "schemaUri", "chainId", "links"},
)
SUBJECT = {"id", "content"}, {"id", "source", "content"}
REFERENCE = {"id"}, {"id", "source"}


def events(incident, origin=ORIGIN):
    return [
        event(fact, incident, namespace="shop", name="checkout", origin=origin) for fact in incident["facts"]
    ]


def of_type(found, type_):
    return next(one for one in found if one["type"] == type_)


def with_ticket(ticket="https://tickets/7"):
    (begun,) = told(sight(0.5, "PageFast"))
    notes = {f"incidents.fireline.dev/{begun['id']}.ticket": ticket}
    return told(sight(2, "PageFast", notes=notes), old=[begun])[0]


def test_every_fact_is_one_event_with_an_id_of_its_own():
    (incident,) = whole_story()
    found = events(incident)
    assert all(one.keys() >= MANDATORY for one in found)
    assert [one["id"] for one in found] == [f"{incident['id']}/{fact['seq']}" for fact in incident["facts"]]
    assert {one["subject"] for one in found} == {incident["id"]}
    assert events(incident) == found


@pytest.mark.parametrize("predicate", ["detected", "resolved"])
def test_detection_and_end_are_cdevents_with_all_that_is_mandatory(predicate):
    (incident,) = whole_story()
    one = of_type(events(incident), f"dev.cdevents.incident.{predicate}.0.3.0")
    context, subject = one["data"]["context"], one["data"]["subject"]
    assert context == {
        "specversion": "0.5.0",
        "id": one["id"],
        "source": one["source"],
        "type": one["type"],
        "timestamp": one["time"],
    }
    assert subject["id"] == incident["id"]
    assert subject["content"]["environment"] == {"id": "production"}
    assert subject["content"]["service"]["id"] == "checkout"
    assert subject.keys() == {"id", "source", "content"}
    assert one["data"]["customData"]["fact"]["type"] == f"incident.{predicate}"


@pytest.mark.parametrize("predicate", CDEVENTS)
def test_a_cdevent_has_every_field_the_released_schema_asks_for_and_no_other(predicate):
    (incident,) = whole_story()
    found = [*events(incident), *events(with_ticket())]
    data = of_type(found, f"dev.cdevents.incident.{predicate}.0.3.0")["data"]
    subject = data["subject"]
    content = subject["content"]
    for one, (must, may) in (
        (data, DATA),
        (data["context"], CONTEXT),
        (subject, SUBJECT),
        (content, CDEVENTS[predicate]),
        (content["environment"], REFERENCE),
        (content["service"], REFERENCE),
    ):
        assert must <= one.keys() <= may
        assert all(value for name, value in one.items() if name in must)


def test_a_ticket_is_reported_with_its_address():
    one = of_type(events(with_ticket()), "dev.cdevents.incident.reported.0.3.0")
    assert one["data"]["subject"]["content"]["ticketURI"] == "https://tickets/7"


def test_a_ticket_without_an_address_is_told_in_a_type_of_our_own():
    one = of_type(events(with_ticket("PAY-7")), "dev.fireline.incident.reported")
    assert one["data"]["fact"]["data"] == {"ticketURI": "PAY-7"}


def test_the_rest_has_types_of_our_own():
    (incident,) = whole_story()
    one = of_type(events(incident), "dev.fireline.mitigation.approved")
    assert one["data"]["fact"]["actor"] == "alice"
    assert one["data"]["slo"] == {"namespace": "shop", "name": "checkout"}
    assert "facts" not in one["data"]["incident"]


def test_without_another_word_the_environment_is_the_namespace():
    (incident,) = whole_story()
    one = events(incident, Origin("fireline"))[0]
    assert one["data"]["subject"]["content"]["environment"] == {"id": "shop"}
