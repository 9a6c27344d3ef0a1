"""The languages that pages are shown in: their words, their direction, their way of writing days and numbers.

A language is one file, server/translations/<tag>/LC_MESSAGES/messages.po; the English words in code and templates are
its keys. The .po files are read as they are, so that a corrected word needs no compile step.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations
from flask import g
from flask_babel import Babel, Domain, get_locale
from werkzeug.datastructures import LanguageAccept

from forms.questionnaire import RIGHT_TO_LEFT

FOLDER = Path(__file__).parent / "translations"

#: People's clock: every day and hour that is shown or typed.
CLOCK = ZoneInfo("Europe/Copenhagen")

#: The desk's languages; the answering pages have the languages of their round.
DESK_LANGUAGES = ("da", "en")

#: A day with its hour, where CLDR's own form is not how the language is written in this country.
_INSTANT_PATTERNS = {
    "da": "d. MMMM y 'kl.' HH.mm",
    "en": "d MMMM y 'at' HH:mm",
}
_DAY_PATTERNS = {"da": "d. MMMM y", "en": "d MMMM y"}


@dataclass(frozen=True, slots=True)
class Words:
    """Gettext in one language, for code and templates that run outside a request too."""

    language: str
    catalogue: NullTranslations

    def gettext(self, message: str, **values: object) -> str:
        """The words for an English message, with %(name)s filled in."""
        text: str = self.catalogue.ugettext(message)
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, count: int, **values: object) -> str:
        """The words for a number of things; %(num)s is the number."""
        text: str = self.catalogue.ungettext(singular, plural, count)
        return text % {"num": count, **values}

    def pgettext(self, context: str, message: str, **values: object) -> str:
        """The words for a message that means different things in different places."""
        text: str = self.catalogue.upgettext(context, message)
        return text % values if values else text

    @property
    def direction(self) -> str:
        """'rtl' or 'ltr'."""
        return direction(self.language)

    def instant(self, moment: datetime) -> str:
        """A day with its hour on people's clock: '27. september 2021 kl. 12.00'."""
        local = moment.astimezone(CLOCK)
        base = self.language.split("-")[0]
        return format_datetime(
            local, _INSTANT_PATTERNS.get(base, "d MMMM y، HH:mm"), locale=_locale(self.language)
        )

    def day(self, moment: datetime) -> str:
        """A day on people's clock: '27. september 2021'."""
        local = moment.astimezone(CLOCK)
        base = self.language.split("-")[0]
        return format_date(
            local, _DAY_PATTERNS.get(base, "d MMMM y"), locale=_locale(self.language)
        )

    def iso_day(self, text: str) -> str:
        """The day of an ISO text '2021-09-27': '27. september 2021'; what is no day stays as it is."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return text
        return self.day(datetime.combine(day, time(12), CLOCK))

    def date(self, day: date) -> str:
        """A calendar day: '27. september 2021'."""
        base = self.language.split("-")[0]
        return format_date(day, _DAY_PATTERNS.get(base, "d MMMM y"), locale=_locale(self.language))

    def clock(self, hour: str) -> str:
        """A time of day 'HH:MM' as the language writes it: '07.00' in Danish."""
        pattern = "HH.mm" if self.language.split("-")[0] == "da" else "HH:mm"
        return format_time(time.fromisoformat(hour), pattern, locale=_locale(self.language))

    def tenths(self, value: float) -> str:
        """A number with exactly one decimal: '11,0' in Danish, so that a column of them stands in line."""
        return format_decimal(value, format="#,##0.0", locale=_locale(self.language))

    def number(self, value: float) -> str:
        """A number as the language writes it: '1.234,5' in Danish."""
        # Most numbers of a board are small, and these are written alike in each of our languages: a twentieth of the time.
        if type(value) is int and 0 <= value < 1000:
            return str(value)
        return format_decimal(value, locale=_locale(self.language))

    def percent(self, share: float) -> str:
        """A share as a whole percentage: '83 %' in Danish."""
        return format_percent(share, locale=_locale(self.language))


def direction(language: str) -> str:
    """'rtl' for a language written from right to left, else 'ltr'."""
    return "rtl" if language.split("-", maxsplit=1)[0] in RIGHT_TO_LEFT else "ltr"


def name_of(language: str) -> str:
    """A language's own name for itself, as people look for it in a list: 'Dansk', 'العربية'."""
    locale = _locale(language)
    own = locale.get_display_name(locale) or language
    return own[:1].upper() + own[1:]


@cache
def words(language: str) -> Words:
    """The words of a language; a language without a file of its own speaks English."""
    return Words(language, _catalogue(language))


@cache
def _catalogue(language: str) -> NullTranslations:
    for tag in (language, language.split("-", maxsplit=1)[0]):
        path = FOLDER / tag / "LC_MESSAGES" / "messages.po"
        if path.is_file():
            with path.open("rb") as file:
                read = read_po(file, locale=tag)
            compiled = io.BytesIO()
            write_mo(compiled, read)
            compiled.seek(0)
            return Translations(compiled)
    return NullTranslations()


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


def choose(accepted: LanguageAccept, offered: Sequence[str]) -> str:
    """The one of `offered` that a browser's Accept-Language asks for most, else the first."""
    best = accepted.best_match(list(offered))
    return best or offered[0]


class PoDomain(Domain):  # type: ignore[misc]  # flask_babel is untyped
    """Flask-Babel's translations, from the same .po files as everything else."""

    def get_translations(self) -> NullTranslations:
        """The catalogue of the language of this request."""
        return _catalogue(str(get_locale() or "en"))


def set_language(language: str) -> None:
    """Decide the language of this request's page."""
    g.language = language


def current() -> Words:
    """The words of this request's page."""
    return words(str(g.get("language", "en")))


def install(babel: Babel) -> None:
    """Let Flask-Babel read the .po files."""
    babel.domain_instance = PoDomain()
