"""The drafts for the data protection officer state facts of this system; here they are compared with it.

R1 each paper has an English head, says that it is a draft and no legal advice, and marks what is to be filled in as [UDFYLDES: …]
R2 the annexes have the headings of Datatilsynet's template, the record the letters of article 30, the assessment those of article 35(7)
R3 times and numbers are those of the code: sessions, backups, mixing, free text, the smallest group, passwords, mail
R4 the papers, the default privacy notice and its template agree
R5 every requirement that docs/security.md names is one of ASVS 5.0.0 level 1 or 2, each stands there once, each named test exists,
   and what is not met wholly is told under what remains
"""

from __future__ import annotations

import ast
import re
import sqlite3
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
import yaml

from exports.released_texts import SMALLEST_FREE_TEXT
from forms import library
from server import desk_session, passwords
from store import outbox
from sync.judging import SMALLEST_MIX
from tests.server.installation import NOW, World, open_round

ROOT = Path(__file__).parents[2]
PAPERS = ROOT / "docs/papers"
DRAFTS = ("databehandleraftale-bilag", "fortegnelse", "risikovurdering", "konsekvensanalyse")


def paper(name: str) -> str:
    return (PAPERS / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("name", DRAFTS)
def test_a_paper_says_that_it_is_a_draft_and_what_is_to_be_filled_in(name: str) -> None:
    text = paper(name)
    head = text.split("\n\n")[1].replace("\n> ", " ")
    assert head.startswith("> **In English:** Draft ")
    assert "not legal advice" in head
    assert "**Udkast. Ikke juridisk rådgivning.**" in text
    gaps = re.findall(r"\[UDFYLDES[^\]]*\]", text)
    assert len(gaps) > 5
    for other in ("TODO", "XXX", "lorem", "[indsæt", "‹"):
        assert other not in text
    assert f"({name}.md)" in (PAPERS / "README.md").read_text("utf-8")


def test_the_annexes_have_the_headings_of_the_template() -> None:
    text = paper("databehandleraftale-bilag")
    found = re.findall(r"^#{2,3} (?:Bilag )?([A-D](?:\.\d)?)[: ]", text, flags=re.M)
    assert found == [
        *("A", "A.1", "A.2", "A.3", "A.4", "A.5", "B", "B.1", "B.2"),
        *("C", "C.1", "C.2", "C.3", "C.4", "C.5", "C.6", "C.7", "C.8", "D"),
    ]


def test_the_record_and_the_assessment_have_the_parts_that_the_regulation_asks_for() -> None:
    controller, processor = paper("fortegnelse").split("\n## ")[1:]
    assert sorted(set(re.findall(r"^\| ([a-g])\) ", controller, flags=re.M))) == list("abcdefg")
    assert sorted(set(re.findall(r"^\| ([a-d])\) ", processor, flags=re.M))) == list("abcd")
    assert re.findall(r"^## ([a-d])\) ", paper("konsekvensanalyse"), flags=re.M) == list("abcd")
    for article in ("artikel 35, stk. 2", "artikel 35, stk. 9", "artikel 36"):
        assert article in paper("konsekvensanalyse")


def test_a_risk_is_its_consequence_times_its_likelihood() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", paper("risikovurdering"), flags=re.M)
    assert [int(number) for number, _ in rows if len(rows) and " × " in _] == list(range(1, 17))
    for number, row in rows:
        for k, s, product in re.findall(r"(\d) × (\d) = (\d+)", row):
            assert int(k) * int(s) == int(product), number
            assert 1 <= int(k) <= 4
            assert 1 <= int(s) <= 4
        products = [int(each) for each in re.findall(r"= (\d+)", row)]
        assert products == sorted(products, reverse=True), number


def test_times_and_numbers_are_those_of_the_code() -> None:
    annex = paper("databehandleraftale-bilag")
    assert timedelta(minutes=30) == desk_session.IDLE
    assert timedelta(hours=12) == desk_session.LASTS
    assert "efter 30 minutter uden brug og efter 12 timer i alle tilfælde" in annex
    assert f"mindst {passwords.SHORTEST_PASSWORD} tegn" in annex
    assert SMALLEST_MIX == 10
    assert "mindst ti ad gangen" in paper("risikovurdering")
    assert "mindst ti venter" in paper("konsekvensanalyse")
    assert SMALLEST_FREE_TEXT == 8
    assert "fra otte frigivne tekster" in paper("risikovurdering")
    days = re.search(r"SVARBOKS_BACKUP_DAYS:-(\d+)", (ROOT / "deploy/backup.sh").read_text())
    assert days is not None
    assert f"slettes efter {days.group(1)} dage" in annex
    draft = (ROOT / "sync/tablet/src/draft.ts").read_text("utf-8")
    assert "KEPT_FOR_DAYS = 30;" in draft
    assert "senest efter 30 dage" in paper("risikovurdering")
    suite = (ROOT / "docs/architecture.md").read_text("utf-8")
    assert "P256-SHA256-AES128GCM" in suite
    assert "HPKE, P-256 og AES-128-GCM" in annex


def test_the_smallest_group_cannot_be_set_below_what_the_papers_say(world: World) -> None:
    assert "Ingen tal om færre end 5 svar" in paper("databehandleraftale-bilag")
    with pytest.raises(sqlite3.IntegrityError, match="smallest_group"):
        open_round(
            world,
            "small",
            world.rounds["open"].version,
            library.read("iv-satisfaction"),
            smallest_group=4,
        )


def test_the_text_of_a_mail_goes_when_it_is_sent_or_given_up(world: World) -> None:
    for name in ("databehandleraftale-bilag", "fortegnelse"):
        assert "er sendt eller opgivet" in paper(name)
    with world.store.write() as db:
        first, second = (
            outbox.add(db, kind="test", recipient="you@region.example", subject="s", body="text", now=NOW)
            for _ in range(2)
        )  # fmt: skip
        outbox.sent(db, first, now=NOW)
        outbox.give_up(db, second)
    kept = [row[0] for row in world.store.main.execute("SELECT body FROM message")]
    assert kept == ["", ""]


def test_the_papers_and_the_notice_agree() -> None:
    notice = yaml.safe_load((ROOT / "server/notice/default.yaml").read_text("utf-8"))
    basis = notice["every"]["da"]["legal_basis"]
    for article in ("artikel 6, stk. 1, litra e", "artikel 9, stk. 2, litra h"):
        assert article in basis
        assert article in paper("fortegnelse")
    # What the notice says of anonymous answers, the papers say too; of confidential ones neither promises a way back yet.
    assert "kan vi ikke finde det igen" in notice["anonymous"]["da"]["rights"]
    assert "Et anonymt svar kan ikke findes igen" in paper("databehandleraftale-bilag")
    template = (ROOT / "docs/privacy-notice-template.md").read_text("utf-8")
    parts = re.findall(r"^\| `(\w+)` \|", template, flags=re.M)
    assert len(parts) == 8
    assert "otte dele" in paper("konsekvensanalyse")
    assert set(notice["every"]["da"]) | set(notice["anonymous"]["da"]) == set(parts)


# ------------------------------------------------------------------------------------------- docs/security.md

#: ASVS 5.0.0: the level of each requirement by section, in order.
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223",
    "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22", "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip

STATES = {"met", "partly", "open", "host"}


def _security() -> str:
    return (ROOT / "docs/security.md").read_text("utf-8")


def _rows() -> list[tuple[str, str, str, str, str]]:
    """(number, level, requirement, state, shown by) of every row of the tables."""
    return re.findall(
        r"^\| (\d+\.\d+\.\d+) \| ([123]) \| (.+?) \| (\w+) \| (.+) \|$", _security(), flags=re.M
    )


def _not_applicable() -> list[str]:
    section = _security().split("\n## What does not apply\n")[1].split("\n## ")[0]
    numbers = []
    for line in re.findall(r"^\| ([\d., –]+) \|", section, flags=re.M):
        for part in line.split(", "):
            first, _, last = part.strip().partition("–")
            head, _, start = first.rpartition(".")
            numbers += [f"{head}.{n}" for n in range(int(start), int(last or start) + 1)]
    return numbers


def test_every_requirement_of_levels_1_and_2_stands_once() -> None:
    asked = [
        f"{section}.{n}"
        for section, levels in LEVELS.items()
        for n, level in enumerate(levels, 1)
        if level in "12"
    ]
    assert len(asked) == 253
    said = [row[0] for row in _rows()] + _not_applicable()
    assert sorted(said) == sorted(set(said))
    assert set(said) == set(asked)


def test_each_row_has_its_level_and_a_known_state() -> None:
    for number, level, requirement, state, _ in _rows():
        section, _, n = number.rpartition(".")
        assert LEVELS[section][int(n) - 1] == level, number
        assert state in STATES, number
        assert len(requirement) < 200, number


@cache
def _tests_of(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_each_test_that_is_named_exists() -> None:
    named = re.findall(r"`((?:\w+/)+test_\w+\.py)(?:::(\w+))?`", _security())
    assert len(named) > 80
    for file, name in named:
        path = ROOT / "tests" / file
        assert path.is_file(), file
        assert not name or name in _tests_of(path), f"{file}::{name}"


def test_what_is_met_names_a_test_or_a_page_that_exists() -> None:
    for number, _, _, state, shown in _rows():
        if state == "met":
            pages = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", shown)
            assert "`" in shown or pages or "make " in shown, number
            for page in pages:
                assert (ROOT / "docs" / page).exists(), f"{number}: {page}"


def test_what_is_not_met_wholly_is_told_under_what_remains() -> None:
    remains = _security().split("\n## What remains\n")[1].split("\n## ")[0]
    for number, _, _, state, _ in _rows():
        told = re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.]*\d)", remains) is not None
        assert told is (state in {"open", "partly"}), f"{number} is {state}"
