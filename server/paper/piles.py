"""Piles: sheets of a round printed together for a unit, with the layout kept so that what comes back can be read."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from forms.paper.layout import to_plain
from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise
from forms.versions import Version
from server.languages import CLOCK
from server.paper.cover import Cover, render_cover
from server.paper.laying_out import LaidOut, lay_out
from server.paper.numbers import draw_numbers
from server.paper.printing import print_sheets
from server.round_facts import facts_from
from server.settings import Settings
from store import audit, piles, round_units, settings, test_rounds
from store.database import Store
from store.piles import KeptLayout, Pile
from store.rounds import Round, RoundState

#: Sheets in one file: as many as the trays of an office printer hold, and about four seconds of one processor.
MOST_IN_A_PILE = 500
LONGEST_ADDRESS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be printed. `unit` None: for no unit in particular. `reader` is the language of the cover."""

    language: str
    count: int
    unit: str | None = None
    return_to: str = ""
    cover: bool = True
    reader: str = "da"


@dataclass(frozen=True, slots=True)
class Printed:
    """A file of sheets, with the map of their boxes; `pile` is None where a single sheet was printed for photocopying."""

    pdf: bytes
    sheet: LaidOut
    pile: str | None


def round_to_print(store: Store, found: Round) -> Round | None:
    """The round that sheets are printed for: its test round while it is in test mode; None when nothing can be printed.

    A round that takes in neither scans nor typed sheets has no use for them; but for signed returns, whose sheets are for
    working on (`for_working_on`).
    """
    if found.state in (RoundState.CLOSED, RoundState.FINISHED):
        return None
    if not for_working_on(found) and not {"paper", "typed"} & set(found.channels):
        return None
    if found.state is RoundState.PLANNED and not found.approved:
        return test_rounds.of_round(store.main, found.id)
    return found


def for_working_on(found: Round) -> bool:
    """Whether sheets of a round are only for people to put their heads together over: a signed return is given at the desk, in the
    unit's own name, and no scan of it is taken in."""
    return found.promise == Promise.SIGNED


def print_pile(
    store: Store,
    config: Settings,
    found: Round,
    version: Version,
    order: Order,
    *,
    account: int | None,
    actor: str,
    now: datetime,
    rng: random.Random,
) -> Printed:
    """Lay out, print and keep: the layout, the pile and a note in the audit log, in one transaction.

    Raises ProblemError(NOT_FOUND) for a language or a unit that is not the round's, TOO_LARGE for what no sheet holds.
    """
    unit_name = _unit_name(store, found, order)
    facts = facts_from(config, store, found, version)
    sheet = lay_out(version.questionnaire, facts, order.language, order.return_to)
    pile = f"{rng.getrandbits(64):016x}"
    cover = b""
    if order.cover:
        cover = render_cover(
            Cover(
                found=found,
                unit_name=unit_name,
                count=order.count,
                pages=len(sheet.layout.pages),
                language=order.reader,
                sheet_language=order.language,
                address=f"{config.url}/desk/piles/{pile}",
                organisation=config.organisation,
            )
        )
    pdf = print_sheets(sheet, found.id, draw_numbers(order.count, rng), cover=cover)
    layout = sheet.layout
    with store.write() as db:
        piles.keep_layout(
            db,
            KeptLayout(
                id=layout.id,
                version=layout.version,
                language=layout.language,
                layout=to_plain(layout),
            ),
        )
        if order.cover:
            piles.add(
                db,
                Pile(
                    id=pile,
                    round=found.id,
                    unit=order.unit,
                    layout=layout.id,
                    sheets=order.count,
                    printed_at=now,
                    back_by=found.receive_until.astimezone(CLOCK).date(),
                    account=account,
                ),
            )
        keep_return_address(db, found, order.unit, order.return_to)
        details: dict[str, str | int] = {"language": order.language, "sheets": order.count}
        if order.unit:
            details["unit"] = order.unit
        audit.note(
            db, at=now, actor=actor, action="sheets printed", subject=f"round:{found.id}", details=details,
        )  # fmt: skip
    return Printed(pdf, sheet, pile if order.cover else None)


def return_address(store: Store, found: Round, unit: str | None) -> str:
    """Where sheets of a unit in a round go back to, as it was written last; '' where nobody wrote anything."""
    for name in (_address_name(found, unit), _address_name(found, None)):
        kept = settings.read(store.main, name)
        if kept is not None:
            return kept
    return ""


def keep_return_address(db: Database, found: Round, unit: str | None, lines: str) -> None:
    """Keep it for the next pile of this unit, in a write transaction."""
    settings.write(db, _address_name(found, unit), lines)


def _address_name(found: Round, unit: str | None) -> str:
    return f"return-address:{found.test_of or found.id}:{unit or ''}"


def _unit_name(store: Store, found: Round, order: Order) -> str:
    if order.language not in found.languages:
        raise ProblemError(Problem.NOT_FOUND, "The round does not have this language.")
    if order.unit is None:
        return ""
    taking_part = round_units.find(store.main, found.id, order.unit)
    if taking_part is None:
        raise ProblemError(Problem.NOT_FOUND, "This unit does not take part in the round.")
    return taking_part.name
