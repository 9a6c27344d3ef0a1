"""Files made from editions are made once, kept whole under the hash of their content, and made again where that is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from server import reports
from server.reports import kept_file
from store import editions
from tests.server.installation import World
from tests.server.test_desk import with_edition


@pytest.fixture
def edition(world: World) -> editions.KeptEdition:
    with_edition(world)
    made = editions.latest(world.store.main, "open1")
    assert made is not None
    return made


class Maker:
    """Writes the given content, and counts how often it was asked to."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.times = 0

    def __call__(self, path: Path) -> None:
        self.times += 1
        assert path.read_bytes() == b""
        path.write_bytes(self.content)


def test_a_file_is_made_once_and_kept_by_its_content(
    world: World, edition: editions.KeptEdition
) -> None:
    make = Maker("æøå".encode())
    path = kept_file(world.store, edition, "csv", "da", make)
    assert path.read_bytes() == make.content
    assert path.parent == world.store.reports
    assert path.suffix == ".csv"
    assert kept_file(world.store, edition, "csv", "da", make) == path
    assert make.times == 1
    other = Maker(b"another")
    assert kept_file(world.store, edition, "csv", "en", other) != path
    assert kept_file(world.store, edition, "xlsx", "da", other).suffix == ".xlsx"
    assert other.times == 2
    assert {(f.kind, f.language) for f in editions.files(world.store.main, edition.id)} == {
        ("csv", "da"),
        ("csv", "en"),
        ("xlsx", "da"),
    }


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"something else")])
def test_a_file_that_is_gone_or_changed_is_made_again(
    world: World, edition: editions.KeptEdition, harm: object
) -> None:
    make = Maker(b"content")
    path = kept_file(world.store, edition, "csv", "da", make)
    assert callable(harm)
    harm(path)
    assert kept_file(world.store, edition, "csv", "da", make) == path
    assert path.read_bytes() == b"content"
    assert make.times == 2


def test_a_kept_file_is_read_once_to_see_that_it_is_whole(
    world: World, edition: editions.KeptEdition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a change of some bytes that leaves the length, and the time that a file bears, is seen."""
    make = Maker(b"content")
    path = kept_file(world.store, edition, "csv", "da", make)
    read: list[Path] = []
    digest = reports._digest
    monkeypatch.setattr(reports, "_digest", lambda path: (read.append(path), digest(path))[1])
    for _ in range(3):
        assert kept_file(world.store, edition, "csv", "da", make) == path
    assert read == [path]
    was = path.stat()
    path.write_bytes(b"CONTENT")
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert kept_file(world.store, edition, "csv", "da", make) == path
    assert path.read_bytes() == b"content"
    assert make.times == 2


@pytest.mark.parametrize("name", ["report.pdf", "archive.pdf", "files/csv-plain"])
def test_a_download_is_a_file_that_is_sent(
    world: World, edition: editions.KeptEdition, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing reads the whole of a kept report to send it."""
    client = world.signed_in("chair")
    address = f"/desk/rounds/open1/editions/{edition.number}/{name}?language=da"
    with client.get(address) as first:
        whole = first.data
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read whole"))
    with client.get(address) as response:
        assert response.is_streamed
        assert int(response.headers["Content-Length"]) == len(whole)
        assert response.data == whole


def test_a_maker_that_fails_leaves_nothing(world: World, edition: editions.KeptEdition) -> None:
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("the machine is tired")

    with pytest.raises(RuntimeError):
        kept_file(world.store, edition, "csv", "da", fail)
    assert list(world.store.reports.iterdir()) == []
    assert editions.files(world.store.main, edition.id) == []
