"""Rules for Mimir: files for mimirtool, and uploads to a ruler that is a strict double."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from fireline.cli.main import main
from tests import promtool
from tests.bed.doorkeeper import Demands, Doorkeeper
from tests.bed.ports import free_port
from tests.bed.ruler import Limits, RulerDouble
from tests.bed.toolchain import Tools

pytestmark = pytest.mark.bed

SLO = """
apiVersion: fireline.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  service: checkout
  objective: "{objective}"
  window: {{rolling: {window}}}
  prometheus: {source}
  indicator:
    ratio:
      bad: {{metric: 'http_requests_total{{code=~"5.."}}'}}
      total: {{metric: 'http_requests_total'}}
"""
SECRET = "pass-w0rd"
WINDOWS = [f"fireline-shop/fireline-windows-team-a:{part}" for part in ("fast", "slices", "slow")]
OF_A = ["fireline-shop/slo-a", "fireline-shop/slo-a:tickets"]
OF_B = ["fireline-shop/slo-b", "fireline-shop/slo-b:tickets"]


def slo(
    name: str,
    *,
    namespace: str = "shop",
    objective: str = "99.9",
    source: str = "team-a",
    window: str = "30d",
) -> str:
    return SLO.format(name=name, namespace=namespace, objective=objective, source=source, window=window)


class Place:
    """A folder with SLOs and settings, a ruler behind a door, and the command."""

    def __init__(self, folder: Path, ruler: RulerDouble, door: Doorkeeper) -> None:
        self.folder, self.ruler, self.door = folder, ruler, door
        self.slos = folder / "slos"
        self.slos.mkdir()
        self.settings: dict[str, Any] = {
            "kind": "Mimir",
            "tenant": "team-a",
            "username": "fireline",
            "password_file": str(folder / "password"),
        }
        (folder / "password").write_text(f"{SECRET}\n")
        self.write("a", slo("a"))
        self.write("b", slo("b"))

    def write(self, file: str, *documents: str) -> None:
        """A file of SLOs."""
        (self.slos / f"{file}.yaml").write_text("---".join(documents))

    def render(self, *arguments: str) -> Result:
        """``fireline render --as mimir`` of all SLOs with the settings."""
        config = self.folder / "fireline.yaml"
        config.write_text(yaml.safe_dump({"sources": {"team-a": self.settings, "other": {}}}))
        command = ["render", "--as", "mimir", "--config", str(config), str(self.slos), *arguments]
        done = CliRunner().invoke(main, command)
        assert SECRET not in done.output
        return done

    def upload(self, *arguments: str, url: str | None = None) -> Result:
        """The same to the ruler behind the door."""
        return self.render("--upload", url or self.door.url, *arguments)

    def groups(self, tenant: str = "team-a") -> set[str]:
        """Everything the ruler holds for a tenant, as namespace/group."""
        namespaces = self.ruler.stored.get(tenant, {})
        return {f"{name}/{group}" for name, groups in namespaces.items() for group in groups}


@pytest.fixture
def place(tools: Tools, tmp_path: Path) -> Iterator[Place]:
    """Two SLOs of one namespace; the door wants a password and the tenant."""
    demands = Demands(basic=("fireline", SECRET), tenant=("X-Scope-OrgID", "team-a"))
    with RulerDouble(tools) as ruler, Doorkeeper(ruler.url, demands) as door:
        yield Place(tmp_path, ruler, door)


def test_files_hold_one_namespace_each_with_the_very_groups_of_the_rule_objects(place: Place):
    place.write("other", slo("a", namespace="cart"), slo("b", namespace="cart", source="other"))
    done = place.render("-o", str(place.folder / "out"))
    assert done.exit_code == 0, done.output
    files = {file.relative_to(place.folder / "out"): file for file in (place.folder / "out").rglob("*.yaml")}
    assert set(map(str, files)) == {
        "team-a/fireline-shop.yaml",
        "team-a/fireline-cart.yaml",
        "other/fireline-cart.yaml",
    }
    found = yaml.safe_load(files[Path("team-a/fireline-shop.yaml")].read_text())
    assert (list(found), found["namespace"]) == (["namespace", "groups"], "fireline-shop")
    assert promtool.check({"groups": found["groups"]}) == ""
    command = ["render", "--source", "team-a", str(place.slos / "a.yaml"), str(place.slos / "b.yaml")]
    objects = yaml.safe_load_all(CliRunner().invoke(main, command).stdout)
    assert found["groups"] == [group for one in objects for group in one["spec"]["groups"]]


def test_what_is_uploaded_once_is_the_same_the_second_time(place: Place):
    done = place.upload()
    assert (done.exit_code, place.groups()) == (0, {*OF_A, *OF_B, *WINDOWS}), done.output
    assert done.stdout.splitlines()[0] == "created fireline-shop/slo-a"
    assert done.stderr == "7 of 7 rule groups written, 0 were the same already\n"
    place.ruler.calls.clear()
    done = place.upload(url=f"{place.door.url}/prometheus/")
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    assert done.stderr == "0 of 7 rule groups written, 7 were the same already\n"
    assert place.ruler.writes() == []


def test_only_the_groups_that_mean_something_else_are_written(place: Place):
    place.upload()
    place.ruler.calls.clear()
    place.write("a", slo("a", objective="99.5"))
    assert place.upload().exit_code == 0
    assert place.ruler.writes() == [f"POST {name}" for name in OF_A]


def test_a_group_someone_changed_by_hand_is_put_right(place: Place):
    place.upload()
    place.ruler.calls.clear()
    place.ruler.stored["team-a"]["fireline-shop"]["slo-a"]["rules"].pop()
    assert place.upload().stdout == "changed fireline-shop/slo-a\n"
    assert place.ruler.writes() == ["POST fireline-shop/slo-a"]


def test_diff_writes_nothing_and_says_by_its_exit_code_whether_it_would(place: Place):
    done = place.upload("--diff")
    assert (done.exit_code, place.groups()) == (1, set())
    assert "--- /dev/null\n+++ fireline-shop/slo-a rendered\n" in done.stdout
    place.upload()
    assert (place.upload("--diff").exit_code, place.upload("--diff").stdout) == (0, "")
    place.ruler.calls.clear()
    place.write("a", slo("a", objective="99.5"))
    done = place.upload("--diff")
    assert (done.exit_code, place.ruler.writes()) == (1, [])
    changed = [line for line in done.stdout.splitlines() if line.startswith(("+ ", "- "))]
    assert any("0.995" in line for line in changed), done.stdout
    assert not any("interval" in line for line in changed), changed


def test_groups_that_are_not_wanted_any_more_go_with_prune_alone_and_only_fireline_s_own(place: Place):
    place.write("cart", slo("c", namespace="cart"))
    place.upload()
    by_hand = {"name": "slo-by-hand", "interval": "1m", "rules": [{"record": "a:b", "expr": "1"}]}
    alien = {"name": "alien", "interval": "1m", "rules": [{"record": "slo:b", "expr": "1"}]}
    place.ruler.stored["team-a"]["fireline-shop"] |= {"slo-by-hand": by_hand, "alien": alien}
    place.ruler.stored["team-b"] = {"fireline-shop": {"slo-b": by_hand}}
    everything = place.groups()
    (place.slos / "b.yaml").unlink()
    (place.slos / "cart.yaml").unlink()

    done = place.upload()
    assert (done.exit_code, place.groups()) == (0, everything)
    assert f"not wanted any more, and left alone without --prune: {', '.join(OF_B)}" in done.stderr

    done = place.upload("--prune", "--diff")
    assert (done.exit_code, place.groups()) == (1, everything)
    assert "--- fireline-shop/slo-b in the ruler\n+++ /dev/null\n" in done.stdout

    done = place.upload("--prune")
    assert (done.exit_code, place.groups()) == (0, everything - {*OF_B})
    assert done.stdout.splitlines() == [f"deleted {name}" for name in OF_B]
    assert place.groups("team-b") == {"fireline-shop/slo-b"}
    assert place.upload("--prune").stdout == ""


def test_a_group_the_ruler_refuses_is_told_and_the_others_are_written(place: Place):
    place.ruler.limits = Limits(rules_per_group=14)
    (place.slos / "b.yaml").unlink()
    done = place.upload("--prune")
    assert done.exit_code == 1
    limit = "Mimir answered 400: per-user rules per rule group limit (limit: 14 actual: 15) exceeded"
    assert f"Error: {WINDOWS[0]}: {limit}" in done.stderr
    assert place.groups() == {*OF_A, WINDOWS[1]}
    assert done.stderr.endswith("3 of 5 rule groups written, 0 were the same already\n")


def test_a_group_beyond_mimirs_default_limit_is_told_beforehand(place: Place):
    place.write("more", *(slo(f"w{days}", window=f"{days}d") for days in (7, 14, 28, 90)))
    words = "fireline-windows-team-a:slow has 23 rules: Mimir takes 20 in a group unless"
    assert f"note: fireline-shop/{words}" in place.render().stderr
    done = place.upload()
    assert (done.exit_code, words in done.stderr) == (1, True)
    assert "(limit: 20 actual: 23) exceeded" in done.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tenant": None}, "Mimir answered 401: no org id; look at sources.team-a.username"),
        ({"tenant": "team-b"}, "Mimir answered 403: tenant team-b is not yours; look at"),
        ({"username": "stranger"}, "Mimir answered 401: Unauthorized; look at sources.team-a.username"),
        ({"password_file": "/no/file"}, "password_file /no/file: No such file or directory"),
    ],
)
def test_a_door_that_stays_shut_names_the_setting_and_ends_with_2(
    place: Place, settings: dict[str, str | None], words: str
):
    place.settings |= settings
    place.settings = {name: value for name, value in place.settings.items() if value is not None}
    done = place.upload()
    assert (done.exit_code, done.stdout, place.groups()) == (2, "", set())
    assert done.stderr.startswith("Error: ")
    assert words in done.stderr


def test_a_protected_namespace_a_wrong_path_and_nobody_there_end_with_2(place: Place):
    place.ruler.limits = Limits(protected=frozenset({"fireline-shop"}))
    done = place.upload()
    assert (done.exit_code, "namespace is protected" in done.stderr) == (2, True)
    done = place.upload(url=f"{place.door.url}/other")
    assert (done.exit_code, "/other has no ruler API" in done.stderr) == (2, True)
    done = place.upload(url=f"http://127.0.0.1:{free_port()}")
    assert (done.exit_code, "cannot be reached" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--upload", "http://user:SECRET@mimir"), "a user in a URL is seen by everyone"),
        (("--upload", "mimir:SECRET"), "must be the URL of a server"),
        (("--upload", "http://mimir", "-o", "out"), "--upload needs --as mimir, and takes no --out"),
        (("--upload", "http://mimir", "--as", "rules"), "--upload needs --as mimir"),
        (("--prune",), "--diff and --prune need --upload"),
        (("--source", "unknown"), "nothing to render for source unknown"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(place: Place, arguments: tuple[str, ...], words: str):
    done = place.render(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert "SECRET" not in done.stderr


def test_slos_of_several_sources_or_tenants_are_not_mixed_up(place: Place):
    place.write("other", slo("c", source="other"))
    done = place.upload()
    assert (done.exit_code, place.groups()) == (2, set())
    assert "these SLOs are for the sources other, team-a: choose one with --source" in done.stderr
    assert place.upload("--source", "team-a").exit_code == 0
    assert place.groups() == {*OF_A, *OF_B, *WINDOWS}
    place.settings["tenant"] = "team-a|team-b"
    assert "names several: team-a|team-b" in place.upload("--source", "team-a").stderr


def test_an_upload_through_a_door_that_quotes_credentials_repeats_none(place: Place):
    place.door.demands = replace(place.door.demands, basic=("fireline", "other"), talkative=True)
    done = place.upload()
    assert (done.exit_code, "[secret]" in done.stderr) == (2, True)
