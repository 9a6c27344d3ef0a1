"""Publishes a questionnaire: makes its version, with all that is in the way named, and keeps it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

from sqlite_utils import Database

from forms import library
from forms.document import from_plain, read_document, to_plain
from forms.problems import Fault, Problem, ProblemError
from forms.questionnaire import Questionnaire
from forms.versions import Version, make_version
from store import audit, versions
from store.database import Store
from store.versions import KeptVersion

DOCUMENT_LIMIT = 1024 * 1024


def read_questionnaire(source: str) -> Questionnaire:
    """The questionnaire in a file, or the one of the library with that name.

    Raises ProblemError(INVALID_INPUT) when there is neither, INVALID_DOCUMENT for its faults.
    """
    path = Path(source)
    if not path.is_file():
        if source in library.names():
            return library.read(source)
        fault = Fault(
            source, "no-such-file", "There is neither a file nor a library questionnaire of this name.",
            f"The library has: {', '.join(library.names())}.",
        )  # fmt: skip
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,))
    if path.stat().st_size > DOCUMENT_LIMIT:
        raise ProblemError(Problem.TOO_LARGE, f"{path.name} is larger than 1 MiB.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        fault = Fault(
            f"byte {error.start}", "not-utf-8", "The file is not UTF-8 text.", "Save it as UTF-8.", path.name
        )  # fmt: skip
        raise ProblemError(Problem.INVALID_DOCUMENT, faults=(fault,)) from error
    return read_document(text, file=path.name)


def publish(
    store: Store,
    questionnaire: Questionnaire,
    *,
    accept_unreviewed: Collection[str] = (),
    today: date,
    at: datetime | None = None,
) -> KeptVersion:
    """Publish, or find the version if exactly this has been published before. `at`: noted in the audit log, for the
    command line.

    Raises ProblemError(NOT_PUBLISHABLE) with every missing or unreviewed text, unless the person who publishes
    accepts that a language has not been reviewed.
    """
    version = make_version(questionnaire, accept_unreviewed=accept_unreviewed)
    with store.write() as db:
        known = versions.find(db, version.hash)
        kept = known or keep_version(db, version, today)
        if at is not None and known is None:
            note_published(db, kept, at=at, actor=audit.COMMAND_LINE, accepted=accept_unreviewed)
        return kept


def keep_version(db: Database, version: Version, today: date) -> KeptVersion:
    """Keep what `make_version` made, in a write transaction."""
    questionnaire = version.questionnaire
    return versions.publish(
        db,
        version_hash=version.hash,
        questionnaire=questionnaire.id,
        shape=str(questionnaire.shape),
        title=questionnaire.title,
        document=to_plain(questionnaire),
        padded_size=version.padded_size,
        published_on=today,
    )


def note_published(
    db: Database, kept: KeptVersion, *, at: datetime, actor: str, accepted: Collection[str]
) -> None:
    """Note in the audit log who published what, and which languages they accepted unread."""
    audit.note(
        db,
        at=at,
        actor=actor,
        action="questionnaire published",
        subject=f"questionnaire:{kept.questionnaire}",
        details={
            "number": kept.number,
            "version": kept.hash,
            **({"accepted unreviewed": sorted(accepted)} if accepted else {}),
        },
    )


def kept_questionnaire(kept: KeptVersion) -> Questionnaire:
    """The questionnaire of a version that has been published."""
    return from_plain(dict(kept.document))


def find_version(store: Store, name: str) -> KeptVersion:
    """The version that a person means: a questionnaire's id (its newest), `id@number`, or the beginning of a hash.

    Raises ProblemError(NO_SUCH_VERSION) when nothing or several fit.
    """
    questionnaire, _, number = name.partition("@")
    if number:
        for listed in versions.listed(store.main, questionnaire):
            if str(listed.number) == number:
                return versions.read(store.main, listed.hash)
    newest = versions.latest(store.main, name)
    if newest is not None:
        return newest
    fitting = versions.starting_with(store.main, name)
    if len(fitting) == 1:
        return versions.read(store.main, fitting[0])
    detail = (
        "Several versions begin with this; give more of the hash."
        if fitting
        else f"{name!r} has not been published."
    )
    raise ProblemError(Problem.NO_SUCH_VERSION, detail)
