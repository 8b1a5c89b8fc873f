"""A real Prometheus: scrapes what it is told, loads rules from a directory, sends to an Alertmanager.

Needs no cluster. The bed's mirror fills the rule directory; benches may fill it themselves.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.bed.errors import BedError
from tests.bed.ports import free_port
from tests.bed.process import Server
from tests.bed.toolchain import Tools


@dataclass(frozen=True, slots=True)
class Scrape:
    """One scrape job. ``target`` is host:port; ``extra`` goes into the job as it is."""

    job: str
    target: str
    extra: Mapping[str, Any] = field(default_factory=dict)


def shop_jobs(target: str) -> tuple[Scrape, ...]:
    """The demo shop twice: job ``shop`` as it is, job ``shop-native`` with its histograms native.

    The second keeps the request histogram only, so that no counter is counted twice by accident.
    """
    keep = {"source_labels": ["__name__"], "regex": "http_request_duration_seconds(_.*)?", "action": "keep"}
    native = {
        "scrape_native_histograms": True,
        "convert_classic_histograms_to_nhcb": True,
        "metric_relabel_configs": [keep],
    }
    return Scrape("shop", target), Scrape("shop-native", target, native)


class Prometheus(Server):
    """Prometheus on loopback, with itself scraped as job ``prometheus`` (native histograms on).

    ``data``: a directory that may hold backfilled blocks already. ``rules``: directory of rule files.
    ``address``: where it listens, by default at a free port of loopback. Intervals are Prometheus durations.
    """

    def __init__(
        self,
        tools: Tools,
        directory: Path,
        *,
        scrapes: Sequence[Scrape] = (),
        alertmanager: str | None = None,
        scrape_interval: str = "5s",
        evaluation_interval: str = "30s",
        data: Path | None = None,
        flags: Sequence[str] = (),
        address: str | None = None,
    ) -> None:
        self.address = address or f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        self.rules = directory / "rules"
        self.rules.mkdir(parents=True, exist_ok=True)
        self.config = directory / "prometheus.yml"
        own = Scrape("prometheus", self.address, {"scrape_native_histograms": True})
        self._jobs = [_job(scrape) for scrape in (own, *scrapes)]
        self._settings: dict[str, Any] = {
            "global": {"scrape_interval": scrape_interval, "evaluation_interval": evaluation_interval},
            "rule_files": [f"{self.rules}/*.yaml"],
            "scrape_configs": self._jobs,
        }
        if alertmanager:
            target = {"targets": [alertmanager.removeprefix("http://")]}
            self._settings["alerting"] = {"alertmanagers": [{"static_configs": [target]}]}
        self.config.write_text(yaml.safe_dump(self._settings))
        super().__init__(
            "prometheus",
            [
                tools.path("prometheus"),
                f"--config.file={self.config}",
                f"--storage.tsdb.path={data or directory / 'data'}",
                "--storage.tsdb.retention.time=400d",
                f"--web.listen-address={self.address}",
                f"--web.external-url={self.url}",
                "--web.enable-lifecycle",
                *flags,
            ],
            log=directory / "prometheus.log",
            ready=lambda: requests.get(f"{self.url}/-/ready", timeout=10).ok,
        )

    def reload(self) -> None:
        """Load configuration and rules anew. Raises BedError with Prometheus' own words."""
        reload(self.url)

    def scrape_also(self, jobs: Sequence[Mapping[str, Any]]) -> None:
        """Besides its first jobs scrape these (entries of ``scrape_configs``), and no others from now on."""
        self._settings["scrape_configs"] = [*self._jobs, *jobs]
        self.config.write_text(yaml.safe_dump(self._settings))
        self.reload()

    def api(self, path: str, **params: str) -> Any:
        """``data`` of one call to ``/api/v1/PATH``. Raises BedError with Prometheus' own words."""
        answer = requests.get(f"{self.url}/api/v1/{path}", params=params, timeout=60)
        if not answer.ok:
            raise BedError(f"{path} {params}: {answer.status_code} {answer.text[:1000]}")
        return answer.json()["data"]

    def query(self, expression: str, *, at: float | None = None) -> list[dict[str, Any]]:
        """Result vector of an instant query; ``at`` in Unix seconds, default now."""
        when = {} if at is None else {"time": repr(at)}
        found: list[dict[str, Any]] = self.api("query", query=expression, **when)["result"]
        return found

    def value(self, expression: str, *, at: float | None = None) -> float | None:
        """The one value of an instant query; None when it is empty. Raises BedError for several."""
        found = self.query(expression, at=at)
        if len(found) > 1:
            raise BedError(f"{expression}: {len(found)} series where one is wanted")
        return float(found[0]["value"][1]) if found else None

    def rule_names(self) -> set[str]:
        """Names of every recording and alerting rule it has loaded."""
        groups = self.api("rules")["groups"]
        return {rule["name"] for group in groups for rule in group["rules"]}

    def alerts(self, **labels: str) -> list[dict[str, Any]]:
        """Pending and firing alerts whose labels include ``labels``."""
        found = self.api("alerts")["alerts"]
        return [alert for alert in found if labels.items() <= alert["labels"].items()]


def reload(url: str) -> None:
    """POST ``/-/reload`` to a Prometheus or an Alertmanager. Raises BedError with its own words."""
    answer = requests.post(f"{url}/-/reload", timeout=30)
    if not answer.ok:
        raise BedError(f"{url} refused to reload: {answer.status_code} {answer.text.strip()[:1000]}")


def backfill(tools: Tools, openmetrics: Path, data: Path) -> None:
    """Turn an OpenMetrics file with timestamps into blocks in ``data``, before Prometheus starts on it.

    Raises BedError with promtool's own words.
    """
    data.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        # Without the long block duration a month costs fifty times as much.
        [
            *(tools.path("promtool"), "tsdb", "create-blocks-from", "openmetrics"),
            *(openmetrics, data, "-q", "--max-block-duration=744h"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BedError(f"promtool could not backfill {openmetrics}: {(done.stderr or done.stdout)[-2000:]}")


def _job(scrape: Scrape) -> dict[str, Any]:
    return {"job_name": scrape.job, "static_configs": [{"targets": [scrape.target]}], **scrape.extra}
