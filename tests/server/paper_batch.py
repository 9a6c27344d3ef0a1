"""A batch as the reading process leaves it: sheets of the IV questionnaire with what was read of them, their pages as pictures."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache

import pypdfium2
from PIL import Image, ImageDraw

from forms.paper.layout import PaperLayout, to_plain
from server.paper.laying_out import lay_out
from server.round_facts import facts_of
from store import paper_batches, paper_files, paper_pages, paper_readings, paper_sheets, piles
from store.paper_batches import Batch, BatchState
from store.paper_files import FileState
from store.paper_pages import Box, NewPage
from store.paper_readings import NewReading, ReadingState, Said
from sync.paper.pages import PIXELS_PER_MM
from tests.server.installation import World

BATCH = "b" * 16

#: What is on a sheet, by place: the options that are marked, 'doubtful' before the one at which a person has to look, words to type.
Filled = Mapping[str, Sequence[str]]


@cache
def _printed(key: str, language: str) -> tuple[PaperLayout, tuple[bytes, ...]]:
    """The layout and its pages as pictures; laid out once for all tests of a process."""
    world, round_id = _WORLDS[key]
    running = world.app.extensions["svarboks"]
    found = world.rounds[round_id]
    laid_out = lay_out(running.questionnaire(found.version), facts_of(running, found), language)
    document = pypdfium2.PdfDocument(io.BytesIO(laid_out.pages))
    pages = []
    for page in document:
        picture = page.render(scale=PIXELS_PER_MM * 25.4 / 72, grayscale=True).to_pil()
        written = io.BytesIO()
        picture.convert("L").save(written, "PNG")
        pages.append(written.getvalue())
    document.close()
    return laid_out.layout, tuple(pages)


_WORLDS: dict[str, tuple[World, str]] = {}


def layout_of(world: World, round_id: str = "open", language: str = "da") -> PaperLayout:
    """The layout of a round's newest version, kept in the store."""
    key = f"{world.rounds[round_id].version} {round_id}"
    _WORLDS.setdefault(key, (world, round_id))
    layout, _ = _printed(key, language)
    with world.store.write() as db:
        piles.keep_layout(
            db,
            piles.KeptLayout(
                id=layout.id,
                version=layout.version,
                language=language,
                layout=to_plain(layout),
            ),
        )
    return layout


def scanned(
    world: World,
    sheets: Sequence[Filled],
    *,
    language: str = "da",
    second: Sequence[str] = (),
    unit: str = "assens",
    batch: str = BATCH,
    name: str = "open",
) -> list[int]:
    """A batch in review with these sheets of a round; the ids of the sheets. A second person reads the places of `second`."""
    layout = layout_of(world, name, language)
    round_id = world.rounds[name].id
    key = f"{world.rounds[name].version} {name}"
    _, pictures = _printed(key, language)
    store = world.store
    with store.write() as db:
        paper_batches.make(
            db,
            Batch(
                id=batch, round=round_id, unit=unit, made_at=world.now, expected=len(sheets),
                scans_until=world.now + timedelta(days=30),
            ),
        )  # fmt: skip
        paper_batches.step(db, batch, BatchState.REVIEW, of={BatchState.UPLOADING})
    made = []
    content = secrets.token_bytes(32)
    with store.write_paper() as db:
        paper_files.add(db, batch, digest=content, size=9, lies_at="0" * 32)
        turn = 0
        for filled in sheets:
            number = "".join(secrets.choice("23456789abcdefgh") for _ in range(8))
            sheet = paper_sheets.add(
                db, batch, number=number, copy=1, layout=layout.id, language=language,
                key=secrets.token_bytes(16),
            )  # fmt: skip
            for page, picture in zip(layout.pages, pictures, strict=True):
                boxes = [
                    Box(
                        one.place, one.option, -1 if one.column is None else one.column, one.kind, 0.3,
                        _state(one.option, filled.get(one.place, ())),
                    )
                    for one in page.boxes
                ]  # fmt: skip
                new = NewPage(
                    turn=turn, status="sheet", digest=secrets.token_bytes(32), round=round_id,
                    layout=layout.id, language=language, number=number, page=page.number, boxes=boxes,
                    image=_marked(picture, page.boxes, filled),
                )  # fmt: skip
                paper_pages.add(db, batch, content, [new])
                kept = paper_pages.of_batch(db, batch)[-1]
                paper_pages.put_in(db, kept.id, sheet.id)
                places = dict.fromkeys(one.place for one in page.boxes)
                written = {one.place for one in page.boxes if one.kind != "box"}
                paper_readings.add(
                    db,
                    sheet.id,
                    [
                        _reading(place, kept.id, filled.get(place, ()), place in written, place in second)
                        for place in places
                    ],
                )  # fmt: skip
                turn += 1
            made.append(sheet.id)
        file = paper_files.of_batch(db, batch)[0]
        paper_files.ended(db, file, FileState.READ, pages=turn)
        paper_files.taken_away(db, file)
    return made


def _state(option: str, filled: Sequence[str]) -> str:
    if option in filled:
        return "doubtful" if filled[:2] == ["doubtful", option] else "marked"
    return "blank"


def _reading(
    place: str, page: int, filled: Sequence[str], written: bool, second: bool
) -> NewReading:
    state = ReadingState.SURE
    if written and filled:
        state = ReadingState.TYPE
    elif filled and filled[0] == "doubtful":
        state = ReadingState.DOUBTFUL
    said = Said(list(filled)) if state is ReadingState.SURE else None  # type: ignore[arg-type]
    return NewReading(place=place, page=page, state=state, said=said, second_wanted=second)


def _marked(picture: bytes, boxes: Sequence[object], filled: Filled) -> bytes:
    """The page with its marks drawn in, as a JPEG."""
    page = Image.open(io.BytesIO(picture))
    pen = ImageDraw.Draw(page)
    for box in boxes:
        place, option, area = box.place, box.option, box.area  # type: ignore[attr-defined]
        values = filled.get(place, ())
        at = [area.x, area.y, area.x + area.width, area.y + area.height]
        left, top, right, bottom = (round(one * PIXELS_PER_MM) for one in at)
        if option and option in values:
            pen.line((left, top, right, bottom), fill=40, width=4)
            if values[0] != "doubtful":
                pen.line((left, bottom, right, top), fill=40, width=4)
        elif not option and values:
            pen.text((left + 12, top + 12), " ".join(values), fill=40, font_size=36)
    written = io.BytesIO()
    page.save(written, "JPEG", quality=80)
    return written.getvalue()
