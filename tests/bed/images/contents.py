"""What is in the layers: a shell, Python with the run-time dependencies, Fireline, the demo shop.

Python and its shared libraries keep the places they have on this computer, whatever those are (a
distribution's /usr, pyenv, uv): nothing has to be told where the other is. The packages are in a virtual
environment of the image, ``/opt/fireline``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.bed.errors import BedError
from tests.bed.images import bytecode
from tests.bed.images.closure import Distribution
from tests.bed.images.layer import Layer

CHECKOUT = Path(__file__).parents[3]
CODE = CHECKOUT / "operator" / "fireline"
BED = CHECKOUT / "tests" / "bed"
HOME = "/opt/fireline"
SITE = f"{HOME}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
SHOP_HOME = "/opt/shop"
_LEFT_OUT = {"__pycache__", "site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter"}
_LEFT_OUT |= {"turtledemo", "lib2to3", "ensurepip"}
_NOT_COMPILED = ("kubernetes/aio/", "kubernetes/client/api/", "kubernetes/client/models/", "pygments/lexers/")
"""Thousands of modules of which a process loads a handful, if any: compiled they would double the image."""
_WITH_WINDOWS = ("_tkinter.", "_test", "_ctypes_test", "_xx")
"""Modules of the standard library that nobody needs here, and what they are linked to still less."""
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_USERS = "root:x:0:0::/:/bin/sh\nnonroot:x:65532:65532::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
_GROUPS = "root:x:0:\nnonroot:x:65532:\nnogroup:x:65534:\n"


def interpreter() -> Path:
    """The Python below this virtual environment, with every link resolved."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def shell(busybox: Path) -> Layer:
    """busybox under each of its names, and the few files that programs look for."""
    layer = Layer()
    layer.file(busybox, "/bin/busybox")
    done = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
    for name in done.stdout.split():
        if name != "busybox":
            layer.link(f"/bin/{name}", "busybox")
    for place in ("/proc", "/sys", "/dev", "/run", "/var/run"):
        layer.directory(place)
    layer.directory("/tmp", 0o1777)
    layer.text("/etc/passwd", _USERS)
    layer.text("/etc/group", _GROUPS)
    layer.text("/etc/nsswitch.conf", "hosts: files dns\n")
    if _CERTIFICATES.exists():
        layer.file(_CERTIFICATES)
    return layer


def python(packages: Iterable[Distribution]) -> Layer:
    """Python, its standard library, ``packages`` and every shared library they need."""
    layer = Layer()
    program = interpreter()
    layer.file(program)
    _tree(layer, Path(sysconfig.get_path("stdlib")), None)
    for package in packages:
        _package(layer, package)
    layer.text(f"{HOME}/pyvenv.cfg", f"home = {program.parent}\ninclude-system-site-packages = false\n")
    for name in ("python", "python3"):
        layer.link(f"{HOME}/bin/{name}", str(program))
    _libraries(layer)
    return layer


def fireline(package: Distribution) -> Layer:
    """This checkout's Fireline, its metadata and its command."""
    layer = Layer()
    _tree(layer, CODE, f"{SITE}/fireline")
    for name in ("METADATA", "entry_points.txt"):
        if text := package.read_text(name):
            layer.text(f"{SITE}/fireline-{package.version}.dist-info/{name}", text)
    start = f"#!{HOME}/bin/python\nimport sys\n\nfrom fireline.cli.main import main\n\nsys.exit(main())\n"
    layer.text(f"{HOME}/bin/fireline", start, 0o755)
    return layer


def shop(packages: Iterable[Distribution]) -> Layer:
    """The demo shop with what only it needs."""
    layer = Layer()
    for package in packages:
        _package(layer, package)
    layer.text(f"{SHOP_HOME}/tests/__init__.py", "")
    _tree(layer, BED, f"{SHOP_HOME}/tests/bed")
    return layer


def sources(folder: Path) -> list[bytes]:
    """What a layer of this folder depends on: names and contents of its files."""
    return [
        part
        for file in _files(folder)
        for part in (str(file.relative_to(folder)).encode(), file.read_bytes())
    ]


def _tree(layer: Layer, source: Path, place: str | None) -> None:
    """A folder of modules, by default at the place it has here."""
    for file in _files(source):
        _module(layer, file, (place or str(source)) + "/" + str(file.relative_to(source)))


def _files(source: Path) -> Iterator[Path]:
    """The files of a folder that an image needs, in the order of names."""
    for folder, below, files in os.walk(source):
        below[:] = sorted(n for n in below if n not in _LEFT_OUT and not n.startswith("config-"))
        for name in sorted(files):
            file = Path(folder, name)
            if file.is_file() and file.suffix not in (".a", ".pyc") and not name.startswith(_WITH_WINDOWS):
                yield file


def _package(layer: Layer, package: Distribution) -> None:
    """The files of an installed package, without its commands."""
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if ".." in file.parts or "__pycache__" in file.parts or not path.is_file():
            continue
        _module(layer, path, f"{SITE}/{file}")


def _module(layer: Layer, file: Path, place: str) -> None:
    layer.file(file, place)
    if file.suffix == ".py" and not place.startswith(tuple(f"{SITE}/{name}" for name in _NOT_COMPILED)):
        bytecode.add(layer, file, place)


def _libraries(layer: Layer) -> None:
    """Shared libraries that programs and modules in the layer need, where these look for them."""
    sources = {str(path): place for place, path in layer.files().items()}
    binaries = [path for path in sources if path == str(interpreter()) or re.search(r"\.so(\.\d+)*$", path)]
    done = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False)
    needed = {Path(found) for found in re.findall(r"(?:=> |^\s)(/\S+) \(0x", done.stdout, re.MULTILINE)}
    if not needed:
        raise BedError(f"ldd found no library that Python needs: {done.stderr.strip()}")
    # An older C library loads these by name when a host name is looked up.
    loaded = {path.parent / name for path in needed for name in ("libnss_dns.so.2", "libnss_files.so.2")}
    for path in sorted(needed | {path for path in loaded if path.exists()}):
        # Those that came with a package are there, beside it.
        if str(path.resolve()) not in sources and str(path) not in sources and str(path) not in layer:
            layer.file(path)
