"""How the prober reads its files, as the kubelet puts them there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.synthetic.prober.process import an_entry

from fireline.synthetic.engine.prober_entries import Entries
from fireline.synthetic.engine.prober_secrets import MissingSecret, read


class Volume:
    """A volume of the kubelet: files are links into a directory, which is turned as a whole."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._number = 0

    def turn(self, files: dict[str, Any]) -> None:
        self._number += 1
        into = self.directory / f"..{self._number}"
        into.mkdir()
        for name, content in files.items():
            (into / name).write_text(content if isinstance(content, str) else json.dumps(content))
        link = self.directory / "..data_tmp"
        link.symlink_to(into.name)
        link.rename(self.directory / "..data")
        for path in self.directory.glob("*.json"):
            if path.name not in files:
                path.unlink()
        for name in files:
            if not (self.directory / name).is_symlink():
                (self.directory / name).symlink_to(f"..data/{name}")


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume(tmp_path)


class Refused(list[tuple[str, str]]):
    def __call__(self, file: str, why: str) -> None:
        self.append((file, why))


def files(*names: str, url: str = "http://x/") -> dict[str, Any]:
    return {f"{name}.json": an_entry(name, url) for name in names}


def test_files_are_read_when_the_volume_turns_and_not_in_between(volume):
    entries = Entries(volume.directory, refused=Refused())
    volume.turn(files("a"))
    assert list(entries.read() or ()) == ["uid-a"]
    assert entries.read() is None
    volume.turn(files("a", "b"))
    assert list(entries.read() or ()) == ["uid-a", "uid-b"]
    volume.turn(files("b"))
    assert list(entries.read() or ()) == ["uid-b"]


def test_what_did_not_change_is_the_same_object(volume):
    entries = Entries(volume.directory, refused=Refused())
    volume.turn(files("a", "b"))
    before = entries.read() or {}
    volume.turn({**files("a"), **files("b", url="http://y/")})
    after = entries.read() or {}
    assert after["uid-a"] is before["uid-a"]
    assert after["uid-b"].journey.steps[0].action == {"url": "http://y/"}


def test_an_empty_volume_has_no_checks(volume):
    entries = Entries(volume.directory, refused=Refused())
    volume.turn({})
    assert entries.read() == {}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "entry: found no JSON"),
        ("[" * 100_000, "entry: found no JSON"),
        ("[]", "entry: found []"),
        ({"schedule": "5s+0s"}, "uid: found nothing"),
        ({"uid": "a", "schedule": "7s+0s"}, "'7s+0s'"),
        ({"uid": "a", "schedule": "5s+0s"}, "journey: found nothing"),
        ({"uid": "a", "schedule": "5s+0s", "journey": {}}, "steps: found none"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_once_and_stops_no_other(volume, content, why):
    refused = Refused()
    entries = Entries(volume.directory, refused=refused)
    volume.turn({**files("good"), "bad.json": content})
    assert list(entries.read() or ()) == ["uid-good"]
    volume.turn({**files("good", "other"), "bad.json": content})
    assert list(entries.read() or ()) == ["uid-good", "uid-other"]
    ((file, told),) = refused
    assert file == "bad.json"
    assert why in told


def test_a_directory_that_is_not_there_yet_has_no_checks(tmp_path):
    entries = Entries(tmp_path / "none", refused=Refused())
    assert not entries.read()


def test_a_secret_is_read_as_it_is(tmp_path):
    (tmp_path / "probe").mkdir()
    (tmp_path / "probe" / "token").write_bytes(b"hunter2\n")
    assert read(tmp_path, {"t": "probe/token"}) == {"t": "hunter2\n"}


def test_a_secret_that_is_no_text_is_missing(tmp_path):
    (tmp_path / "probe").mkdir()
    (tmp_path / "probe" / "token").write_bytes(b"\xff\xfe")
    with pytest.raises(MissingSecret, match="probe/token is not text"):
        read(tmp_path, {"t": "probe/token"})
