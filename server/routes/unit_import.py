"""Importing units at the desk: files are chosen, what they will change is shown, and nothing is kept before that."""

from __future__ import annotations

import json
import secrets

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from forms.problems import Fault, Problem, ProblemError
from server.desk_session import actor, current_account, desk_page
from server.fault_words import fault_words, place_words
from server.own_uploads import own_upload
from server.service import service
from server.unit_changes import Changes, Sort, changes
from server.unit_files import Tables, keep_tables, kept_tables, read_tables
from server.uploaded_text import text_of
from store import audit, uploads
from store.uploads import Upload

blueprint = Blueprint("unit_import", __name__, url_prefix="/desk/units/import")

#: Most files at once; and most rows and faults that the page lists of each sort.
MOST_FILES = 10
MOST_SHOWN = 200


@blueprint.get("")
def form() -> str:
    """Where files are chosen."""
    return _form(())


@blueprint.post("")
def upload() -> Response:
    """Keep the texts of the files for their preview."""
    running = service()
    files = [file for file in request.files.getlist("file") if file.filename]
    faults: list[Fault] = []
    texts: list[str] = []
    if not files:
        faults.append(Fault("file", "nothing-chosen", "No file was chosen.", "Choose one."))
    if len(files) > MOST_FILES:
        faults.append(Fault("file", "too-many-files", "Too many files.", "Choose fewer."))
        files = []
    for number, file in enumerate(files, 1):
        try:
            texts.append(text_of(file.read(), file=str(number)))
        except ProblemError as error:
            faults += error.faults
    if faults:
        status = Problem.INVALID_INPUT.status
        return Response(
            _form(tuple(faults)), status=status, content_type="text/html; charset=utf-8"
        )
    identity = secrets.token_hex(8)
    with running.store.write() as db:
        uploads.add(
            db,
            identity,
            kind="units",
            content=json.dumps(texts, ensure_ascii=False),
            account=current_account().id,
            now=running.clock(),
        )
    return redirect(f"/desk/units/import/{identity}", code=303)


@blueprint.get("/<upload>")
def preview(upload: str) -> str:
    """What the import will change, or every fault of the files."""
    return _preview(own_upload(upload, "units"), stale=False)


@blueprint.post("/<upload>")
def keep(upload: str) -> Response:
    """Import, if what would change is still what was shown."""
    running = service()
    found = own_upload(upload, "units")
    with running.store.write() as db:
        kept = kept_tables(db)
        read = _read(found, kept)
        if isinstance(read, Tables) and kept.fingerprint == request.form.get("seen"):
            told = changes(kept, read)
            keep_tables(db, read)
            audit.note(
                db,
                at=running.clock(),
                actor=actor(),
                action="units imported",
                details=_counts(told),
            )
            uploads.remove(db, found.id)
            return redirect("/desk/units?told=imported#told", code=303)
    return Response(
        _preview(found, stale=True), status=409, content_type="text/html; charset=utf-8"
    )


@blueprint.post("/<upload>/remove")
def remove(upload: str) -> Response:
    """Throw the files away."""
    found = own_upload(upload, "units")
    with service().store.write() as db:
        uploads.remove(db, found.id)
    return redirect("/desk/units", code=303)


def _form(faults: tuple[Fault, ...]) -> str:
    running = service()
    return desk_page(
        "desk/units_import.html",
        faults=faults,
        fault_words=fault_words,
        uploads=uploads.of_account(
            running.store.main, current_account().id, kind="units", now=running.clock()
        ),
        kept_days=uploads.KEPT_FOR.days,
        most_files=MOST_FILES,
    )


def _preview(found: Upload, *, stale: bool) -> str:
    kept = kept_tables(service().store.main)
    read = _read(found, kept)
    return desk_page(
        "desk/units_preview.html",
        at=f"/desk/units/import/{found.id}",
        faults=read if isinstance(read, tuple) else (),
        changes=None if isinstance(read, tuple) else changes(kept, read),
        seen=kept.fingerprint,
        stale=stale,
        files=len(json.loads(found.content)),
        most=MOST_SHOWN,
        kept_until=found.changed_at + uploads.KEPT_FOR,
        fault_words=fault_words,
        place_words=place_words,
    )


def _read(found: Upload, kept: Tables) -> Tables | tuple[Fault, ...]:
    """What the files hold, or all their faults; files are known by their numbers, since their names are not kept."""
    texts = [(str(number), text) for number, text in enumerate(json.loads(found.content), 1)]
    try:
        return read_tables(texts, kept)
    except ProblemError as error:
        return error.faults


def _counts(told: Changes) -> dict[str, int]:
    counts: dict[str, int] = {}
    sorts: tuple[tuple[Sort, str], ...] = (("unit", "units"), ("area", "areas"), ("membership", "memberships"))  # fmt: skip
    for sort, name in sorts:
        new, changed = told.of(sort)
        counts |= {f"new {name}": len(new), f"changed {name}": len(changed)}
    return {name: number for name, number in counts.items() if number}
