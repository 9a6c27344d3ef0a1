"""Pages of scans and what was measured of their boxes, in paper.db. Each page of each file is there once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlite_utils import Database

from store.bulk import marks
from store.plain_json import json_text, read_json


class Standing(StrEnum):
    """Where a page is: in its sheet; aside, for a person to say; or discarded by one."""

    IN = "in"
    ASIDE = "aside"
    DISCARDED = "discarded"


class Box(NamedTuple):
    """What was measured of one box. `option` is '' for frames and combs, `column` counts the cells of a comb, -1 elsewhere."""

    place: str
    option: str
    column: int
    kind: str
    fill: float
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPage:
    """A page as it was read. `status` is 'sheet', 'blank', 'foreign' or 'unreadable'; `turn` its place in its file."""

    turn: int
    status: str
    digest: bytes
    round: str | None = None
    language: str | None = None
    layout: str | None = None
    number: str | None = None
    page: int | None = None
    turned: int = 0
    one_bit: bool = False
    dpi: int | None = None
    warnings: Sequence[str] = ()
    boxes: Sequence[Box] = ()
    image: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it is kept, without its picture and boxes. `file_turn` counts the files of the batch, `turn` the pages of a file."""

    id: int
    batch: str
    file_turn: int
    turn: int
    status: str
    standing: Standing
    round: str | None
    language: str | None
    layout: str | None
    number: str | None
    page: int | None
    sheet: int | None
    turned: int
    one_bit: bool
    dpi: int | None
    digest: bytes
    warnings: tuple[str, ...]


_SELECT = (
    "SELECT p.id, p.batch, f.turn, p.turn, p.status, p.standing, p.round, p.language, p.layout, p.number, p.page, p.sheet, p.turned,"
    " p.one_bit, p.dpi, p.digest, p.warnings FROM page p JOIN scan_file f ON f.batch = p.batch AND f.digest = p.file"
)


def add(db: Database, batch: str, file: bytes, pages: Iterable[NewPage]) -> int:
    """Keep the pages of a file, all aside; how many. Raises sqlite3.IntegrityError for a page that is there: none is read twice."""
    number = 0
    for page in pages:
        row = db.execute(
            "INSERT INTO page (batch, file, turn, status, round, language, layout, number, page, turned, one_bit, dpi, digest,"
            " warnings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                batch,
                file,
                page.turn,
                page.status,
                page.round,
                page.language,
                page.layout,
                page.number,
                page.page,
                page.turned,
                int(page.one_bit),
                page.dpi,
                page.digest,
                json_text(list(page.warnings)),
            ),
        ).fetchone()
        db.execute("INSERT INTO page_image (page, image) VALUES (?, ?)", (row[0], page.image))
        db.conn.executemany(
            'INSERT INTO box (page, place, option, "column", kind, fill, state) VALUES (?, ?, ?, ?, ?, ?, ?)',
            (
                (row[0], box.place, box.option, box.column, box.kind, box.fill, box.state)
                for box in page.boxes
            ),
        )
        number += 1
    return number


def of_batch(db: Database, batch: str) -> list[Page]:
    """The pages of a batch in the order in which they were scanned."""
    return _pages(db, "WHERE p.batch = ? ORDER BY f.turn, p.turn", (batch,))


def of_file(db: Database, batch: str, file: bytes) -> list[Page]:
    """The pages of a file that have been kept."""
    return _pages(db, "WHERE p.batch = ? AND p.file = ? ORDER BY p.turn", (batch, file))


def of_sheet(db: Database, sheet: int) -> list[Page]:
    """The pages of a sheet, by their number."""
    return _pages(db, "WHERE p.sheet = ? AND p.standing = 'in' ORDER BY p.page, p.id", (sheet,))


def find(db: Database, page: int) -> Page | None:
    """One page, or None."""
    found = _pages(db, "WHERE p.id = ?", (page,))
    return found[0] if found else None


def with_number(db: Database, numbers: Collection[str], *, apart_from: str) -> list[Page]:
    """The pages in other batches that bear one of these numbers of sheets."""
    found = []
    listed = sorted(numbers)
    for start in range(0, len(listed), 500):
        some = listed[start : start + 500]
        found += _pages(
            db,
            f"WHERE p.batch <> ? AND p.standing = 'in' AND p.number IN {marks(len(some))} ORDER BY p.id",
            (apart_from, *some),
        )
    return found


def image(db: Database, page: int) -> bytes | None:
    """The picture of a page set straight, or None."""
    row = db.execute("SELECT image FROM page_image WHERE page = ?", (page,)).fetchone()
    return None if row is None else bytes(row[0])


def boxes(db: Database, pages: Collection[int]) -> dict[int, list[Box]]:
    """What was measured, by page."""
    found: dict[int, list[Box]] = {page: [] for page in pages}
    listed = sorted(pages)
    for start in range(0, len(listed), 500):
        some = listed[start : start + 500]
        for page, *box in db.execute(
            f'SELECT page, place, option, "column", kind, fill, state FROM box WHERE page IN {marks(len(some))}'  # noqa: S608 - constants
            ' ORDER BY page, place, option, "column"',
            some,
        ):
            found[page].append(Box(*box))
    return found


def put_in(db: Database, page: int, sheet: int) -> None:
    """Put a page into a sheet."""
    db.execute("UPDATE page SET sheet = ?, standing = 'in' WHERE id = ?", (sheet, page))


def set_aside(db: Database, page: int) -> None:
    """Take a page out of its sheet, for a person to say. What was read of it goes with `paper_readings.forget_page`."""
    db.execute("UPDATE page SET sheet = NULL, standing = 'aside' WHERE id = ?", (page,))


def discard(db: Database, page: int) -> None:
    """Leave a page out, as a person said. It stays with the batch's scans."""
    db.execute("UPDATE page SET sheet = NULL, standing = 'discarded' WHERE id = ?", (page,))


def forget(db: Database, pages: Collection[int]) -> None:
    """Remove pages of which there is nothing: no picture, no boxes."""
    for page in pages:
        for table, column in (("box", "page"), ("page_image", "page"), ("page", "id")):
            db.execute(f"DELETE FROM {table} WHERE {column} = ?", (page,))  # noqa: S608 - names of ours


def name(
    db: Database, page: int, *, round_id: str, layout: str, language: str, number: str, at: int
) -> None:
    """Say which page of which sheet one is that could not be read, as a person saw it. Its status stays: nothing of it is measured."""
    db.execute(
        "UPDATE page SET round = ?, layout = ?, language = ?, number = ?, page = ? WHERE id = ?",
        (round_id, layout, language, number, at, page),
    )


def give_to(db: Database, pages: Collection[int], batch: str, *, file: bytes) -> None:
    """Move pages that are aside to another batch, under a file of it that was noted for them (they keep their order)."""
    for turn, page in enumerate(sorted(pages)):
        db.execute(
            "UPDATE page SET batch = ?, file = ?, turn = ?, sheet = NULL WHERE id = ? AND standing = 'aside'",
            (batch, file, turn, page),
        )


def _pages(db: Database, where: str, parameters: Sequence[Any]) -> list[Page]:
    return [_page(row) for row in db.execute(f"{_SELECT} {where}", tuple(parameters))]


def _page(row: Sequence[Any]) -> Page:
    return Page(
        id=row[0],
        batch=row[1],
        file_turn=row[2],
        turn=row[3],
        status=row[4],
        standing=Standing(row[5]),
        round=row[6],
        language=row[7],
        layout=row[8],
        number=row[9],
        page=row[10],
        sheet=row[11],
        turned=row[12],
        one_bit=bool(row[13]),
        dpi=row[14],
        digest=row[15],
        warnings=tuple(read_json(row[16])),
    )
