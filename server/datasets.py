"""The files that an analyst takes home: made once from an edition, and kept beside its report (exports/datasets writes them)."""

from __future__ import annotations

from pathlib import Path

from exports.datasets.codebook import Described
from exports.datasets.dataset import Format, Source, write_dataset
from exports.wording import Words
from forms.document import from_plain
from forms.questionnaire import text_in
from server.reports import kept_file
from store import rounds, versions
from store.database import Store
from store.editions import KeptEdition
from store.rounds import Round, RoundState


def dataset_of(store: Store, edition: KeptEdition, kind: Format, *, language: str) -> Path:
    """A file of an edition with labels in 'da' or 'en', made now if it is not kept yet."""

    def make(path: Path) -> None:
        write_dataset(path, kind, source_of(store, edition, language))

    return kept_file(store, edition, kind.value, language, make)


def source_of(store: Store, edition: KeptEdition, language: str) -> Source:
    """What the files of an edition are made of."""
    return Source(
        figures=edition.figures, versions=_described(store, edition, language), language=language
    )


def file_name(edition: KeptEdition, kind: Format, language: str) -> str:
    """What a downloaded file is called: k7m2pq-1-codebook-da.html."""
    what = kind.value.removesuffix("-plain").removesuffix("-csv")
    spelling = "-plain" if kind.value.endswith("-plain") else ""
    name = "figures" if what in ("csv", "xlsx", "sav", "sqlite") else what
    return f"{edition.round}-{edition.number}-{name}{spelling}-{language}.{kind.ending}"


def _described(store: Store, edition: KeptEdition, language: str) -> list[Described]:
    """The versions that the codebook compares, the oldest first: those that earlier rounds of the collection used last, then
    those of the edition. A version that was used again unchanged is told once, where it is newest."""
    words = Words(language)
    own = rounds.read(store.main, edition.round)
    labelled: dict[str, tuple[str, str]] = {}
    for before in _earlier(store, own):
        labelled.pop(before.version, None)
        labelled[before.version] = (before.version, _named(before, language))
    for one in edition.figures["about"]["versions"]:
        labelled.pop(one["hash"], None)
        labelled[one["hash"]] = (one["hash"], "")
    told = []
    for hash_, label in labelled.values():
        kept = versions.read(store.main, hash_)
        named = label or words("version %(number)s", number=kept.number)
        told.append((kept.questionnaire, Described(named, from_plain(dict(kept.document)))))
    newest = told[-1][0]
    # Another questionnaire of the collection has other questions, whatever their names are.
    return [described for questionnaire, described in told if questionnaire == newest]


def _earlier(store: Store, own: Round) -> list[Round]:
    """Rounds of the same collection that opened before, the oldest first."""
    listed = [
        one
        for one in rounds.listed(store.main)
        if one.collection == own.collection
        and one.opens_at < own.opens_at
        and one.state is not RoundState.PLANNED
    ]
    return sorted(listed, key=lambda one: (one.opens_at, one.id))


def _named(one: Round, language: str) -> str:
    title = text_in(one.title, language, "da")
    year = str(one.opens_at.year)
    return title if year in title else f"{title} {year}".strip()
