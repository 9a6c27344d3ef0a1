"""The one catalogue of errors: every fault that leaves Svarboks, on the API, on a page or in a terminal.

It lies on the lowest floor so that each floor can raise from it; server/problems.py gives an error its shape on
the wire (RFC 9457) and on a page. A code never changes its meaning and is never used again for something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Problem(Enum):
    """One kind of error: (code, HTTP status, title, remedy). The English title is the key of its translations."""

    # One error, one line:
    # fmt: off
    # --- what was asked for is not there, or not now
    NOT_FOUND = ("not-found", 404, "There is nothing at this address.", "Check the link.")
    NO_SUCH_ROUND = ("no-such-round", 404, "No round has this address.", "Check the link or scan the QR code again.")
    ROUND_NOT_OPEN = ("round-not-open", 409, "This round is not open.", "Ask the person who gave you the link.")
    NO_SUCH_VERSION = ("no-such-version", 404, "No version has this hash.", "List the versions with 'svarboks library list'.")
    NO_EDITION = ("no-edition", 409, "No edition has been made of this round yet.", "Make one with 'svarboks edition make ROUND' after the round has stopped receiving.")
    EDITION_MADE = ("edition-made", 409, "An edition has been made of this round, so its numbers stand.", "Write to the secretariat if a number in the report is wrong.")
    NO_ROWS = ("no-rows", 409, "Single answers of this round go to nobody.", "Rounds give them only where that was chosen before they opened, and people were told so. Take the figures instead.")
    TOO_FEW_ROWS = ("too-few-rows", 409, "There are too few answers, or too little that may stand side by side, to give single answers.", "Take the figures instead.")
    ROWS_MOVED_ON = ("rows-moved-on", 409, "The answers that are kept are not those of this edition any more, or another edition's have been given.", "Single answers leave a round once, as they were in one edition.")
    STILL_RECEIVING = ("still-receiving", 409, "The round is still receiving answers.", "Wait until 'receive until', or close the round first.")
    # --- what was sent cannot be accepted
    TOO_LARGE = ("too-large", 413, "What was sent is larger than this service accepts.", "Send less at a time.")
    UNSUPPORTED_TYPE = ("unsupported-type", 415, "This content type is not accepted here.", "Use the content type that the description of the interface names.")
    MALFORMED = ("malformed", 400, "What was sent cannot be read.", "Send it in the form that the description of the interface gives.")
    BAD_ENVELOPE = ("bad-envelope", 400, "The sealed answer is not in a form that this service knows.", "Update the app that sealed it.")
    BAD_BATCH = ("bad-batch", 400, "The batch of sealed answers cannot be taken apart.", "Update the app that sends them.")
    WRONG_SIZE = ("wrong-size", 400, "The sealed answer is not padded to the size of its version.", "Update the app that sealed it.")
    KEY_CONFLICT = ("key-conflict", 409, "Another answer has already been received under this key.", "Use a new random key for each answer.")
    CODE_MISSING = ("code-missing", 403, "This survey is answered with the code from a letter.", "Write the code from your letter.")
    CODE_UNKNOWN = ("code-unknown", 403, "This code is not one of this survey.", "Check the code in your letter, sign by sign.")
    CODE_USED = ("code-used", 409, "This code has been used.", "Each letter's code works once. If it was not you, write to the address in the letter.")
    ROUND_FULL = ("round-full", 429, "This round has received as many answers as it may hold.", "Ask the secretariat to raise the ceiling of the round.")
    ASIDE_FULL = ("aside-full", 429, "Too much that cannot be used has been sent already.", "Ask the secretariat to look at what lies in quarantine.")
    SLOW_DOWN = ("slow-down", 429, "Too many requests at once.", "Wait a moment and try again.")
    INVALID_ANSWERS = ("invalid-answers", 422, "Some answers need to be looked at.", "Correct the answers that are marked.")
    INVALID_DOCUMENT = ("invalid-document", 422, "The questionnaire document has faults.", "Correct the places named and try again.")
    NOT_PUBLISHABLE = ("not-publishable", 422, "The questionnaire cannot be published yet.", "Correct the places named and try again.")
    NO_SCAN = ("no-scan", 422, "This file is no scan that can be read here.", "Scan to PDF, TIFF, JPEG or PNG.")
    BROKEN_SCAN = ("broken-scan", 422, "This file is damaged or cut short.", "Send it once more from the copier, or scan the pile again.")
    LOCKED_SCAN = ("locked-scan", 422, "This file is locked with a password.", "Scan without a password.")
    SCAN_TOO_LARGE = ("scan-too-large", 413, "This file or one of its pages is larger than can be read.", "Scan in grey at 200 dpi, in smaller piles.")
    READING_FAILED = ("reading-failed", 422, "Reading this file or page was given up.", "Scan it again in grey at 200 dpi.")
    INVALID_INPUT = ("invalid-input", 422, "Some of the information is missing or wrong.", "Correct the fields named and try again.")
    NOT_COMPATIBLE = ("not-compatible", 409, "The versions cannot be used in one round.", "Open a round of its own for the other version.")
    # --- paper
    BATCH_DECIDED = ("batch-decided", 409, "This batch has been confirmed or voided.", "Open its page to see how it stands.")
    BATCH_NOT_READY = ("batch-not-ready", 409, "Something in this batch has to be looked at first.", "Open its page: it says what.")
    QUESTION_TOO_LARGE = ("question-too-large", 422, "A question of this questionnaire does not fit on one page of paper.", "Give it fewer or shorter options, or use the questionnaire without paper.")
    FINDING_SETTLED = ("finding-settled", 409, "This point was settled meanwhile, or is another one now.", "Open the page of the batch: it says how it stands.")
    TOO_MANY_FILES = ("too-many-files", 413, "A batch cannot hold more files.", "Begin another batch for the rest.")
    NO_ROOM = ("no-room", 507, "There is too little room on the server for this file.", "Tell the administrator. Nothing was lost; try again later.")
    # --- who asks
    SIGN_IN = ("sign-in", 401, "You need to sign in.", "Sign in and try again.")
    WRONG_SIGN_IN = ("wrong-sign-in", 401, "The name or the password is not right.", "Try again, or ask your administrator.")
    NOT_ALLOWED = ("not-allowed", 403, "Your account does not give access to this.", "Ask your administrator if you should have access.")
    PROVIDER_DOWN = ("provider-down", 503, "The identity provider does not answer.", "Wait a moment and try again.")
    PROVIDER_REFUSED = ("provider-refused", 401, "You were not signed in by the identity provider.", "Begin again from the sign-in page. If it happens again, tell the administrator.")
    NOT_INVITED = ("not-invited", 403, "You have not been invited to this service.", "Ask your administrator to invite you at the e-mail address that the identity provider knows.")
    LAST_ADMINISTRATOR = ("last-administrator", 409, "This is the only administrator who can sign in.", "Make another administrator first.")
    ENROLMENT_UNKNOWN = ("enrolment-unknown", 404, "This code enrols no tablet.", "A code works once, for ten minutes. Ask for a new one.")
    TABLET_UNKNOWN = ("tablet-unknown", 401, "This tablet is not enrolled.", "Enrol it with a code from the secretariat. What waits on it stays there.")
    TABLET_REVOKED = ("tablet-revoked", 403, "This tablet has been withdrawn.", "Enrol it again with a code from the secretariat. What waits on it stays there.")
    FORGED = ("forged-request", 400, "The form is too old or did not come from this service.", "Open the page again and repeat.")
    METHOD = ("method-not-allowed", 405, "This address does not accept that kind of request.", "Use the method that the description of the interface names.")
    # --- this installation
    KEYS_MISSING = ("keys-missing", 500, "The private key of the round is not on this machine.", "Import it with 'svarboks keys import FILE'.")
    BAD_KEYS_FILE = ("bad-keys-file", 422, "The key file cannot be opened.", "Check the passphrase and the file.")
    NOT_INITIALISED = ("not-initialised", 500, "The data folder has no Svarboks data.", "Run 'svarboks init' first.")
    DATA_TOO_NEW = ("data-too-new", 500, "The data folder was written by a newer Svarboks.", "Install at least that version.")
    BUSY = ("busy", 503, "The service is busy.", "Try again in a moment; nothing was lost.")
    UNEXPECTED = ("unexpected", 500, "Something went wrong on our side.", "Try again in a moment. If it happens again, tell the administrator.")

    # fmt: on

    def __init__(self, code: str, status: int, title: str, remedy: str) -> None:
        self.code = code
        self.status = status
        self.title = title
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in something a person wrote or sent: where, what, and how to mend it.

    `place` is a path a person can follow ("sections[1].questions[0].options", "field until", "row 7"); `line` counts
    from 1 where a text was read. `code` is stable and lower-case with hyphens.
    """

    place: str
    code: str
    message: str
    remedy: str
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, str(self.line) if self.line else "") if part)
        return f"{where + ': ' if where else ''}{self.place}: {self.message} {self.remedy}".strip()


@dataclass(eq=False)
class ProblemError(Exception):
    """Raised wherever something cannot be done; carries its entry in the catalogue and what the reader needs to know.

    `detail` is one sentence about this occurrence and never holds anything that a respondent wrote.
    """

    problem: Problem
    detail: str = ""
    faults: tuple[Fault, ...] = ()
    extra: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        head = f"{self.problem.title} {self.detail}".strip()
        return "\n".join([head, *(f"  {fault}" for fault in self.faults)])
