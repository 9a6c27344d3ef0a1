"""The shelf of questionnaires: what is ready-made, what has been published, and what stands before a publication."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database

from forms import library
from forms.plan_faults import plan_faults
from forms.problems import Fault
from forms.questionnaire import Questionnaire
from forms.versions import content_hash, publication_faults
from server.service import Service
from server.version_comparison import ComparedVersions, compare_versions
from store import versions
from store.versions import KeptVersion, ListedVersion, RoundOfVersion


def N_(message: str) -> str:  # noqa: N802 - gettext's name for it, which the extractor knows
    """Mark a message for translation."""
    return message


#: What each ready-made questionnaire is for (docs/instruments.md), by its name.
PURPOSES: Mapping[str, str] = {
    "fmk-status": N_("How it goes with FMK in each sector, in the sectors' own words, once a year."),
    "ibclc": N_("How many of the staff in municipalities and birthplaces are certified as IBCLC, now and last time."),
    "initiatives": N_("A template for each initiative; the answers become a catalogue."),
    "iv-refusals": N_("Cases where a municipality had to refuse a patient, and why."),
    "iv-satisfaction": N_("How patients experience treatment with a drip at home, on a tablet, on paper or on the web."),
    "iv-tally": N_("Patients whom the agreement did not cover, counted by department and week."),
    "journal-audit": N_("What two auditors find in the journals of a sample of cases, and where they disagree."),
    "newborn-e-learning": N_("How many have completed each module of the e-learning, and what needs updating."),
    "nursing-home-doctors": N_("Which nursing homes have a permanent doctor, against the target."),
    "maternity-breastfeeding": N_("How those who have given birth found the help with breastfeeding, beside the published figures of region and country."),
    "ptsd-interviews": N_("Interviews about the way through the help for people with PTSD, typed or written down by an interviewer."),
    "ptsd-mapping": N_("Who does what for people with PTSD, from detection to onward referral; the answers become one overview."),
    "sof-follow-up": N_("What each SOF says of an agreement after six and twelve months. Several people write together and sign for the SOF."),
    "time-study": N_("How long each treatment takes, registered by the nurse in under a minute."),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyMade:
    """A questionnaire of the library, with the number of the version that is the same to the letter, if one is."""

    name: str
    questionnaire: Questionnaire
    purpose: str
    published_as: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published questionnaire: its newest version, how many there are, how many rounds use it."""

    newest: ListedVersion
    versions: int
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """A version with its questionnaire and its rounds."""

    listed: ListedVersion
    questionnaire: Questionnaire
    rounds: tuple[RoundOfVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What can be published: what stands in the way, and what it is beside the newest version.

    `unreviewed` are the languages whose drafts must be accepted one by one; `faults` what must be mended first;
    `same` the version that is the same to the letter; `number` the one that it would get.
    """

    questionnaire: Questionnaire
    unreviewed: tuple[str, ...]
    faults: tuple[Fault, ...]
    newest: KeptVersion | None
    same: KeptVersion | None
    compared: ComparedVersions | None
    number: int


def question_count(questionnaire: Questionnaire) -> int:
    """How many questions a person can be asked: without information and what is computed."""
    return sum(one.KIND not in {"information", "computed"} for one in questionnaire.questions())


def ready_made(db: Database) -> list[ReadyMade]:
    """The library, in the order of its names."""
    numbers = {one.hash: one.number for one in versions.listed(db)}
    found = []
    for name in library.names():
        questionnaire = library.read(name)
        found.append(
            ReadyMade(
                name=name,
                questionnaire=questionnaire,
                purpose=PURPOSES.get(name, ""),
                published_as=numbers.get(content_hash(questionnaire)),
            )
        )
    return found


def published(db: Database) -> list[Published]:
    """What has been published, the latest first."""
    used: dict[str, set[str]] = {}
    for one in versions.rounds_of(db):
        used.setdefault(one.version, set()).add(one.round)
    of: dict[str, list[ListedVersion]] = {}
    for listed in versions.listed(db):
        of.setdefault(listed.questionnaire, []).append(listed)
    found = [
        Published(
            newest=all_of[0],
            versions=len(all_of),
            rounds=len(set().union(*(used.get(one.hash, set()) for one in all_of))),
        )
        for all_of in of.values()
    ]
    return sorted(found, key=lambda one: (-_ordinal(one.newest.published_on), one.newest.questionnaire))  # fmt: skip


def _ordinal(day: date) -> int:
    return day.toordinal()


def published_versions(
    running: Service, listed: Sequence[ListedVersion], questionnaire: str
) -> list[PublishedVersion]:
    """These versions of a questionnaire with all that their page says."""
    rounds: dict[str, list[RoundOfVersion]] = {}
    for one in versions.rounds_of(running.store.main, questionnaire):
        rounds.setdefault(one.version, []).append(one)
    return [
        PublishedVersion(
            listed=one,
            questionnaire=running.questionnaire(one.hash),
            rounds=tuple(rounds.get(one.hash, ())),
        )
        for one in listed
    ]


def candidate(running: Service, questionnaire: Questionnaire) -> Candidate:
    """What publishing this would mean."""
    main = running.store.main
    found = publication_faults(questionnaire)
    unreviewed = tuple(
        fault.place.removeprefix("languages.") for fault in found if fault.code == "not-reviewed"
    )
    faults = [fault for fault in found if fault.code != "not-reviewed"]
    if not faults:
        faults += plan_faults(questionnaire)
    newest = versions.latest(main, questionnaire.id)
    return Candidate(
        questionnaire=questionnaire,
        unreviewed=unreviewed,
        faults=tuple(faults),
        newest=newest,
        same=versions.find(main, content_hash(questionnaire)),
        compared=compare_versions(running.questionnaire(newest.hash), questionnaire)
        if newest is not None
        else None,
        number=newest.number + 1 if newest is not None else 1,
    )


def not_accepted(of: Candidate, accepted: Collection[str]) -> tuple[str, ...]:
    """The languages whose drafts nobody has accepted."""
    return tuple(tag for tag in of.unreviewed if tag not in accepted)
