"""Links from templates, and how what was gathered becomes part of the record."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.incident.story import BEGAN, SEEN, a_check, sight, told, types

from fireline.incident.evidence import document, links

SECONDS = int(BEGAN.timestamp())
VALUES = {"namespace": "shop", "slo": "checkout", "service": "pay/v1 & co"}


def urls(template, *traces):
    return [one["url"] for one in links({"x": template}, VALUES, started=BEGAN, traces=traces)]


def test_names_are_filled_in_and_cannot_leave_their_place():
    assert urls("https://x/?s={service}&n={namespace}/{slo}") == [
        "https://x/?s=pay%2Fv1%20%26%20co&n=shop/checkout"
    ]


def test_times_reach_half_an_hour_to_both_sides():
    begin, end = SECONDS - 1800, SECONDS + 1800
    assert urls("https://x/{from}/{to}/{from_s}/{to_s}") == [f"https://x/{begin}000/{end}000/{begin}/{end}"]
    assert urls("https://x/{from_time}") == ["https://x/2026-11-22T11%3A30%3A00Z"]


def test_there_is_a_link_for_each_trace_and_none_without_any():
    assert urls("https://x/{trace_id}", "abc12345", "def67890") == [
        "https://x/abc12345",
        "https://x/def67890",
    ]
    assert urls("https://x/{trace_id}") == []


def test_an_address_that_is_too_long_is_left_out():
    assert urls("https://x/" + "y" * 2000) == []


def test_what_is_known_without_asking_is_added():
    check = a_check((-2, "success"), (1, "failure"), step="pay", message="found 500")
    found = document(SEEN, burn={"5m": 120.04, "1h": 0.44}, checks=[check, a_check((1, "success"), name="b")])
    assert found["burnRates"] == [{"window": "5m", "value": "120.0"}, {"window": "1h", "value": "0.4"}]
    assert found["failedRun"] == {
        "check": "checkout-flow",
        "outcome": "failure",
        "step": "pay",
        "message": "found 500",
        "at": "2026-11-22T12:01:00Z",
    }


def test_burn_rates_of_the_page_win_over_those_the_status_knew_before():
    found = document(replace(SEEN, burn={"5m": 90.0}), burn={"6h": 0.2, "5m": 0.0}, checks=[])
    assert found["burnRates"] == [{"window": "5m", "value": "90.0"}, {"window": "6h", "value": "0.2"}]


def test_evidence_is_taken_once_and_stays():
    (begun,) = told(sight(0.5, "PageFast"))
    other = SEEN.__class__({"at": "2026-11-22T12:09:00Z"})
    first, second = {begun["id"]: SEEN}, {begun["id"]: other}
    incidents = told(sight(2, "PageFast", gathered=first), sight(3, "PageFast", gathered=second), old=[begun])
    assert incidents[0]["evidence"]["at"] == SEEN.document["at"]
    assert types(incidents[0]).count("evidence.gathered") == 1


def test_evidence_of_another_incident_is_none_of_this_one():
    assert "evidence" not in told(sight(0.5, "PageFast", gathered={"inc-0000000000": SEEN}))[0]
