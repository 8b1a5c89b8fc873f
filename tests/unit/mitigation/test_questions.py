"""From a spec to what Prometheus is asked."""

from __future__ import annotations

import re
from decimal import Decimal

import promql_parser
import pytest

from fireline.api.mitigation import Spec
from fireline.mitigation import questions, verdicts
from fireline.mitigation.questions import (
    AskedAlert,
    AskedRollout,
    Question,
    ages,
    batch,
    known_slos,
    trigger_question,
    vector,
    verify_question,
)
from fireline.slo import names

FLAG = {"featureFlag": {"name": "captcha", "set": "Disabled"}}


def a_spec(**changes):
    given = {
        "target": {"apiVersion": "core.openfeature.dev/v1beta1", "kind": "FeatureFlag", "name": "shop"},
        "action": FLAG,
        "serviceAccountName": "mitigator",
    }
    return Spec.model_validate(given | changes)


def of_slo(slo: str, tier: str = "PageFast", namespace: str = "shop") -> Question:
    labels = (("namespace", namespace), ("slo", slo), ("slo_tier", tier))
    return Question("default", alert=AskedAlert(None, labels, slo=(namespace, slo)))


def of_alert(name: str, **labels: str) -> Question:
    return Question("default", alert=AskedAlert(name, tuple(sorted(labels.items()))))


def test_names_are_those_that_slos_record():
    assert names.rate(names.TOTAL, names.RAW_WINDOWS[0]) == questions.TOTAL
    assert f'{names.SLI}{{window="{names.RAW_WINDOWS[0]}"}}' == questions.LEVEL
    assert names.ALERT_PAGE == questions.PAGE
    assert names.RAW_INTERVAL.milliseconds == 1000 * verdicts.RECORDED


def test_a_trigger_by_slo_asks_for_its_fast_page_by_default():
    spec = a_spec(trigger={"slo": "checkout"}, revert={"healthyFor": "2m"})
    found = trigger_question("shop", spec)
    assert str(found.alert) == "tier PageFast of SLO shop/checkout"
    assert found.slos == {("shop", "checkout")}
    assert (found.traffic, found.for_ticks, found.healthy_for) == (None, 3, 120)


def test_traffic_is_that_of_the_triggers_slo_or_else_of_the_mitigations():
    of_its_own = a_spec(trigger={"slo": "checkout", "minTraffic": "0.5"}, slo="other")
    assert trigger_question("shop", of_its_own).traffic == ("shop", "checkout")
    assert trigger_question("shop", of_its_own).least == Decimal("0.5")
    another = a_spec(trigger={"query": "up", "minTraffic": "2"}, slo="other")
    assert trigger_question("shop", another).traffic == ("shop", "other")


def test_an_alert_is_asked_for_by_its_labels():
    spec = a_spec(trigger={"alert": {"name": "HighErrorRate", "labels": {"team": "pay", "app": "a"}}})
    alert = trigger_question("shop", spec).alert
    assert str(alert) == 'alert HighErrorRate{app="a", team="pay"}'
    assert alert.fits({"alertname": "HighErrorRate", "team": "pay", "app": "a", "pod": "a-1"})
    assert not alert.fits({"alertname": "HighErrorRate", "team": "other", "app": "a"})
    assert not alert.fits({"alertname": "Other", "team": "pay", "app": "a"})


def test_a_rollout_is_asked_of_the_api_server_in_the_name_of_the_serviceaccount():
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"}
    failed = a_spec(trigger={"rolloutFailed": {}}, target=deployment, action={"rolloutUndo": {}})
    asked = trigger_question("shop", failed)
    user = "system:serviceaccount:shop:mitigator"
    assert (asked.source, asked.rollout) == ("", AskedRollout("shop", "checkout", "5m", user))


def test_what_a_person_starts_is_asked_of_nobody():
    assert trigger_question("shop", a_spec()) is None


def test_a_verification_is_a_query_or_runs_of_a_check_or_the_trigger_itself():
    assert verify_question("shop", a_spec(verify={"query": "vector(1)"})).query == "vector(1)"
    assert verify_question("shop", a_spec(verify={"check": "flow"})).check == ("shop", "flow")
    assert verify_question("shop", a_spec()) is None


def test_many_triggers_are_a_handful_of_queries():
    asked = [of_slo(f"slo-{number}") for number in range(40)]
    asked += [of_alert(f"Alert{number}", team="pay") for number in range(40)]
    assert len(batch(asked)) == 7


def test_one_trigger_is_asked_by_all_its_names():
    found = batch([of_slo("a.b-c", "PageSlow"), of_alert("High")])
    assert found["firing 0"] == (
        'timestamp(ALERTS{alertstate="firing",namespace=~"shop",slo=~"a\\\\.b-c",slo_tier=~"PageSlow"})'
    )
    assert found["firing 1"] == 'timestamp(ALERTS{alertstate="firing",alertname=~"High"})'
    assert found["since 1"] == (
        'ALERTS_FOR_STATE{alertname=~"High"} and ignoring (alertstate) '
        'ALERTS{alertstate="firing",alertname=~"High"}'
    )
    assert found["total 0"] == (
        "max by (namespace, slo) (sum by (namespace, slo, sli) "
        '(slo:total:rate5m{namespace=~"shop",slo=~"a\\\\.b-c"}))'
    )


def test_a_composite_is_asked_for_its_level_because_it_counts_nothing():
    found = batch([of_slo("whole"), of_slo("part")], composites={("shop", "whole")})
    assert 'slo=~"part"' in found["total 0"]
    assert 'slo:sli:ratio{namespace=~"shop",slo=~"whole",window="5m"}' in found["level 0"]


def test_no_query_is_longer_than_a_proxy_lets_through():
    asked = [of_slo(f"{number:03}-{'x' * 50}") for number in range(300)]
    asked += [of_alert(f"Alert{number:03}{'x' * 100}") for number in range(100)]
    found = batch(asked)
    assert max(map(len, found.values())) < 7500
    for number in range(300):
        assert any(f"{number:03}-" in query for name, query in found.items() if name.startswith("firing"))


def test_all_that_is_asked_is_promql():
    asked = [of_slo('we"ird\\'), of_slo("whole"), of_alert("High", team="pay")]
    found = [*batch(asked, composites={("shop", "whole")}).values(), known_slos()]
    for query in found:
        promql_parser.parse(query)


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("sum(rate(errors_total[5m])) > bool 5", ["errors_total"]),
        ('up{job="a"} == bool 0', ['up{job="a"}']),
        ("a / a offset 1w > bool 2", ["a"]),
        ("max_over_time((a + b)[5m:1m]) > bool 1", ["a", "b"]),
        ("vector(1)", []),
        ('{__name__=~"a|b"} > bool 1', []),
        ("this is no ( PromQL", []),
    ],
)
def test_the_age_of_every_series_that_is_read_now_is_asked_for(query, read):
    found = ages(query)
    assert re.findall(r"time\(\) - timestamp\((.*?)\)\) \*", found) == read
    if found:
        promql_parser.parse(found)


def test_a_comment_at_the_end_of_a_query_swallows_nothing():
    promql_parser.parse(f"{vector('up # all of them')} + 1")
