"""Images for the pod bed: the right packages, equal bytes for equal input, modules that need no compiling."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tests.bed.errors import BedError
from tests.bed.images import bytecode, contents
from tests.bed.images.closure import closure, dependencies
from tests.bed.images.layer import Layer
from tests.bed.images.pack import BUSYBOX, FIRELINE, SHOP, archive

PYPROJECT = contents.CHECKOUT / "pyproject.toml"


def names(layer: Layer, tmp_path: Path) -> dict[str, tarfile.TarInfo]:
    layer.write(tmp_path / "layer.tar")
    with tarfile.open(tmp_path / "layer.tar") as tar:
        return {member.name: member for member in tar}


def test_the_closure_is_what_a_user_gets_and_no_development_tool():
    found = closure(dependencies(PYPROJECT))
    assert {"pydantic", "kopf", "click"} <= found.keys()
    # Only by way of others: of a package, and of an extra.
    assert {"typing-extensions", "h2"} <= found.keys()
    assert found.keys().isdisjoint({"pytest", "ruff", "mypy", "hypothesis", "fireline", "pip"})


def test_a_package_that_is_not_installed_is_named():
    with pytest.raises(BedError, match="nobody-wrote-this is not installed"):
        closure(["nobody-wrote-this>=1"])


def test_a_layer_depends_on_its_files_only(tmp_path: Path):
    digests = set()
    for number, mode in enumerate((0o640, 0o600)):
        source = tmp_path / str(number)
        source.mkdir()
        for name in ("b", "a")[:: 1 - 2 * number]:
            (source / name).write_text(name)
            (source / name).chmod(mode)
            os.utime(source / name, (number, number))
        layer = Layer()
        for file in source.iterdir():
            layer.file(file, f"/opt/{file.name}")
        layer.write(tmp_path / f"{number}.tar")
        digests.add(hashlib.sha256((tmp_path / f"{number}.tar").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_directories_come_before_what_is_in_them_and_belong_to_root(tmp_path: Path):
    layer = Layer()
    layer.text("/a/b/c", "x")
    layer.link("/a/link", "b")
    found = names(layer, tmp_path)
    assert list(found) == ["a", "a/b", "a/b/c", "a/link"]
    assert {(member.uid, member.gid, member.mtime) for member in found.values()} == {(0, 0, 0)}
    assert found["a/link"].linkname == "b"


@pytest.mark.parametrize("compiled_before", [True, False])
def test_a_module_is_used_as_it_was_compiled_though_its_source_has_another_time(
    tmp_path: Path, compiled_before: bool
):
    source = tmp_path / "source" / "greeting.py"
    source.parent.mkdir()
    source.write_text("def where():\n    return where.__code__.co_filename\n")
    if compiled_before:
        subprocess.run([sys.executable, "-m", "compileall", "-q", source], check=True)
    layer = Layer()
    layer.file(source, "/site/greeting.py")
    bytecode.add(layer, source, "/site/greeting.py")
    layer.write(tmp_path / "layer.tar")
    with tarfile.open(tmp_path / "layer.tar") as tar:
        tar.extractall(tmp_path / "image", filter="data")
    site = tmp_path / "image" / "site"
    # Who compiled it anew would see this.
    (site / "greeting.py").write_text("def where():\n    return 'compiled anew'\n")
    done = subprocess.run(
        [sys.executable, "-c", "import greeting; print(greeting.where())"],
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(site / "greeting.py")


def test_a_file_that_is_no_python_is_copied_without_a_compiled_form(tmp_path: Path):
    source = tmp_path / "template.py"
    source.write_text("{{ this is a template }} !\n")
    layer = Layer()
    bytecode.add(layer, source, "/site/template.py")
    assert importlib.util.cache_from_source("/site/template.py") not in layer


@pytest.mark.skipif(not Path("/bin/busybox").exists(), reason="busybox-static is not installed")
def test_the_archive_holds_three_images_that_share_their_layers(tmp_path: Path):
    made = archive(tmp_path / "cache")
    assert archive(tmp_path / "cache") == made
    with tarfile.open(made) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
        members = tar.getnames()
    layers = {image["RepoTags"][0]: image["Layers"] for image in manifest}
    assert layers.keys() == {BUSYBOX, FIRELINE, SHOP}
    assert layers[SHOP][:-1] == layers[FIRELINE]
    assert layers[FIRELINE][0] == layers[BUSYBOX][0]
    assert len(members) == len(set(members))
