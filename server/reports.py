"""Rendered reports: made once for each edition and language, and kept under the hash of their content."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

from exports.report import render_report
from forms.document import from_plain
from server.assets import BUILT
from store import editions, versions
from store.database import Store
from store.editions import EditionFile, KeptEdition

KIND = "report"


def report_of(store: Store, edition: KeptEdition, *, language: str) -> Path:
    """The PDF of an edition in 'da' or 'en', rendered now if there is none whose content is still what was noted."""
    known = editions.find_file(store.main, edition.id, KIND, language)
    if known is not None:
        path = store.reports / known.path
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == known.digest:
            return path
    pdf = rendered(store, edition, language=language)
    digest = hashlib.sha256(pdf).hexdigest()
    path = store.reports / f"{digest}.pdf"
    _write_whole(path, pdf)
    noted = EditionFile(
        edition=edition.id, kind=KIND, language=language, digest=digest, path=path.name
    )
    with store.write() as db:
        editions.keep_file(db, noted)
    return path


def rendered(store: Store, edition: KeptEdition, *, language: str) -> bytes:
    """The PDF of an edition, made now and kept nowhere: all that is done for a test."""
    figures: dict[str, Any] = dict(edition.figures)
    version = versions.read(store.main, str(figures["about"]["versions"][-1]["hash"]))
    return render_report(figures, from_plain(dict(version.document)), language, BUILT / "fonts")


def _write_whole(path: Path, content: bytes) -> None:
    """A file is there whole or not at all, also when the machine stops meanwhile."""
    path.parent.mkdir(exist_ok=True, mode=0o700)
    draft = path.with_name(f"{secrets.token_hex(8)}.tmp")
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
