"""The report's own words, numbers and dates, in Danish and English.

Words are gettext messages in translations/<language>/LC_MESSAGES/report.po, read as they are, so that nothing has to
be compiled. The English sentence is the message id; another language is another file.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "translations"


@lru_cache(maxsize=8)
def _messages(language: str) -> dict[str, str]:
    path = FOLDER / language / "LC_MESSAGES" / "report.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    return {
        str(message.id): str(message.string)
        for message in catalog
        if message.id and message.string and not message.fuzzy
    }


class Words:
    """The words of one language. `language` is 'da' or 'en'; an unknown one speaks English."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._known = _messages(language)

    def __call__(self, message: str, **values: object) -> str:
        """A message in this language, its %(name)s filled in."""
        text = self._known.get(message, message)
        return text % values if values else text.replace("%%", "%")

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with thousands and decimals as the language writes them: 1.234,5 and 1,234.5."""
        # Half goes up, as people round: 1 of 40 is 3 %. First to nine places, for a share times 100 is not exact.
        exact = Decimal(str(round(value, 9)))
        text = f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"
        if text.startswith("-") and not any(sign in text for sign in "123456789"):
            text = text[1:]
        if self.language == "da":
            text = text.replace(",", " ").replace(".", ",").replace(" ", ".")
        return text.replace("-", "−")

    def shortest(self, value: float, decimals: int = 1) -> str:
        """A number without decimals where it has none."""
        whole = abs(value - round(value)) < 0.5 * 10**-decimals
        return self.number(round(value) if whole else value, 0 if whole else decimals)

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share of 1 as per cent: '89 %' in Danish (no-break space), '89%' in English. Never 0 % of somebody."""
        gap = "\u00a0" if self.language == "da" else ""
        if 0 < share < 0.005 and decimals == 0:
            return f"<\u00a01{gap}%"
        if 0.995 <= share < 1 and decimals == 0:
            return f">\u00a099{gap}%"
        return f"{self.number(share * 100, decimals)}{gap}%"

    def percent_beside(self, share: float, target: float | None) -> str:
        """A share as per cent, with a decimal or more where it would look like a target that it is not."""
        for decimals in range(5):
            said = self.percent(share, decimals)
            if target is None or abs(share - target) < 1e-9:
                break
            if said != self.percent(target, decimals):
                break
        return said

    def percent_set(self, share: float) -> str:
        """A share that somebody set, without decimals that nobody wrote: '80 %', '79,5 %'."""
        return self.percent(share, 0 if abs(share * 100 - round(share * 100)) < 1e-6 else 1)

    def day(self, value: date | datetime | str) -> str:
        """A day: '27. september 2021' or '27 September 2021'. A string is an ISO date or instant."""
        if isinstance(value, str):
            value = date.fromisoformat(value[:10])
        form = "d. MMMM y" if self.language == "da" else "d MMMM y"
        return format_date(value, form, locale="da" if self.language == "da" else "en_GB")

    def quoted(self, text: str) -> str:
        """A quotation in the language's marks."""
        return f"»{text}«" if self.language == "da" else f"“{text}”"

    def labelled(self, label: str, text: str) -> str:
        """What belongs to a label, after a colon; after the mark of a question without one."""
        return f"{label} {text}" if label.endswith(("?", ":")) else f"{label}: {text}"

    def either(self, texts: list[str]) -> str:
        """'a', 'a or b', 'a, b or c'."""
        if len(texts) < 2:
            return "".join(texts)
        return f"{', '.join(texts[:-1])} {self('or')} {texts[-1]}"

    def fraction(self, share: float) -> str:
        """A share as it is said aloud: 'Nine out of ten (89%)' where one of the simple fractions is within a point
        and a half, else '87%' as the beginning of a sentence."""
        exact = self.percent(share)
        if share == 1:
            return self("Everyone")
        if share == 0:
            return self("Nobody")
        for value, words in _FRACTIONS:
            if abs(share - value) <= 0.015:
                return f"{self(words)} ({exact})"
        return exact


#: Message ids; each is the beginning of a sentence.
_FRACTIONS = (
    (0.5, "Half"),
    (2 / 3, "Two out of three"),
    (1 / 3, "One out of three"),
    (0.75, "Three out of four"),
    (0.25, "One out of four"),
    (0.8, "Four out of five"),
    (0.6, "Three out of five"),
    (0.4, "Two out of five"),
    (0.2, "One out of five"),
    (0.9, "Nine out of ten"),
    (0.7, "Seven out of ten"),
    (0.3, "Three out of ten"),
    (0.1, "One out of ten"),
)
