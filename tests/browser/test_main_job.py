"""The main job as a new user does it, from an empty folder to a report, with nothing but what is shipped.

The command line sets a folder up and opens a round; a real `svarboks serve` receives forty answers: seventeen as a plain form,
seventeen sealed by a program, six from people in Chromium; the round is closed, mixed and made an edition; the chair
signs in and downloads the PDF and the table. Every figure in them is the one that this file counts by hand.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import secrets
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, expect

from forms import library
from forms.questionnaire import OneOf, Scale, text_in
from sync.keys import public_from_text
from sync.sealing import seal_answers
from tests.browser.conftest import LAPTOP, TABLET
from tests.browser.steps import go_on_to, go_to_the_end, option, sign_in
from tests.crash.processes import PRODUCT, ROOT, Running, free_port

pytestmark = pytest.mark.browser

PASSWORD = "fire ord uden mening"

#: The forty answers. How each is given (P plain form, S sealed, B browser with and b without a script), its language, and
#: choice, trust, informed, procedures, preference, filled_in_by. "." is unanswered, "?" don't know, "x" not relevant.
ANSWERS = """
P da 5 5 5 5 home self
P da 4 5 4 4 home self
P da 5 4 . x home self_with_relative
P en 3 5 4 5 no_matter self
P ar 2 3 ? x hospital self_with_staff
P da 1 4 5 4 home relative
P da ? 5 5 5 home self
P da 4 4 4 3 home self
P fa 5 5 3 4 no_matter self_with_staff
P da . 5 5 5 home self_with_relative
P da 3 2 2 3 hospital relative
P da 4 5 5 x home self
P en 5 5 4 4 home self
P da 2 4 4 ? ? self_with_relative
P ar 1 1 2 2 hospital self_with_staff
P da 5 5 5 5 home self
P da 4 3 4 4 . .
S da 5 5 4 5 home self
S da 3 4 3 4 no_matter relative
S da ? ? . x home self_with_relative
S en 4 5 5 5 home self
S ar 5 4 4 x home self_with_staff
S da 2 2 3 2 hospital relative
S da 4 5 4 4 home self
S da 5 5 5 5 home self
S fa 3 4 ? 3 no_matter self_with_staff
S da 5 5 5 4 home self_with_relative
S da 1 3 4 4 hospital relative
S da 4 4 4 5 home self
S da . . . . . .
S da 5 5 4 x home self
S en 4 4 5 4 home self_with_relative
S da 3 5 4 3 no_matter relative
S da 5 4 5 5 home self
B da 5 5 5 5 home self
B da 4 2 3 x hospital self_with_staff
b da 3 4 ? 4 home self_with_relative
B ar 5 5 4 5 home self_with_staff
B ar 4 . 4 x no_matter relative
b ar 2 5 5 ? home self
"""
QUESTIONS = ("choice", "trust", "informed", "procedures", "preference", "filled_in_by")
SCALES = QUESTIONS[:4]
OUTSIDE = {"?": "dont_know", "x": "not_relevant", ".": "unanswered"}

#: What one of them writes. Nobody has read and released it, so it is in no report.
TEXT = "شكرا للممرضة اللطيفة"

NOTICE = """
{tag}:
  controller: Region Eksempel.
  data_protection_officer: databeskyttelse@region.example
  purpose: IV.
  legal_basis: Artikel 6, stk. 1, litra e.
  recipients: IV-arbejdsgruppen.
  retention: "5"
  rights: "-"
  complaint: www.datatilsynet.dk
"""


@dataclass(frozen=True, slots=True)
class Given:
    """One line of the table."""

    way: str
    language: str
    answers: dict[str, str]

    @property
    def filled(self) -> dict[str, str]:
        """What was answered, without what was left out."""
        return {name: value for name, value in self.answers.items() if value != "."}


def given() -> list[Given]:
    """The table, read."""
    rows = [line.split() for line in ANSWERS.split("\n") if line]
    return [Given(row[0], row[1], dict(zip(QUESTIONS, row[2:], strict=True))) for row in rows]


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, the environment that its commands and its server run in, and the server's address."""

    folder: Path
    environment: dict[str, str]
    url: str

    def svarboks(self, *arguments: str) -> str:
        """A command as it is typed; it has to succeed. What it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout.strip()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("main-job")
    port = free_port()
    url = f"http://localhost:{port}"
    environment = {
        "SVARBOKS_DATA": str(folder / "data"),
        "SVARBOKS_KEYS": str(folder / "keys"),
        "SVARBOKS_URL": url,
        "SVARBOKS_ORGANISATION": "Region Eksempel",
    }
    here = Place(folder, environment, url)
    here.svarboks("init")
    server = Running("serve", PRODUCT, folder, port=port, **environment)
    server.start()
    try:
        server.wait_until_it_answers()
        yield here
    finally:
        server.stop()


@pytest.fixture(scope="module")
def round_id(place: Place) -> str:
    """Everything that is typed before people can answer. The round's id."""
    units = place.folder / "units.csv"
    units.write_text(
        "id,name,kind,region,alternative_names\nassens,Assens,municipality,,\nbillund,Billund,municipality,,\n"
    )
    notice = place.folder / "notice.yaml"
    notice.write_text("".join(NOTICE.format(tag=tag) for tag in ("da", "en", "ar", "fa")))
    place.svarboks("units", "import", str(units))
    place.svarboks(
        "account", "add", "chair@region.example", "--role", "chair", "--group", "iv=IV-arbejdsgruppen",
        "--password", PASSWORD,
    )  # fmt: skip
    published = place.svarboks("publish", "iv-satisfaction", "--accept-unreviewed", "ar,fa")
    assert re.fullmatch(r"iv-satisfaction@1 [0-9a-f]{64}", published)
    return place.svarboks(
        "round", "open", "iv-satisfaction", "--group", "iv", "--units", "Assens,Billund", "--notice", str(notice),
        "--title", "IV-behandling i eget hjem",
    )  # fmt: skip


def answer_plainly(page_url: str, one: Given) -> None:
    """As a browser without a script posts the form."""
    page = requests.get(page_url, timeout=30)
    [key] = re.findall(r'name="~key" value="([0-9a-f]{32})"', page.text)
    missing = {"?": "~dont_know", "x": "~not_relevant"}
    fields = {name: missing.get(value, value) for name, value in one.filled.items()}
    sent = requests.post(page_url, {"~key": key, **fields}, timeout=30)
    assert sent.status_code == 200 and sent.url.endswith("/thanks"), sent.status_code


def answer_sealed(place: Place, page_url: str, one: Given) -> None:
    """As another client sends it: sealed to the key that the page tells, and acknowledged with a receipt."""
    page = requests.get(page_url, timeout=30).text
    told = dict(re.findall(r'data-(round|version|padded-size|public-key)="([^"]*)"', page))
    key = secrets.token_hex(16)
    answers: dict[str, Any] = {
        name: {"missing": OUTSIDE[value]} if value in OUTSIDE else value
        for name, value in one.filled.items()
    }
    envelope = seal_answers(
        answers,
        language=one.language,
        round_id=told["round"],
        version=told["version"],
        padded_size=int(told["padded-size"]),
        public_key=public_from_text(told["public-key"]),
        key=key,
        channel="web",
    )
    for _ in range(2):  # the second time the receipt was lost on its way; it counts once
        sent = requests.post(
            f"{place.url}/api/submissions",
            envelope,
            headers={"Content-Type": "application/octet-stream"},
            timeout=30,
        )
        assert sent.status_code == 201
        assert sent.json()["key"] == key


def answer_in_browser(context: BrowserContext, page_url: str, one: Given, text: str) -> None:
    """As a person does it, tapping."""
    page = context.new_page()
    page.goto(page_url)
    missing = {"?": "~dont_know", "x": "~not_relevant"}
    for name, value in one.filled.items():
        if name == "filled_in_by" and text:
            page.locator('[id="f-suggestions"]').fill(text)
        go_on_to(page, name)
        option(page, name, missing.get(value, value)).click()
    go_to_the_end(page)
    page.locator("#send").click()
    page.wait_for_url("**/thanks")
    expect(page.locator("main h1")).to_be_visible()
    page.close()


def counted_by_hand(question: str) -> dict[str, Any]:
    """What the report must say of a question: n per option, n, what stands outside, share favourable, mean."""
    values = [one.answers[question] for one in given()]
    outside = Counter(OUTSIDE[value] for value in values if value in OUTSIDE)
    inside = [value for value in values if value not in OUTSIDE]
    hand: dict[str, Any] = {"n": len(inside), "cells": Counter(inside), "outside": outside}
    if question in SCALES:
        hand["mean"] = sum(map(int, inside)) / len(inside)
        hand["favourable"] = sum(value in {"4", "5"} for value in inside)
    return hand


def test_ten_megabytes_are_refused_in_words_and_not_by_a_broken_connection(
    place: Place, round_id: str
) -> None:
    before = json.loads(place.svarboks("round", "list", "--format", "json"))
    body = b"a" * 10_000_000
    sealed = {"Content-Type": "application/octet-stream"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path, headers in (("/api/submissions", sealed), (f"/s/{round_id}/da", form)):
        for _ in range(3):
            answer = requests.post(place.url + path, body, headers=headers, timeout=30)
            assert answer.status_code == 413, path
            assert answer.headers["Content-Type"] in {
                "application/problem+json",
                "text/html; charset=utf-8",
            }
    # A body whose length nobody tells beforehand.
    pieces = (b"a" * 100_000 for _ in range(100))
    answer = requests.post(f"{place.url}/api/submissions", pieces, headers=sealed, timeout=30)
    assert answer.status_code in {400, 413}
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(place.svarboks("round", "list", "--format", "json")) == before


def test_from_an_empty_folder_to_the_report(place: Place, round_id: str, browser: Browser) -> None:
    rows = given()
    assert len(rows) == 40
    link = f"{place.url}/s/{round_id}"
    contexts = {
        script: browser.new_context(
            viewport={"width": TABLET[0], "height": TABLET[1]}, java_script_enabled=script
        )
        for script in (True, False)
    }
    for context in contexts.values():
        context.set_default_timeout(10_000)
    written = False
    for one in rows:
        page_url = f"{link}/{one.language}"
        if one.way == "P":
            answer_plainly(page_url, one)
        elif one.way == "S":
            answer_sealed(place, page_url, one)
        else:
            text = TEXT if one.way == "B" and one.language == "ar" and not written else ""
            written = written or bool(text)
            answer_in_browser(contexts[one.way == "B"], page_url, one, text)
    assert all(context.cookies() == [] for context in contexts.values())

    [listed] = json.loads(place.svarboks("round", "list", "--format", "json"))
    assert (listed["round"], listed["returned"], listed["waiting"]) == (round_id, 40, 40)
    place.svarboks("round", "close", round_id)
    assert "40" in place.svarboks("mix", round_id, "--now")
    place.svarboks("edition", "make", round_id)
    assert "equals" in place.svarboks("check")

    figures = json.loads(place.svarboks("tables", round_id, "--format", "json"))
    the_figures_are_those_counted(figures)

    chair = browser.new_context(viewport={"width": LAPTOP[0], "height": LAPTOP[1]}, locale="da")
    page = chair.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{place.url}/desk/rounds/{round_id}")
    sign_in(page, "chair@region.example", PASSWORD)
    # An installation asks for a second factor: the chair sets it up at the first sign-in.
    page.wait_for_url("**/account/second-factor")
    secret = page.locator("#key").inner_text().replace(" ", "")
    page.locator(
        "main input[inputmode=numeric], main input[autocomplete=one-time-code]"
    ).first.fill(pyotp.TOTP(secret).now())
    page.locator("main form .actions button").first.click()
    expect(page.locator(".recovery-codes code")).to_have_count(10)
    page.goto(f"{place.url}/desk/rounds/{round_id}")
    downloads = {}
    for address in ("report.pdf?language=da", "report.pdf?language=en", "files/csv-plain"):
        with page.expect_download() as downloading:
            page.locator(f'a[href$="{address}"]').click()
        downloads[address] = Path(downloading.value.path()).read_bytes()
    for context in (*contexts.values(), chair):
        context.close()

    the_csv_says_the_same(downloads["files/csv-plain"], figures)
    for language in ("da", "en"):
        pdf = place.folder / f"report-{language}.pdf"
        pdf.write_bytes(downloads[f"report.pdf?language={language}"])
        the_pdf_says_the_same(pdf, language)


def the_figures_are_those_counted(figures: dict[str, Any]) -> None:
    """`tables --format json` against the count by hand."""
    tables = {table["id"]: table for table in figures["tables"]}
    assert set(tables) == set(QUESTIONS)
    assert sum(figures["about"]["returned"].values()) == 40
    for question in QUESTIONS:
        hand = counted_by_hand(question)
        [group] = tables[question]["groups"]
        assert group["n"] == hand["n"], question
        cells = {cell["cell"]: cell for cell in group["cells"]}
        # An option that nobody chose stands there too, with 0.
        assert {n: c["n"] for n, c in cells.items() if c["n"]} == hand["cells"], question
        assert {cell["state"] for cell in cells.values()} == {"shown"}, question
        for name, cell in cells.items():
            assert cell["share"] == pytest.approx(hand["cells"][name] / hand["n"], abs=1e-9)
        outside = {name: n for name, n in group["outside"].items() if n}
        assert (group["asked"], outside) == (40, hand["outside"]), question
        if question in SCALES:
            favourable = group["favourable"]
            assert favourable["n"] == hand["favourable"], question
            assert favourable["share"] == pytest.approx(hand["favourable"] / hand["n"], abs=1e-9)
            assert group["mean"] == pytest.approx(hand["mean"], abs=group["mean_step"] or 1e-9)


def the_csv_says_the_same(content: bytes, figures: dict[str, Any]) -> None:
    """The table that opens in a spreadsheet, against the count by hand."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert TEXT not in content.decode("utf-8-sig")
    for question in QUESTIONS:
        hand = counted_by_hand(question)
        own = {row["cell"]: row for row in rows if row["table"] == question}
        options = {name: row for name, row in own.items() if name[0] not in "~m"}
        ns = {name: int(row["n"]) for name, row in options.items()}
        assert {name: n for name, n in ns.items() if n} == hand["cells"], question
        assert {int(row["base"]) for row in options.values()} == {hand["n"]}
        told = {name[1:]: int(row["n"]) for name, row in own.items() if name[0] == "~"}
        expected = hand["outside"]
        assert {name: n for name, n in told.items() if n} == expected, question
        if question in SCALES:
            share = float(own["measure:favourable"]["share"])
            assert share == pytest.approx(hand["favourable"] / hand["n"], abs=1e-9)
            [group] = next(t for t in figures["tables"] if t["id"] == question)["groups"]
            assert float(own["measure:mean"]["value"]) == group["mean"]


#: How the report says it, by language: the head of a table, n, a favourable share, the mean.
SAID = {
    "da": (r"^Svar +Antal +Andel$", r"n = (\d+) gyldige svar", r"(\d+) ?%\)? svarede", r"Gennemsnit (\d,\d) "),
    "en": (r"^Answer +Number +Share$", r"n = (\d+) valid answers", r"(\d+) ?%\)? answered", r"Mean (\d\.\d) "),
}  # fmt: skip
OUTSIDE_SAID = {
    "da": {"dont_know": "Ved ikke", "not_relevant": "Ikke relevant", "unanswered": "Ubesvaret"},
    "en": {"dont_know": "Don.t know", "not_relevant": "Not relevant", "unanswered": "Unanswered"},
}


def the_pdf_says_the_same(pdf: Path, language: str) -> None:
    """The text of the report, as it can be searched and copied, against the count by hand."""
    printed = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    ).stdout
    text = unicodedata.normalize("NFKC", printed)
    assert TEXT not in text
    head, n_said, share_said, mean_said = SAID[language]
    parts = re.split(head, text, flags=re.MULTILINE)
    assert len(parts) == len(QUESTIONS) + 1
    questionnaire = library.read("iv-satisfaction")
    for before, table, question in zip(parts, parts[1:], QUESTIONS, strict=False):
        hand = counted_by_hand(question)
        asked = next(q for q in questionnaire.questions() if q.id == question)
        assert isinstance(asked, OneOf | Scale)
        # A table ends where the sentence on its n stands; what follows belongs to the next question.
        n_line = re.search(n_said + ".*", table)
        assert n_line is not None, question
        assert int(n_line[1]) == hand["n"], question
        for option_ in asked.options:
            label = re.escape(text_in(option_.text, language, "da"))
            row = re.search(rf"^ *{label} +(\d+) +(\d+) ?%$", table[: n_line.start()], re.MULTILINE)
            assert row is not None, (question, label)
            n = hand["cells"][option_.id]
            assert int(row[1]) == n, (question, label)
            assert abs(int(row[2]) - 100 * n / hand["n"]) <= 0.5, (question, label)
        for name, label in OUTSIDE_SAID[language].items():
            found = re.search(rf"{label}: (\d+)", n_line[0])
            told = hand["outside"][name]
            assert (int(found[1]) if found else 0) == told, (question, name)
        if question in SCALES:
            favourable = re.findall(share_said, before)[-1]
            assert abs(int(favourable) - 100 * hand["favourable"] / hand["n"]) <= 0.5, question
            mean = re.search(mean_said, table)
            assert mean is not None, question
            assert abs(float(mean[1].replace(",", ".")) - hand["mean"]) <= 0.05 + 1e-9, question
