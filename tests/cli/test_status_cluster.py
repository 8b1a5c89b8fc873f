"""``fireline status`` against a real API server: which SLOs it asks for, what is in its way, --watch."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.bed.calls import matching
from tests.bed.cluster import Cluster
from tests.bed.faults import Answer
from tests.bed.ports import free_port
from tests.bed.proxy import FaultProxy
from tests.bed.waiting import wait_for
from tests.cli.statuses import a_status, an_slo

from fireline.api.resources import SLO, Resource
from fireline.cli.cluster import Cluster as ClientCluster
from fireline.cli.cluster import Unreachable, asking
from fireline.cli.main import main

pytestmark = pytest.mark.bed
HERE, THERE, LIVE = "status-here", "status-there", "status-live"


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Cluster:
    """Three SLOs in two namespaces, with statuses."""
    client = cluster.client()
    for namespace in (HERE, THERE, LIVE):
        client.namespace(namespace)
    firing = [("PageFast", "2026-03-10T03:00:00Z")]
    put(
        cluster,
        an_slo("pay", namespace=HERE, team="till", tier="Api", status=a_status("53.0", firing=firing)),
    )
    put(cluster, an_slo("list", namespace=HERE, team="news", tier="Api", status=a_status()))
    put(cluster, an_slo("mail", namespace=THERE, team="news", tier="Job", status=a_status("-3.0")))
    return cluster


def put(cluster: Cluster, slo: dict[str, Any]) -> None:
    """Create or change an SLO and the status an operator would have written."""
    client, status = cluster.client(), slo.pop("status")
    client.apply(slo)
    client.patch(
        SLO, slo["metadata"]["name"], slo["metadata"]["namespace"], {"status": status}, subresource="status"
    )


def fireline(kubeconfig: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["status", "--kubeconfig", str(kubeconfig), *arguments])


def names(done: Result) -> list[str]:
    assert done.exit_code == 0, done.stderr
    rows = done.stdout.split("\n\n")[0].splitlines()[1:]
    return [row.split()[0] for row in rows]


@pytest.mark.parametrize(
    ("flags", "shown"),
    [
        (["-n", HERE], ["pay", "list"]),
        (["-n", HERE, "-l", "team=news"], ["list"]),
        (["-A", "-l", "team in (till,news)", "--tier", "Job"], [f"{THERE}/mail"]),
        (["-A", "-l", "team in (till,news)"], [f"{HERE}/pay", f"{THERE}/mail", f"{HERE}/list"]),
    ],
    ids=["namespace", "label", "tier", "all"],
)
def test_namespaces_labels_and_tiers_choose(shop: Cluster, flags: list[str], shown: list[str]) -> None:
    assert names(fireline(shop.kubeconfig, *flags)) == shown


def test_the_context_of_the_kubeconfig_chooses_the_namespace(shop: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    text = shop.kubeconfig.read_text()
    file.write_text(
        text.replace("user: admin\n  name: bed", f"user: admin\n    namespace: {THERE}\n  name: bed")
    )

    assert names(fireline(file)) == ["mail"]
    assert names(fireline(file, "--context", "bed")) == ["mail"]


def test_a_long_list_is_read_to_its_end(shop: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fireline.cli.cluster._PAGE", 1)

    assert names(fireline(shop.kubeconfig, "-n", HERE)) == ["pay", "list"]


def test_a_script_learns_the_answer_from_the_exit_code(shop: Cluster) -> None:
    assert fireline(shop.kubeconfig, "-n", HERE, "--fail-on", "burning").exit_code == 1
    assert fireline(shop.kubeconfig, "-n", THERE, "--fail-on", "burning").exit_code == 0


def test_an_empty_namespace_is_said_to_be_empty(shop: Cluster) -> None:
    done = fireline(shop.kubeconfig, "-n", "status-nowhere")

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "no SLOs in namespace status-nowhere\n")


def test_a_user_without_rights_is_told_which_are_missing(shop: Cluster) -> None:
    nobody = shop.write_kubeconfig("status-nobody", shop.authority.client("nobody"))

    done = fireline(nobody, "-n", HERE)

    assert done.exit_code == 2
    assert f"list on servicelevelobjectives.{SLO.group} is forbidden" in done.stderr
    assert "Usage" not in done.stderr


def test_a_cluster_without_fireline_is_told_what_to_install(shop: Cluster) -> None:
    unheard_of = Resource(SLO.group, SLO.version, "unheardofs", "UnheardOf")

    with (
        ClientCluster.connect(shop.kubeconfig, None) as asked,
        pytest.raises(Unreachable) as refused,
        asking(unheard_of),
    ):
        asked.list(unheard_of, HERE)

    assert "does not know unheardofs.fireline.dev: install Fireline there" in refused.value.message


def test_a_server_that_is_not_there_is_said_so_in_one_line(shop: Cluster) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    done = fireline(shop.write_kubeconfig("status-gone", None, server=address))

    assert done.exit_code == 2
    assert done.stderr == f"Error: {address} cannot be reached: Connection refused\n"


@pytest.mark.parametrize("content", ["", "a: [", "- a", "apiVersion: v1"])
def test_a_kubeconfig_that_cannot_be_used_is_wrong_usage(tmp_path: Path, content: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(content)

    done = fireline(file)

    assert done.exit_code == 2
    assert "no way to a cluster: " in done.stderr


def test_a_context_that_does_not_exist_is_named(shop: Cluster) -> None:
    done = fireline(shop.kubeconfig, "--context", "nowhere")

    assert done.exit_code == 2
    assert "nowhere" in done.stderr


@dataclass
class Watching:
    """A running ``status --watch`` and what it has shown so far."""

    process: subprocess.Popen[bytes]
    output: int
    seen: str = ""

    def shows(self, *words: str) -> bool:
        """Whether the words have appeared since the last successful question."""
        self.seen += os.read(self.output, 1 << 16).decode(errors="replace")
        found = all(word in self.seen for word in words)
        if found:
            self.seen = ""
        return found

    def interrupt(self) -> int:
        """Press Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=120)


@contextmanager
def watching(kubeconfig: Path, *, terminal: bool) -> Iterator[Watching]:
    reading, writing = pty.openpty() if terminal else os.pipe()
    os.set_blocking(reading, False)
    command = [Path(sys.executable).with_name("fireline"), "status", "-n", LIVE, "-w", "--every", "0.1"]
    env = {**os.environ, "KUBECONFIG": str(kubeconfig), "TERM": "xterm", "COLUMNS": "120", "LINES": "30"}
    with subprocess.Popen(command, stdout=writing, stderr=writing, env=env) as process:
        os.close(writing)
        try:
            yield Watching(process, reading)
        finally:
            process.kill()
            os.close(reading)


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_watch_shows_changes_and_outages_until_ctrl_c(shop: Cluster, terminal: bool) -> None:
    def pay(left: str) -> None:
        put(shop, an_slo("pay", namespace=LIVE, status=a_status(left)))

    pay("87.5")
    with (
        FaultProxy.before(shop, name=f"status-watch-{terminal}") as proxy,
        watching(proxy.kubeconfig, terminal=terminal) as watch,
    ):
        wait_for(lambda: watch.shows("pay", "87.5%"), what="the first view")
        pay("12.5")
        wait_for(lambda: watch.shows("pay", "12.5%"), what="the change")
        injected = proxy.inject(Answer(500, "etcd is tired"), when=matching(verb="list"), times=None)
        wait_for(lambda: watch.shows("old. etcd is tired", "12.5%"), what="the outage over the last view")
        injected.cancel()
        pay("37.5")
        wait_for(lambda: watch.shows("37.5%"), what="the end of the outage")
        assert watch.interrupt() == 0
