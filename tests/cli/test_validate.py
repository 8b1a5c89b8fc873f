"""``fireline validate`` as people and pipelines see it: words, places, exit codes, formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from fireline.cli.main import main

GOOD = """\
apiVersion: fireline.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: checkout, namespace: shop}
spec:
  service: checkout
  objective: "99.9"
  indicator:
    ratio:
      bad: {metric: 'http_requests_total{code=~"5.."}'}
      total: {metric: http_requests_total}
"""
FOREIGN = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: checkout}\n"


def fireline(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def a_file(folder: Path, text: str, name: str = "slo.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_valid_file_is_said_to_be_valid_on_stderr_alone(tmp_path: Path) -> None:
    done = fireline("validate", a_file(tmp_path, GOOD))

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "valid: 1 ServiceLevelObjective\n")


def test_an_error_names_file_line_path_document_and_what_would_be_right(tmp_path: Path) -> None:
    file = a_file(tmp_path, FOREIGN + "---\n" + GOOD.replace('"99.9"', "99.9"))

    done = fireline("validate", file)

    assert done.exit_code == 1
    assert done.stdout == (
        f"{file}:10: error: spec.objective: must be text, found the number 99.9; put it in quotes: "
        f'"99.9" (document 2, shop/checkout)\n'
    )
    assert done.stderr == "not valid: 1 ServiceLevelObjective; 1 document of other kinds passed by\n"


def test_a_missing_field_is_placed_at_its_parent(tmp_path: Path) -> None:
    done = fireline("validate", a_file(tmp_path, GOOD.replace("  service: checkout\n", "")))

    assert ":4: error: spec.service: is missing." in done.stdout


def test_folders_are_read_recursively_without_hidden_files(tmp_path: Path) -> None:
    a_file(tmp_path, GOOD, "a/one.yaml")
    a_file(tmp_path, GOOD.replace("checkout,", "cart,"), "a/b/two.yml")
    a_file(tmp_path, "not: [yaml", ".git/three.yaml")
    a_file(tmp_path, "not: [yaml", "a/readme.md")

    assert fireline("validate", tmp_path).stderr == "valid: 2 ServiceLevelObjectives\n"


def test_stdin_is_read_and_named() -> None:
    done = fireline("validate", "-", stdin=GOOD.replace("checkout,", "Checkout,"))

    assert done.exit_code == 1
    assert done.stdout.startswith(
        "<stdin>:3: error: metadata.name: 'Checkout' is not a Kubernetes object name"
    )


def test_the_items_of_a_list_are_checked_where_they_stand(tmp_path: Path) -> None:
    items = {"apiVersion": "v1", "kind": "List", "items": [yaml.safe_load(GOOD), yaml.safe_load(GOOD)]}
    items["items"][1]["metadata"]["name"] = "other"
    items["items"][1]["spec"]["window"] = {"rolling": "36h"}
    text = yaml.safe_dump(items, sort_keys=False)

    done = fireline("validate", a_file(tmp_path, text))

    line = text.splitlines().index("      rolling: 36h") + 1
    assert f":{line}: error: spec.window.rolling: must be whole days" in done.stdout


def test_the_same_name_in_two_files_is_found(tmp_path: Path) -> None:
    first, second = a_file(tmp_path, GOOD, "a.yaml"), a_file(tmp_path, GOOD, "b.yaml")

    done = fireline("validate", tmp_path)

    assert done.exit_code == 1
    assert f"{second}:3: error: metadata.name: shop/checkout is already defined in {first}:1;" in done.stdout


def test_the_same_name_in_two_namespaces_is_fine(tmp_path: Path) -> None:
    other = GOOD.replace(", namespace: shop", "")

    assert fireline("validate", "-n", "cart", a_file(tmp_path, GOOD + "---\n" + other)).exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1", ":2: error: no YAML: did not find expected ',' or ']'"),
        (GOOD.replace("spec:", "spec: {}\nspec:"), ":5: error: spec: stands here twice; keep one"),
        ("just text", ":1: error: is no Kubernetes object: apiVersion and kind are missing"),
        (
            GOOD.replace("v1alpha1", "v1"),
            ":2: error: kind: ServiceLevelObjective of fireline.dev/v1 is not known here; known: Service",
        ),
        (GOOD.replace("spec:", "spec: 3\nx:"), ":4: error: spec: must be a mapping, found the number 3"),
        (GOOD.replace("metadata:", "nothing:"), ":1: error: metadata: is missing."),
    ],
)
def test_what_is_no_object_is_an_error_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    done = fireline("validate", a_file(tmp_path, text))

    assert done.exit_code == 1
    assert said in done.stdout


def test_a_time_without_quotes_is_text_as_for_kubectl(tmp_path: Path) -> None:
    text = GOOD + "  maintenance: [{from: 2026-12-24T00:00:00Z, to: 2026-12-26T00:00:00Z}]\n"

    assert fireline("validate", a_file(tmp_path, text)).exit_code == 0


def test_notes_do_not_make_a_file_invalid(tmp_path: Path) -> None:
    done = fireline("validate", a_file(tmp_path, GOOD.replace('"99.9"', '"90"')))

    assert done.exit_code == 0
    assert "note: spec.objective: PageFast: factor 14.4 lowered to 8" in done.stdout


def test_sources_are_checked_only_against_given_settings(tmp_path: Path) -> None:
    file = a_file(tmp_path, GOOD + "  prometheus: longterm\n")
    config = a_file(tmp_path, "sources: {main: {}, other: {}}\n", "config.yaml")

    assert fireline("validate", file).exit_code == 0
    assert "'longterm' is no source of this operator; known: main, other" in (
        fireline("validate", file, "--config", config).stdout
    )


def test_json_and_yaml_carry_the_same_findings(tmp_path: Path) -> None:
    file = a_file(tmp_path, GOOD.replace("checkout,", "checkout_1,"))

    as_json = json.loads(fireline("validate", file, "--output", "json").stdout)
    as_yaml = yaml.safe_load(fireline("validate", file, "--output", "yaml").stdout)

    assert as_json == as_yaml
    assert (as_json["valid"], as_json["objects"], as_json["foreign"]) == (False, 1, 0)
    (finding,) = as_json["findings"]
    assert finding["message"].startswith("'checkout_1' is not a Kubernetes object name")
    assert {key: finding[key] for key in ("line", "document", "level", "reason", "path")} == {
        "line": 3,
        "document": 1,
        "level": "error",
        "reason": "InvalidSpec",
        "path": "metadata.name",
    }


def test_github_annotations_are_escaped(tmp_path: Path) -> None:
    file = a_file(tmp_path, GOOD.replace("service: checkout", 'service: "50%\\n::error::"'))

    (line,) = fireline("validate", file, "--output", "github").stdout.splitlines()

    assert line.startswith(f"::error file={file},line=5,title=Fireline InvalidSpec::spec.service: ")
    assert "50%25\\n" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["validate"], "Missing argument 'PATH...'"),
        (["validate", "nowhere.yaml"], "nowhere.yaml: No such file or directory"),
        (["validate", "-"], "nothing to check: 0 ServiceLevelObjectives"),
        (["validate", "-", "--output", "xml"], "'xml' is not one of"),
        (["explode"], "No such command 'explode'"),
    ],
)
def test_wrong_usage_exits_2_and_says_why(arguments: list[str], said: str) -> None:
    done = fireline(*arguments)

    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_an_unreachable_prometheus_is_not_an_invalid_spec(tmp_path: Path) -> None:
    done = fireline("validate", a_file(tmp_path, GOOD), "--prometheus", "http://127.0.0.1:9")

    assert done.exit_code == 2
    assert "--prometheus: http://127.0.0.1:9 cannot be reached" in done.stderr


def test_the_examples_are_valid() -> None:
    done = fireline("validate", Path(__file__).parents[2] / "examples")

    assert done.exit_code == 0
    # Notes are fine: a week raises the slow tiers to the sustainable burn, and says so.
    assert all(": note: " in line for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    "value",
    ["0x_", "!!int abc", "!!float x", "!!bool x", "!!timestamp soon", "9" * 5000, "\x80"],
)
def test_a_value_that_no_yaml_type_can_hold_is_a_finding_and_no_crash(tmp_path: Path, value: str) -> None:
    file = tmp_path / "slo.yaml"
    file.write_bytes(f"{GOOD}extra: {value}\n".encode("latin-1"))
    result = fireline("validate", file)
    assert result.exit_code == 1
    assert f"{file}:" in result.stdout
    assert isinstance(result.exception, SystemExit)


def test_a_bomb_of_aliases_is_refused_without_being_expanded(tmp_path: Path) -> None:
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    file = a_file(tmp_path, GOOD + "\n".join(bomb) + "\nstatus: *a11\n")
    assert fireline("validate", file).exit_code == 0
    file = a_file(tmp_path, "\n".join(bomb) + "\n" + GOOD.replace('"99.9"', "*a11"))
    result = fireline("validate", file)
    assert result.exit_code == 1
    assert len(result.stdout) < 1000


@pytest.mark.parametrize(("times", "code"), [(2, 0), (11, 1)])
def test_a_bomb_of_aliases_in_the_body_of_a_request_is_refused(tmp_path: Path, times: int, code: int) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, times + 1)]
    step = f'{{name: a, http: {{url: "https://shop.example/", method: POST, json: *a{times}}}}}'
    check = GOOD.partition("spec:")[0].replace("ServiceLevelObjective", "SyntheticCheck")
    text = "\n".join([*lines, check]) + f"spec: {{schedule: {{every: 1m}}, steps: [{step}]}}\n"
    result = fireline("validate", a_file(tmp_path, text))
    assert result.exit_code == code
    assert ("slo.yaml:1: error: its aliases make" in result.stdout) == bool(code)
