"""What is said of a batch: the sentence in which reading ends, its files, what was just done, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext, ngettext

from server.languages import current
from server.paper.batch_view import BatchView
from server.paper.uploading import Taken
from store.paper_batches import BatchState
from store.paper_files import FileState, ScanFile


def sentence(view: BatchView) -> str:
    """“60 of 60 sheets found. 4 answers to look at, about 2 minutes.”"""
    said = [_found(view)]
    if view.batch.state is BatchState.VOID:
        return str(gettext("Voided: nothing of it counts."))
    if view.batch.state is BatchState.ACCEPTED:
        return str(
            ngettext(
                "%(num)s sheet has been counted.", "%(num)s sheets have been counted.", view.found
            )
        )
    if view.batch.state is BatchState.ACCEPTING:
        return str(gettext("The sheets are being handed in."))
    if view.reading:
        pages = ngettext("%(num)s page read so far.", "%(num)s pages read so far.", view.pages_read)
        return f"{said[0]} {pages}"
    to_do = view.marks + len(view.open)
    if not view.files:
        return str(gettext("Nothing has been uploaded yet."))
    if to_do:
        said.append(
            ngettext(
                "%(num)s thing to look at, about %(minutes)s.",
                "%(num)s things to look at, about %(minutes)s.",
                to_do,
                minutes=ngettext("%(num)s minute", "%(num)s minutes", view.minutes),
            )
        )
    elif view.found:
        said.append(gettext("Nothing is left to look at."))
    return " ".join(str(one) for one in said)


def _found(view: BatchView) -> str:
    expected = view.batch.expected
    if expected is None:
        return str(ngettext("%(num)s sheet found.", "%(num)s sheets found.", view.found))
    found = ngettext(
        "%(found)s of %(num)s sheet found.",
        "%(found)s of %(num)s sheets found.",
        expected,
        found=current().number(view.all_found),
    )
    if view.earlier:
        return str(
            found
            + " "
            + ngettext(
                "%(num)s of them is in another batch of this pile.",
                "%(num)s of them are in other batches of this pile.",
                view.earlier,
            )
        )
    return str(found)


def file_words(file: ScanFile) -> str:
    """What became of a file."""
    if file.state is FileState.WAITING:
        return str(gettext("received, being read"))
    if file.state is FileState.READ:
        pages = ngettext("%(num)s page read", "%(num)s pages read", file.pages)
        return f"{pages}. {_why(file.said)}" if file.said else str(pages)
    return _why(file.said)


def _why(code: str) -> str:
    words: dict[str, str] = {
        "no-scan": gettext("This is no scan that can be read. Scan to PDF, TIFF, JPEG or PNG."),
        "broken-scan": gettext("The file is damaged or was cut short. Send it once more from the copier."),
        "locked-scan": gettext("The file is locked with a password. Scan without one."),
        "scan-too-large": gettext("The file, or one of its pages, is larger than can be read. Scan in grey at 200 dpi, in smaller piles."),
    }  # fmt: skip
    return words.get(code) or str(gettext("Reading it failed. Scan the sheets again."))


def outcome_words(taken: Taken) -> str:
    """What became of a file on its way, beside its bar."""
    if taken.outcome == "elsewhere" and taken.batch is not None:
        day = current().day(taken.batch.made_at)
        return str(
            gettext("This file was uploaded before, on %(day)s. It was not added again.", day=day)
        )
    words: dict[str, str] = {
        "new": gettext("Received"),
        "same": gettext("Received already"),
        "empty": gettext("The file is empty."),
    }
    return str(words[taken.outcome])


def told_words(told: str) -> tuple[str, str] | None:
    """(kind of alert, words) for what was just done."""
    words: dict[str, tuple[str, str]] = {
        "new": ("success", gettext("The files are received. They are read now; you may close the page.")),
        "same": ("info", gettext("These files were here already. Nothing was added.")),
        "elsewhere": ("warning", gettext("A file has been uploaded before, in another batch. It was not added again.")),
        "empty": ("warning", gettext("A file was empty.")),
        "nothing": ("warning", gettext("No file was chosen.")),
        "no-files": ("warning", gettext("There is no file yet. Upload the scans first.")),
        "sent": ("success", gettext("Thank you. As soon as all files are read, the batch can be looked at.")),
        "file-removed": ("success", gettext("The file is forgotten.")),
        "voided": ("success", gettext("The batch is void. Nothing of it counts, and its scans are being deleted.")),
        "moved": ("success", gettext("The batch belongs to another unit now.")),
        "review-given": ("success", gettext("It is settled who looks at the marks.")),
        "accepting": ("success", gettext("Confirmed. The sheets are being handed in and count from now on.")),
        "exchanged": ("success", gettext("The pages have changed places. Look again whether they belong together now.")),
        "settled": ("success", gettext("Noted.")),
        "from-elsewhere": ("success", gettext("These pages have a batch of their own in their round now.")),
        "gone": ("warning", gettext("This point was settled meanwhile, or is another one now. Look at it again; nothing was changed.")),
        "decided": ("warning", gettext("The batch has been confirmed or voided. Nothing was changed.")),
        "not-ready": ("warning", gettext("Something has to be looked at first. Nothing was changed.")),
        "choose-unit": ("warning", gettext("Choose a unit of the list. Nothing was changed.")),
        "not-in-round": ("warning", gettext("The unit does not take part in that round. Ask the secretariat.")),
        "changed": ("warning", gettext("The number of sheets has changed meanwhile. Look at it again.")),
        "faults": ("warning", gettext("Some sheets say what cannot be: for example a date that does not exist. Look at those answers again, or leave the sheets out.")),
    }  # fmt: skip
    found = words.get(told)
    return (f"alert-{found[0]}", str(found[1])) if found else None


def obstacle_words(view: BatchView) -> Sequence[str]:
    """What has to be done before the batch can be confirmed."""
    words: dict[str, str] = {
        "reading": gettext("All files have to be sent and read."),
        "findings": gettext("Say something to each point above."),
        "marks": gettext("Look at the marks that are doubtful, and type what was written."),
        "empty": gettext("No sheet was found."),
    }
    return [str(words[one]) for one in view.obstacles]
