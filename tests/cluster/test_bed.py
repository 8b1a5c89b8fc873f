"""The bed itself: what every other cluster test takes for granted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import requests
from tests.bed.bed import Bed
from tests.bed.cluster import Cluster
from tests.bed.errors import ServerFailedError
from tests.bed.kubeclient import CONFIG_MAP
from tests.bed.process import Server
from tests.bed.prometheus import Prometheus, backfill
from tests.bed.promoperator import NAME, RULE_LABELS
from tests.bed.promoperator import NAMESPACE as MONITORING
from tests.bed.shop import PAGES
from tests.bed.shopserver import ShopServer
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for

from fireline.api.resources import NAMESPACE

pytestmark = pytest.mark.bed
CHECKOUT = Path(__file__).parents[2]


def a_rule(name: str, *, expr: str = "vector(1)", labels: dict[str, str] | None = None) -> str:
    """YAML of a PrometheusRule in ``default`` with one alert of the same name."""
    return textwrap.dedent(f"""
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata: {{name: {name.lower()}, namespace: default, labels: {labels or {}}}}
        spec:
          groups:
            - name: {name}
              rules: [{{alert: {name}, expr: '{expr}'}}]
    """)


def is_gone(pid: int) -> bool:
    """Whether no process (nor a zombie nobody waits for) has this number."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_the_api_server_is_real_and_serves_the_custom_resources(cluster: Cluster):
    assert cluster.kubectl("get", "--raw", "/readyz") == "ok"
    assert "prometheusrules" in cluster.kubectl("api-resources", "--api-group=monitoring.coreos.com")


def test_two_clusters_run_side_by_side(cluster: Cluster, tools: Tools, tmp_path: Path):
    with Cluster(tools, tmp_path, crds=False) as other:
        other.client().namespace("only-here")
        assert other.client().find(NAMESPACE, "only-here")
        assert cluster.client().find(NAMESPACE, "only-here") is None


def test_the_api_server_comes_back_on_its_port_with_its_data(tools: Tools, tmp_path: Path):
    with Cluster(tools, tmp_path, crds=False) as cluster, cluster.client() as client:
        client.namespace("kept")
        cluster.api_server.restart()
        assert client.find(NAMESPACE, "kept")


def test_a_paused_etcd_stalls_the_api_server_until_it_is_resumed(tools: Tools, tmp_path: Path):
    with Cluster(tools, tmp_path, crds=False) as cluster:
        cluster.etcd.pause()
        wait_for(lambda: not reaches_etcd(cluster), what="the API server misses etcd")
        cluster.etcd.resume()
        wait_for(lambda: reaches_etcd(cluster), what="etcd answers again")


def reaches_etcd(cluster: Cluster) -> bool:
    """What the API server says of its etcd; a check that hangs is a no."""
    try:
        return cluster.answers("/readyz/etcd")
    except requests.Timeout:
        return False


def test_a_failing_server_is_reported_with_the_end_of_its_log(tools: Tools, tmp_path: Path):
    log = tmp_path / "etcd.log"
    server = Server("etcd", [tools.path("etcd"), "--no-such-flag"], log=log, ready=lambda: False)
    with pytest.raises(ServerFailedError, match="etcd ended with code") as caught, server:
        pass
    assert str(log) in str(caught.value)
    assert "no-such-flag" in str(caught.value)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_everything_ends_with_the_parent(tools: Tools, how: signal.Signals):
    program = textwrap.dedent("""
        import signal
        import time
        from tests.bed.cluster import Cluster
        from tests.bed.toolchain import Tools
        from tests.bed.workdir import workdir
        # A test run in the background of a shell hands down an ignored Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with workdir() as directory, Cluster(Tools(), directory, crds=False) as cluster:
            print(directory, cluster.etcd.pid, cluster.api_server.pid, flush=True)
            time.sleep(600)
    """)
    tools.ensure(["etcd", "kube-apiserver", "kubectl"])
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=CHECKOUT,
        env={key: value for key, value in os.environ.items() if key != "FIRELINE_BED_KEEP"},
    )
    with parent:
        assert parent.stdout is not None
        directory, *pids = parent.stdout.readline().split()
        assert not any(is_gone(int(pid)) for pid in pids)
        parent.send_signal(how)
    for pid in pids:
        wait_for(lambda pid=pid: is_gone(int(pid)), what=f"process {pid} is gone")
    wait_for(lambda: not Path(directory).exists(), what=f"{directory} is removed")


def test_only_rules_with_the_right_label_reach_prometheus(bed: Bed):
    bed.cluster.kubectl("apply", "-f", "-", stdin=a_rule("Unselected"))
    bed.cluster.kubectl("apply", "-f", "-", stdin=a_rule("Selected", labels=RULE_LABELS))
    names = wait_for(
        lambda: (found := bed.prometheus.rule_names()) & {"Selected"} and found, what="the rule is loaded"
    )
    assert "Unselected" not in names

    bed.cluster.kubectl("delete", "prometheusrule", "-n", "default", "selected", "unselected")
    wait_for(lambda: "Selected" not in bed.prometheus.rule_names(), what="the rule is gone again")


def test_rules_stay_while_their_config_map_is_written_anew(bed: Bed):
    """prometheus-operator deletes its ConfigMaps first. A kubelet keeps files, Prometheus its alerts."""
    name, client = f"prometheus-{NAME}-rulefiles-99", bed.client
    file = bed.prometheus.rules / f"{name}-empty.yaml"
    empty = {"metadata": {"name": name, "namespace": MONITORING}, "data": {"empty.yaml": "groups: []"}}

    client.apply({"apiVersion": "v1", "kind": "ConfigMap", **empty})
    wait_for(file.exists, what="the file is there")
    client.delete(CONFIG_MAP, name, MONITORING)
    wait_for(lambda: bed.mirror.missed(name) >= 3, what="the mirror misses it")
    assert file.exists()
    client.apply({"apiVersion": "v1", "kind": "ConfigMap", **empty})
    wait_for(lambda: bed.mirror.missed(name) == 0, what="the mirror sees it again")
    assert file.exists()

    client.delete(CONFIG_MAP, name, MONITORING)
    wait_for(lambda: not file.exists(), what="what is gone for good is removed")


def test_an_outage_of_the_shop_pages_the_webhook_and_resolves(bed: Bed):
    failing = 'sum(increase(http_requests_total{job="shop",code="500"}[5s])) > 0'
    bed.cluster.kubectl("apply", "-f", "-", stdin=a_rule("ShopFails", expr=failing, labels=RULE_LABELS))
    wait_for(lambda: "ShopFails" in bed.prometheus.rule_names(), what="the rule is loaded")

    bed.shop.faults(errors=0.5)
    wait_for(
        lambda: [a for a in bed.webhook.alerts(alertname="ShopFails") if a["status"] == "firing"],
        what="the page arrives",
    )
    bed.shop.heal()
    wait_for(
        lambda: [a for a in bed.webhook.alerts(alertname="ShopFails") if a["status"] == "resolved"],
        what="the page is resolved",
    )
    assert requests.get(f"{bed.webhook.url}/received", timeout=30).json() == bed.webhook.received()


def test_an_alertmanager_config_reaches_the_running_alertmanager(bed: Bed):
    config = f"""
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {{name: team, namespace: default}}
spec:
  route: {{receiver: team}}
  receivers: [{{name: team, webhookConfigs: [{{url: "{bed.webhook.url}/team"}}]}}]
"""
    bed.cluster.kubectl("apply", "-f", "-", stdin=config)

    def loaded() -> bool:
        status = requests.get(f"{bed.alertmanager.url}/api/v2/status", timeout=30).json()
        return "default/team/team" in status["config"]["original"]

    wait_for(loaded, what="Alertmanager runs with the team's receiver")
    bed.cluster.kubectl("delete", "alertmanagerconfig", "-n", "default", "team")


def test_faults_of_the_shop_show_in_its_metrics(bed: Bed):
    slow = (
        'sum(rate(http_request_duration_seconds_sum{job="shop"}[5s])) / '
        'sum(rate(http_request_duration_seconds_count{job="shop"}[5s]))'
    )
    wait_for(lambda: (bed.prometheus.value(slow) or 9) < 0.2, what="the shop is fast")
    bed.shop.faults(latency_ms=400)
    wait_for(lambda: (bed.prometheus.value(slow) or 0) > 0.4, what="the shop is slow")
    bed.shop.faults(down=True)
    assert requests.get(f"{bed.shop.url}/catalog", timeout=30).status_code == 503
    wait_for(lambda: bed.prometheus.value('up{job="shop"}') == 0, what="the target is down")
    bed.shop.heal()
    wait_for(lambda: bed.prometheus.value('up{job="shop"}') == 1, what="the target is up")


@pytest.mark.parametrize(
    "expression",
    [
        'histogram_count(http_request_duration_seconds{job="shop-native"})',
        'histogram_count(prometheus_http_request_duration_seconds{job="prometheus"})',
    ],
    ids=["converted at scrape", "exponential buckets"],
)
def test_native_histograms_are_there(bed: Bed, expression: str):
    found = wait_for(lambda: bed.prometheus.query(expression), what=f"{expression} has series")
    assert any(float(series["value"][1]) > 0 for series in found)


def test_error_series_are_born_at_zero(tmp_path: Path):
    with ShopServer(tmp_path, error_rate=0.0) as shop:
        exposed = requests.get(f"{shop.url}/metrics", timeout=30).text
    errors = [line for line in exposed.splitlines() if line.startswith('http_requests_total{code="500"')]
    assert len(errors) == len(PAGES)
    assert all(line.endswith(" 0.0") for line in errors)


def test_prometheus_starts_over_backfilled_history(tools: Tools, tmp_path: Path):
    then = int(time.time()) - 6 * 3600
    history = tmp_path / "history.txt"
    samples = [f'orders_total{{region="north"}} {7 + n} {then + 60 * n}' for n in range(60)]
    history.write_text("\n".join(["# TYPE orders counter", *samples, "# EOF", ""]))
    backfill(tools, history, tmp_path / "data")
    with Prometheus(tools, tmp_path, data=tmp_path / "data") as prometheus:
        assert prometheus.value("orders_total", at=then + 59 * 60) == 66
        assert prometheus.value("sum(increase(orders_total[30m]))", at=then + 59 * 60) == pytest.approx(30)
