"""The checker of notification templates: what it accepts, what it refuses, and its words."""

from __future__ import annotations

import pytest
from tests.unit.alerting.template_cases import BAD, BAD_HTML, GOOD, GOOD_HTML, STRICTER, STRICTER_HTML

from fireline.alerting.templates import check_template


@pytest.mark.parametrize("text", GOOD)
def test_templates_that_can_be_sent_are_accepted(text: str) -> None:
    assert check_template(text) is None


@pytest.mark.parametrize("text", [*BAD, *STRICTER])
def test_templates_that_fail_when_a_message_is_sent_are_refused(text: str) -> None:
    assert check_template(text) is not None


WORDS = {
    "Alert\n{{ .CommonLabels.alertname | toUper }}": (
        "line 2, column 30: there is no function toUper; did you mean toUpper?"
    ),
    "{{ .CommonAnotations.summary }}": (
        "line 1, column 4: the notification has no field CommonAnotations; did you mean CommonAnnotations?"
        " (there are Alerts, CommonAnnotations, CommonLabels, ExternalURL, GroupLabels, Receiver, Status)"
    ),
    "{{ if .Alerts }}x": "line 1, column 1: if has no end; close it with {{ end }}",
    "{{ eq .Status 'firing' }}": (
        'line 1, column 15: text stands in double quotes, not in single ones: "firing"'
    ),
    "{{ .CommonLabels.team-name }}": (
        "line 1, column 22: '-' cannot stand right behind '.team'; write"
        ' (index .CommonLabels "name-with-dash") for a name with other characters'
    ),
    "{{ toJson . }}": (
        "line 1, column 4: the function toJson needs Alertmanager 0.30, and 0.28 must understand this too"
    ),
    '{{ join .CommonLabels.Values " " }}': (
        "line 1, column 4: join needs text, found a list of texts; for example"
        ' {{ .CommonLabels.Values | join ", " }}'
    ),
    '{{ template "slack.default.titel" . }}': (
        "line 1, column 1: there is no template 'slack.default.titel'; did you mean slack.default.title?"
    ),
}


@pytest.mark.parametrize(("text", "words"), WORDS.items())
def test_the_words_name_the_place_the_fault_and_the_way_out(text: str, words: str) -> None:
    assert check_template(text) == words


@pytest.mark.parametrize("text", GOOD_HTML)
def test_html_with_values_between_tags_and_in_quoted_attributes_is_accepted(text: str) -> None:
    assert check_template(text, html=True) is None


@pytest.mark.parametrize("text", [*BAD_HTML, *STRICTER_HTML])
def test_html_whose_values_cannot_be_escaped_is_refused(text: str) -> None:
    assert check_template(text, html=True) is not None


def test_markup_does_not_matter_in_plain_text() -> None:
    assert check_template("<b {{ .Status }}>x") is None
