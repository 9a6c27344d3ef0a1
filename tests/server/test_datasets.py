"""The files of an edition at the desk and on the command line.

F1  Each is offered beside its edition, made once and kept, in Danish and English; unknown ones are not found.
F2  The command writes the same bytes as the desk.
F3  The codebook compares with earlier rounds of the collection.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from exports.datasets.dataset import Format
from server.datasets import dataset_of
from store import editions, rounds
from tests.server.command_line import CommandLine
from tests.server.installation import World
from tests.server.test_desk import with_edition

AT = "/desk/rounds/open1/editions/1"


def test_every_file_is_beside_its_edition_and_kept_F1(world: World) -> None:
    with_edition(world)
    client = world.signed_in("member")
    page = client.get("/desk/rounds/open1", headers={"Accept-Language": "da"}).text
    offered = set(re.findall(rf"{AT}/files/([a-z-]+)", page))
    # The texts of this edition are too few to be shown, so there is no file of them.
    assert offered == {"xlsx", "csv", "csv-plain", "sav", "sqlite", "codebook", "codebook-csv"}
    beginnings = {
        "xlsx": b"PK",
        "csv": b"\xef\xbb\xbf",
        "sav": b"$FL2",
        "sqlite": b"SQLite format 3",
        "html": b"<!doctype",
    }
    for kind in Format:
        with client.get(f"{AT}/files/{kind.value}?language=da") as response:
            assert response.status_code == 200
            assert response.mimetype == kind.media_type
            name = re.search(r"filename=(\S+)", response.headers["Content-Disposition"])
            assert name is not None
            assert name[1].startswith("open1-1-")
            assert name[1].endswith(f"-da.{kind.ending}")
            content = response.data
        if not kind.value.endswith("plain"):
            assert content.startswith(beginnings[kind.ending]), kind
        with client.get(f"{AT}/files/{kind.value}?language=da") as again:
            assert again.data == content
        with client.get(f"{AT}/files/{kind.value}?language=en") as english:
            assert english.status_code == 200
    edition = editions.latest(world.store.main, "open1")
    assert edition is not None
    kept = editions.files(world.store.main, edition.id)
    assert {(file.kind, file.language) for file in kept} == {
        (kind.value, language) for kind in Format for language in ("da", "en")
    }


@pytest.mark.parametrize("path", ["nothing", "csv?language=fr", "report"])
def test_what_there_is_not_F1(world: World, path: str) -> None:
    with_edition(world)
    assert world.signed_in("chair").get(f"{AT}/files/{path}").status_code == 404


def test_before_an_edition_there_is_no_file_F1(world: World) -> None:
    assert world.signed_in("chair").get(f"{AT}/files/csv").status_code == 409


def test_the_command_writes_the_same_bytes_F2(world: World, tmp_path: Path) -> None:
    with_edition(world)
    client = world.signed_in("chair")
    line = CommandLine(world.settings.data)
    calls = {
        Format.CSV: ("--format", "csv", "--out", "a.csv"),
        Format.CSV_PLAIN: ("--format", "csv", "--plain", "--out", "b.csv"),
        Format.XLSX: ("--format", "xlsx", "--out", "c.xlsx"),
        Format.SAV: ("--format", "sav", "--out", "d.sav"),
        Format.SQLITE: ("--format", "sqlite", "--out", "e.sqlite", "--edition", "1"),
        Format.CODEBOOK: ("--format", "codebook", "--out", "f.html"),
        Format.CODEBOOK_CSV: ("--format", "codebook", "--out", "g.csv"),
        Format.CODEBOOK_PLAIN: ("--format", "codebook", "--plain", "--out", "h.csv"),
        Format.TEXTS: ("--format", "csv", "--texts", "--out", "i.csv"),
        Format.TEXTS_PLAIN: ("--format", "csv", "--texts", "--plain", "--out", "j.csv"),
    }
    assert set(calls) == set(Format)
    for kind, call in calls.items():
        out = tmp_path / call[call.index("--out") + 1]
        line.done("export", "open1", *[str(out) if part == out.name else part for part in call])
        with client.get(f"{AT}/files/{kind.value}?language=da") as response:
            assert out.read_bytes() == response.data, kind
    for wrong in (
        ("--format", "xlsx", "--plain"),
        ("--format", "sav", "--texts"),
        ("--format", "pdf"),
    ):
        assert line.run("export", "open1", *wrong, "--out", tmp_path / "x").code == 2
    said = line.refused(
        "export", "open1", "--format", "csv", "--edition", 9, "--out", tmp_path / "x"
    )
    assert "No edition" in said
    assert "nowhere" in line.refused(
        "export", "open1", "--format", "csv", "--out", tmp_path / "nowhere" / "x"
    )
    assert not list(tmp_path.glob("*.part"))


def test_the_codebook_compares_with_earlier_rounds_F3(world: World) -> None:
    with_edition(world)
    own = rounds.read(world.store.main, "open1")
    earlier = rounds.read(world.store.main, "other1")
    assert earlier.version == own.version
    with world.store.write() as db:
        db.execute(
            "UPDATE round SET collection = ?, opens_at = ? WHERE id = 'other1'",
            (own.collection, (own.opens_at - timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%SZ")),
        )
    edition = editions.latest(world.store.main, "open1")
    assert edition is not None
    page = dataset_of(world.store, edition, Format.CODEBOOK, language="da").read_text("utf-8")
    # The same version in both: it is told once and there is no break.
    assert 'class="break' not in page
    assert "<h2>Versioner</h2>" not in page
