"""Where programs come from: named, found, cached or built; and what is said when one is missing."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.bed import gobuild
from tests.bed.errors import BuildFailedError, ToolMissingError
from tests.bed.recipes import MODULES, PROGRAMS, Module, Program
from tests.bed.toolchain import Tools


def a_program(path: Path) -> Path:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def a_module(folder: Path, *, source: str = 'package main\n\nfunc main() { println("hello") }\n') -> Module:
    """A Go module of one program that needs nothing from the network."""
    home = folder / "hello"
    home.mkdir()
    (home / "go.mod").write_text("module example.test/hello\n\ngo 1.20\n")
    (home / "main.go").write_text(source)
    return Module("hello", {"hello": Program("example.test/hello", 1)}, locks=folder)


def test_a_missing_program_is_named_together_with_where_it_was_looked_for(tmp_path: Path):
    environ = {"FIRELINE_BED_BUILD": "0", "KUBEBUILDER_ASSETS": str(tmp_path / "assets")}
    with pytest.raises(ToolMissingError) as caught:
        Tools(environ, cache=tmp_path / "cache").path("kube-apiserver")
    message = str(caught.value)
    for part in ("kube-apiserver", "FIRELINE_BED_KUBE_APISERVER", f"{tmp_path}/assets", f"{tmp_path}/cache"):
        assert part in message


def test_a_program_named_in_the_environment_that_is_not_there_is_an_error(tmp_path: Path):
    environ = {"FIRELINE_BED_ETCD": str(tmp_path / "none")}
    with pytest.raises(ToolMissingError, match=r"FIRELINE_BED_ETCD says .*none.* \(etcd\)"):
        Tools(environ, cache=tmp_path).path("etcd")


def test_the_named_program_wins_over_the_assets_and_those_over_the_cache(tmp_path: Path):
    cached = {module.name: f"{module.name}-{module.fingerprint}" for module in MODULES}
    in_cache = a_program(tmp_path / "cache" / cached["etcd"] / "etcd")
    environ = {"FIRELINE_BED_BUILD": "0"}
    assert Tools(environ, cache=tmp_path / "cache").path("etcd") == in_cache

    environ["KUBEBUILDER_ASSETS"] = str(tmp_path / "assets")
    in_assets = a_program(tmp_path / "assets" / "etcd")
    assert Tools(environ, cache=tmp_path / "cache").path("etcd") == in_assets

    environ["FIRELINE_BED_ETCD"] = str(a_program(tmp_path / "mine"))
    assert Tools(environ, cache=tmp_path / "cache").path("etcd") == tmp_path / "mine"


def test_every_program_of_the_bed_has_a_recipe_with_a_lock():
    for module in MODULES:
        assert (module.lock / "go.sum").exists(), module.name
        assert module.go_version >= (1, 20)
    assert len(set(PROGRAMS)) == len(PROGRAMS)


@pytest.mark.bed
def test_a_built_api_server_knows_its_version():
    server = Tools().path("kube-apiserver")
    if not server.is_relative_to(Tools().cache):
        pytest.skip(f"{server} was brought along, not built here")
    said = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "Kubernetes v1.34.4"


@pytest.mark.bed
def test_two_runs_that_build_the_same_program_do_not_clash(tmp_path: Path):
    module, target = a_module(tmp_path), tmp_path / "cache" / "hello"
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(gobuild.build, module, "hello", target, Tools().cache) for _ in range(2)]
        for run in runs:
            run.result()
    assert subprocess.run([target], capture_output=True, text=True, check=True).stderr == "hello\n"
    assert {path.name for path in target.parent.iterdir()} == {"hello", ".hello.lock"}


@pytest.mark.bed
def test_a_failed_build_quotes_the_compiler_and_leaves_nothing_behind(tmp_path: Path):
    module, target = (
        a_module(tmp_path, source="package main\n\nfunc main() { nonsense }\n"),
        tmp_path / "c" / "hello",
    )
    with pytest.raises(BuildFailedError, match="undefined: nonsense"):
        gobuild.build(module, "hello", target, Tools().cache)
    assert not target.exists()
    assert [path.name for path in target.parent.iterdir()] == [".hello.lock"]
