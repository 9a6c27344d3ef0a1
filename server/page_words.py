"""The words of the answering page's script, and what is said about a fault in an answer, with or without a script.

docs/answering-page.md lists the keys; a test compares. `{…}` are filled in by the script and by `fault_message`, so the
two say the same. N_ marks the English words for translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.questionnaire import Date, LongText, Question, ShortText, TimeOfDay
from server.languages import Words


def N_(message: str) -> str:  # noqa: N802 - gettext's name for it, which the extractor knows
    """Mark a message for translation."""
    return message


SCRIPT_WORDS: Mapping[str, str] = {
    "back": N_("Back"),
    "next": N_("Next"),
    "send": N_("Send my answers"),
    "progress": N_("Page {page} of {pages}"),
    "statement": N_("Statement {n} of {total}"),
    "text_size": N_("Text size"),
    "text_size_1": N_("Normal text"),
    "text_size_2": N_("Large text"),
    "text_size_3": N_("Largest text"),
    "clear": N_("Clear this answer"),
    "add_repetition": N_("Add one more"),
    "remove_repetition": N_("Take out number {n}"),
    "repetition_added": N_("Number {n} has been added."),
    "repetition_removed": N_("Number {n} has been taken out."),
    "summary_title": N_("Some answers need another look"),
    "draft_title": N_("There is an unfinished answer in this browser"),
    "draft_text": N_(
        "Is it yours? You can go on where you left it. If it is not yours, start afresh; what was there is then deleted."
    ),
    "draft_continue": N_("Continue"),
    "draft_afresh": N_("Start afresh"),
    "personal_title": N_("May we ask you to look at this first?"),
    "personal_cpr": N_(
        "Your text seems to hold a CPR number: {text}. It tells who you are, so please leave it out."
    ),
    "personal_phone": N_(
        "Your text seems to hold a telephone number: {text}. We cannot call you, and it could tell who you are."
    ),
    "personal_email": N_(
        "Your text seems to hold an e-mail address: {text}. We cannot write to you, and it could tell who you are."
    ),
    "personal_take_out": N_("Take it out"),
    "personal_go_on": N_("Send as it is"),
    "personal_back": N_("Go back to the text"),
    "sending": N_("Your answers are being sent …"),
    "send_again": N_(
        "There is no connection right now. Your answers are safe in this browser, and we keep trying. "
        "Please leave this page open."
    ),
    "send_now": N_("Try now"),
    "delivery_sent": N_("Your answers have been sent and received."),
    "delivery_earlier": N_(
        "An answer that was given in this browser earlier waits to be sent. It is sealed."
    ),
    "delivery_waits": N_(
        "Your answers are sealed and kept in this browser. They are sent by themselves when there is a connection. If you close this page, please open it again when you are online."
    ),
    "delivery_earlier_refused": N_(
        "An answer that was given in this browser earlier has not been received. It is sealed."
    ),
    "delivery_refused": N_(
        "These answers have not been received. They are sealed and kept in this browser."
    ),
    "delivery_again": N_("You can try again. If it does not help, tell those who invited you."),
    "code_label": N_("The code from your letter"),
    "not_sealed": N_(
        "Your answers could not be sealed, so they have not been sent. They are still on this page."
    ),
    "refused": N_("Your answers could not be received. They are still in this browser."),
    "refused_closed": N_("This survey no longer receives answers."),
    "refused_full": N_("This survey has received as many answers as it can hold."),
    "code_missing": N_("Please write the code from your letter."),
    "code_typo": N_(
        "Something in the code is not right. Compare it with your letter, sign by sign."
    ),
    "code_unknown": N_("This code does not belong to this survey. Compare it with your letter."),
    "code_used": N_(
        "This code has been used, and each letter's code works once. If you have not answered, "
        "ask those who sent you the letter."
    ),
    "refused_code": N_(
        "Your answers were not received, because of the code. They are still on this page: "
        "correct the code and send again."
    ),
    "try_again": N_("Try again"),
    "error_required": N_("Please answer this question."),
    "error_required_text": N_("Please write something here."),
    "error_wrong_type": N_("Please write a number, for example {example}."),
    "error_unknown_option": N_("Please choose one of the answers."),
    "error_too_many_exclusive": N_("Choose either “{option}” or the other answers."),
    "error_out_of_bounds": N_("Please write a number from {minimum} to {maximum}."),
    "error_out_of_bounds_date": N_("Please choose a date from {minimum} to {maximum}."),
    "error_earliest": N_("Please choose {minimum} or later."),
    "error_latest": N_("Please choose {maximum} or earlier."),
    "error_decimals": N_("Please write at most {decimals} decimals."),
    "error_decimals_0": N_("Please write a whole number."),
    "error_not_a_date": N_("Please write a date."),
    "error_not_a_time": N_("Please write a time, for example 14:30."),
    "error_too_long": N_("The text is {over} characters too long."),
    "error_too_few": N_("Please fill in at least {minimum}."),
    "error_too_many": N_("At most {maximum} can be filled in."),
    "error_constraint": N_("Please look at this answer again."),
    "error_no_consent": N_("You can only answer when you say yes to taking part."),
}


#: What stands above a page that is not the real thing (answering_page.Mark).
MARKS: Mapping[str, str] = {
    "preview": N_("PREVIEW – nothing that you write here is sent or kept"),
    "test": N_("TEST – your answers do not count and are deleted"),
}

#: The parts of a round's privacy notice (docs/privacy-notice-template.md), in the order in which people need them.
PRIVACY_HEADINGS: Mapping[str, str] = {
    "controller": N_("Who is responsible"),
    "purpose": N_("What your answers are used for"),
    "legal_basis": N_("What allows us to ask"),
    "recipients": N_("Who sees your answers"),
    "retention": N_("How long they are kept"),
    "rights": N_("Your rights"),
    "data_protection_officer": N_("Who can help you with questions about your data"),
    "complaint": N_("Where you can complain"),
}

#: What of it stands before the first question on paper, where there is no room for all; the rest stands at the end.
FIRST_OF_NOTICE = frozenset({"controller", "purpose"})


def script_words(words: Words) -> dict[str, str]:
    """The script's words in one language."""
    return {key: words.gettext(english) for key, english in SCRIPT_WORDS.items()}


def fault_message(
    code: str, params: Mapping[str, Any], question: Question | None, words: Words
) -> str:
    """What is said beside a field, for one fault that the check of answers found there (architecture.md, "Codes").

    A constraint has words of its own in the questionnaire; the caller takes those.
    """
    key = f"error_{code.replace('-', '_')}"
    if code == "required" and isinstance(question, ShortText | LongText):
        key = "error_required_text"
    if code == "out-of-bounds" and isinstance(question, Date | TimeOfDay):
        key = _date_key(question)
    if code == "decimals" and not params.get("decimals"):
        key = "error_decimals_0"
    if key not in SCRIPT_WORDS:
        key = "error_unknown_option"
    return words.gettext(SCRIPT_WORDS[key]).format_map(_Filled(params, question, words))


def _date_key(question: Date | TimeOfDay) -> str:
    if not question.latest:
        return "error_earliest"
    if not question.earliest:
        return "error_latest"
    return "error_out_of_bounds_date"


class _Filled(dict[str, str]):
    """Fills {…}: from the fault, else from the question, numbers as the language writes them."""

    def __init__(self, params: Mapping[str, Any], question: Question | None, words: Words) -> None:
        super().__init__()
        self._params = params
        self._question = question
        self._words = words

    def __missing__(self, key: str) -> str:
        if key == "example":
            return "12"
        value = self._params.get(key)
        if value is None:
            value = getattr(self._question, key, "")
        if value == "" and key in {"minimum", "maximum"}:
            value = getattr(self._question, "earliest" if key == "minimum" else "latest", "")
        if isinstance(value, int | float):
            return self._words.number(value)
        return str(value)
