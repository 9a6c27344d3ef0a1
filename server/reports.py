"""Files made from editions: each is made once for its edition, kind and language, and kept under the hash of its content."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exports.assemble import Report, assemble
from exports.report import FOR_READERS, FOR_THE_ARCHIVE, render_report
from forms.document import from_plain
from forms.questionnaire import Questionnaire
from server.assets import BUILT
from store import editions, versions
from store.database import Store
from store.editions import EditionFile, KeptEdition

REPORT = "report"
ARCHIVE = "archive"
#: What the name of a kept file ends in, where that is not its kind.
_ENDINGS = {REPORT: "pdf", ARCHIVE: "pdf"}


def kept_file(
    store: Store, edition: KeptEdition, kind: str, language: str, make: Callable[[Path], object]
) -> Path:
    """The file of this kind and language of an edition, made now if there is none whose content is still what was noted.

    `make` is given the path of an empty file and writes the whole content to it: bytes, or a stream of any length. It must
    make the same bytes of the same edition. `kind` is a short word, `language` a tag, or "" where the file has none.
    """
    known = editions.find_file(store.main, edition.id, kind, language)
    if known is not None:
        path = store.reports / known.path
        if path.is_file() and _is_still(path, known.digest):
            return path
    store.reports.mkdir(exist_ok=True, mode=0o700)
    draft = store.reports / f"{secrets.token_hex(8)}.tmp"
    try:
        draft.touch(exist_ok=False)
        make(draft)
        _to_disk(draft)
        digest = _digest(draft)
        path = store.reports / f"{digest}.{_ENDINGS.get(kind, kind)}"
        # A file is there whole or not at all, also when the machine stops meanwhile.
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    noted = EditionFile(
        edition=edition.id, kind=kind, language=language, digest=digest, path=path.name
    )
    with store.write() as db:
        editions.keep_file(db, noted)
    return path


def report_of(store: Store, edition: KeptEdition, *, language: str) -> Path:
    """The PDF of an edition in 'da' or 'en', kept."""

    def make(path: Path) -> None:
        path.write_bytes(rendered(store, edition, language=language))

    return kept_file(store, edition, REPORT, language, make)


def archive_of(store: Store, edition: KeptEdition, *, language: str) -> Path:
    """The report for the archive, PDF/A-2a, kept."""

    def make(path: Path) -> None:
        path.write_bytes(rendered(store, edition, language=language, variant=FOR_THE_ARCHIVE))

    return kept_file(store, edition, ARCHIVE, language, make)


def rendered(
    store: Store, edition: KeptEdition, *, language: str, variant: str = FOR_READERS
) -> bytes:
    """The PDF of an edition, made now and kept nowhere: all that is done for a test."""
    figures, questionnaire = _read(store, edition)
    return render_report(figures, questionnaire, language, BUILT / "fonts", variant=variant)


def view_of(store: Store, edition: KeptEdition, *, language: str) -> Report:
    """What the report says, for a web page."""
    figures, questionnaire = _read(store, edition)
    return assemble(figures, questionnaire, language)


def _read(store: Store, edition: KeptEdition) -> tuple[dict[str, Any], Questionnaire]:
    figures: dict[str, Any] = dict(edition.figures)
    return figures, questionnaire_of_edition(store, edition)


def questionnaire_of_edition(store: Store, edition: KeptEdition) -> Questionnaire:
    """The newest version that an edition was made from: its texts are those of the report."""
    newest = str(edition.figures["about"]["versions"][-1]["hash"])
    return from_plain(dict(versions.read(store.main, newest).document))


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


#: Files whose content this process has read and found to be what their name says, as they lay on the disk then.
_FOUND: dict[Path, tuple[str, tuple[int, ...]]] = {}


def _is_still(path: Path, digest: str) -> bool:
    """Whether a file has the content that was noted: read once by each process, and again when the file has become another
    (its size, its time, its place on the disk). So a download reads a kept report once, to send it."""
    lies = path.stat()
    now = (digest, (lies.st_size, lies.st_mtime_ns, lies.st_ctime_ns, lies.st_ino))
    if _FOUND.get(path) == now:
        return True
    if _digest(path) != digest:
        _FOUND.pop(path, None)
        return False
    _FOUND[path] = now
    return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
