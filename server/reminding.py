"""Reminders to the people of units that have not returned, or not typed their numbers: who gets one, what it says, kept and put
into the outbox at once.

One mail to a person, however many of their units are missing, in one transaction with the note of each reminder. Who is
missing is read in that transaction too, and nothing is sent where a unit was reminded since it was shown: what is sent again by
a double click, or by two people, goes once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forms.questionnaire import Promise, text_in
from server.languages import Words
from server.unit_board import UnitRow, unit_rows
from store import accounts, audit, outbox, reminders, rounds
from store.accounts import Account, Role
from store.database import Store
from store.rounds import Round, RoundState

#: Who was reminded within this time is not reminded again unless a person says so.
SOON = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A unit that has not returned: who will get a mail, and whether it was reminded within a day. `only_numbers`: it has
    returned, and only its numbers are missing."""

    row: UnitRow
    people: Sequence[Account]
    just_reminded: bool
    only_numbers: bool = False

    @property
    def mark(self) -> str:
        """The unit with its latest reminder, as the page showed it: another reminder makes another mark."""
        unit, last = self.row.reported.unit, self.row.reminded
        # With how many it went to: a second one of the same second adds to them.
        return f"{unit} {last.at.isoformat()} {last.recipients}" if last else f"{unit} never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one person is sent."""

    recipient: Account
    units: tuple[str, ...]
    body: str


def can_be_reminded(shown: Round, now: datetime) -> bool:
    """Whether there is something to remind of: the round has opened and still receives."""
    return shown.state is RoundState.OPEN and shown.receiving(now)


def missing(store: Store, shown: Round, now: datetime) -> list[Missing]:
    """The units that have not returned, by name, each with the people who can do something about it."""
    return [one for one in to_remind(store, shown, now) if not one.only_numbers]


def to_remind(store: Store, shown: Round, now: datetime) -> list[Missing]:
    """Those of `missing`, and the units whose answers have come, but not their numbers."""
    rows = [row for row in unit_rows(store, shown, now)[0] if row.missing or row.lacks_numbers]
    roles = (
        (Role.RESPONDENT, Role.COORDINATOR)
        if shown.promise == Promise.SIGNED
        else (Role.COORDINATOR,)
    )
    people = accounts.of_units(store.main, [row.reported.unit for row in rows], *roles)
    return [
        Missing(
            row=row,
            people=people.get(row.reported.unit, []),
            just_reminded=row.reminded is not None and now - row.reminded.at < SOON,
            only_numbers=row.lacks_numbers,
        )
        for row in rows
    ]


def default_text(shown: Round, organisation: str, words: Words) -> tuple[str, str]:
    """Subject and text to begin from, in the language of the desk."""
    title = text_in(shown.title, words.language, "da")
    deadline = words.instant(shown.answer_until)
    subject = words.gettext("Reminder: %(round)s", round=title)
    if shown.promise == Promise.SIGNED:
        ask = words.gettext(
            "We have not received the answer of your unit yet. Several people can write in it until you send it."
        )
    else:
        ask = words.gettext(
            "We still miss something from your unit: your four numbers, or the answers themselves. "
            "The numbers are typed in a minute, also on a phone."
        )
    return subject, "\n\n".join(
        [
            words.gettext("Hello"),
            words.gettext(
                "This is about the round “%(round)s”. People answer until %(deadline)s.",
                round=title,
                deadline=deadline,
            ),
            ask,
            words.gettext("Thank you for your help."),
            organisation,
        ]
    )


def letters(chosen: Sequence[Missing], shown: Round, text: str, url: str) -> list[Letter]:
    """One letter to each person: the text, and under it the link to each of their units."""
    people: dict[int, Account] = {}
    units: dict[int, list[UnitRow]] = {}
    for one in chosen:
        for account in one.people:
            people[account.id] = account
            units.setdefault(account.id, []).append(one.row)
    made = []
    for account in sorted(people.values(), key=lambda one: (one.name, one.id)):
        links = [
            f"{row.reported.name}: {_link(shown, row.reported.unit, account, url)}"
            for row in units[account.id]
        ]
        body = "\n".join([text.strip(), "", *links, ""])
        ids = tuple(row.reported.unit for row in units[account.id])
        made.append(Letter(recipient=account, units=ids, body=body))
    return made


def _link(shown: Round, unit: str, account: Account, url: str) -> str:
    """Where the person can do something about the unit: its return, its numbers, or else the round's board."""
    at = f"{url}/desk/rounds/{shown.id}"
    if shown.promise != Promise.SIGNED:
        return f"{at}/units/{unit}"
    return f"{at}/returns/{unit}" if unit in account.units_as(Role.RESPONDENT) else at


def send(
    store: Store,
    shown: Round,
    marks: Collection[str],
    units: Collection[str],
    *,
    subject: str,
    text: str,
    url: str,
    by: int,
    now: datetime,
) -> tuple[int, int] | None:
    """Put the mails into the outbox and note the reminders; (units, people). Units that have returned meanwhile, or have
    nobody, get none. None, with nothing sent, where one of them was reminded since its mark was shown, or the round has ended."""
    with store.write() as db:
        if not can_be_reminded(rounds.read(db, shown.id), now):
            return None
        chosen = [
            one
            for one in to_remind(store, shown, now)
            if one.row.reported.unit in units and one.people
        ]
        if any(one.mark not in marks for one in chosen):
            return None
        made = letters(chosen, shown, text, url)
        for letter in made:
            outbox.add(
                db,
                kind="reminder",
                recipient=letter.recipient.email,
                subject=subject,
                body=letter.body,
                now=now,
            )
        for one in chosen:
            unit = one.row.reported.unit
            reminders.add(db, shown.id, unit, at=now, account=by, recipients=len(one.people))
        if chosen:
            audit.note(
                db,
                at=now,
                actor=audit.by_account(by),
                action="units reminded",
                subject=f"round:{shown.id}",
                details={
                    "units": [one.row.reported.unit for one in chosen],
                    "mails": len(made),
                },
            )
    return len(chosen), len(made)
