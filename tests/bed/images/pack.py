"""Puts layers together to images, and images into one archive in the cache.

The archive is what ``docker save`` writes: ``ctr images import``, ``kind load image-archive`` and
``docker load`` all read it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import platform
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from tests.bed.errors import BedError
from tests.bed.images import contents
from tests.bed.images.closure import Distribution, closure, dependencies
from tests.bed.images.layer import Layer

BUSYBOX = "docker.io/local/busybox:1"
FIRELINE = "docker.io/local/fireline:1"
SHOP = "docker.io/local/shop:1"
SHOP_PORT = 8080
_SHOP_NEEDS = ("graphql-core",)
"""What the shop imports beyond Fireline's own dependencies."""
_KEPT = 3
"""Archives in the cache; each is as large as Python."""
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Packed:
    """A layer as a file. ``digest`` is of its bytes."""

    path: Path
    digest: str


def archive(cache: Path | None = None) -> Path:
    """The archive with all images of this checkout, made if it is not in the cache.

    Raises BedError when something to be packed is not on this computer.
    """
    home = cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fireline" / "images"
    with _locked(home):
        images = _images(home)
        key = hashlib.sha256(json.dumps([config for config, _ in images.values()]).encode()).hexdigest()[:16]
        target = home / f"images-{key}.tar"
        if target.exists():
            target.touch()
        else:
            staged = home / f".{target.name}"
            _write(staged, images)
            staged.rename(target)
        _forget(home)
        return target


def _images(home: Path) -> dict[str, tuple[dict[str, Any], list[Packed]]]:
    """Name → configuration and layers, the lowest first."""
    own = closure(dependencies(contents.CHECKOUT / "pyproject.toml"))
    # Only the shop's: what a test tool needs must not hide that Fireline forgot to ask for it.
    extra = [found for name, found in closure(_SHOP_NEEDS).items() if name not in own]
    busybox = _busybox()
    shell = _kept(home, "shell", [busybox.read_bytes()], lambda: contents.shell(busybox))
    python = _kept(home, "python", _identity(own.values()), lambda: contents.python(own.values()))
    ours = distribution("fireline")
    code = _kept(home, "fireline", contents.sources(contents.CODE), lambda: contents.fireline(ours))
    bed = [*contents.sources(contents.BED), *_identity(extra)]
    shop = _kept(home, "shop", bed, lambda: contents.shop(extra))
    path = f"PATH={contents.HOME}/bin:/bin"
    settings = [path, "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1", "LANG=C.UTF-8"]
    serve = [f"{contents.HOME}/bin/python", "-m", "tests.bed.shop", "--host=0.0.0.0", f"--port={SHOP_PORT}"]
    return {
        BUSYBOX: _image([shell], {"Env": ["PATH=/bin"], "Entrypoint": ["/bin/sleep", "infinity"]}),
        FIRELINE: _image(
            [shell, python, code],
            {"Env": settings, "Entrypoint": [f"{contents.HOME}/bin/fireline"], "User": "65532:65532"},
        ),
        SHOP: _image(
            [shell, python, code, shop],
            {
                "Env": [*settings, f"PYTHONPATH={contents.SHOP_HOME}"],
                "Entrypoint": serve,
                "User": "65532:65532",
            },
        ),
    }


def _image(layers: list[Packed], config: dict[str, Any]) -> tuple[dict[str, Any], list[Packed]]:
    whole = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.digest}" for layer in layers]},
    }
    return whole, layers


def _kept(home: Path, name: str, identity: Sequence[bytes], make: Callable[[], Layer]) -> Packed:
    """A layer that is made once per ``identity``: compiled modules may differ from time to time."""
    digest = hashlib.sha256()
    for part in (*identity, *_sources()):
        digest.update(hashlib.sha256(part).digest())
    path = home / f"layer-{name}-{digest.hexdigest()[:16]}.tar"
    if not path.exists():
        staged = home / f".{path.name}"
        make().write(staged)
        staged.rename(path)
    path.touch()
    return Packed(path, _digest(path))


def _identity(packages: Iterable[Distribution]) -> list[bytes]:
    """What the layer of Python depends on: the interpreter, and each package's list of files and hashes."""
    program = contents.interpreter()
    lists = [(package.read_text("RECORD") or package.version).encode() for package in packages]
    return [program.read_bytes(), sys.version.encode(), str(program).encode(), *lists]


def _sources() -> list[bytes]:
    """The code that makes layers: when it changes, so may they."""
    return [file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py"))]


def _write(target: Path, images: dict[str, tuple[dict[str, Any], list[Packed]]]) -> None:
    manifest, files = [], {}
    for name, (config, layers) in images.items():
        text = json.dumps(config).encode()
        file = f"{hashlib.sha256(text).hexdigest()}.json"
        files[file] = text
        manifest.append({"Config": file, "RepoTags": [name], "Layers": [_file(layer) for layer in layers]})
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for file, text in {**files, "manifest.json": json.dumps(manifest).encode()}.items():
            entry = tarfile.TarInfo(file)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
        for layer in {layer.digest: layer for _, layers in images.values() for layer in layers}.values():
            entry = tarfile.TarInfo(_file(layer))
            entry.size = layer.path.stat().st_size
            with layer.path.open("rb") as content:
                tar.addfile(entry, content)


def _file(layer: Packed) -> str:
    return f"{layer.digest}.tar"


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _busybox() -> Path:
    for place in ("/usr/bin/busybox", "/bin/busybox"):
        if Path(place).exists():
            return Path(place)
    raise BedError("busybox is missing: apt-get install --no-install-recommends busybox-static")


def _forget(home: Path) -> None:
    """Keep the latest of each."""
    layers = ("shell", "python", "fireline", "shop")
    for pattern in ("images-*.tar", *(f"layer-{name}-*.tar" for name in layers)):
        oldest_last = sorted(home.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in oldest_last[_KEPT:]:
            path.unlink()


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
