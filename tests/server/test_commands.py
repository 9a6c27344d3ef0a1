"""Every command of `svarboks` on real data folders: what it does, what it says when it cannot, its exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.round_plan import LOCAL_TIME
from store import accounts, responses, rounds, units
from store.accounts import Role
from store.database import open_store
from tests.server.command_line import CommandLine, fresh

ROOT = Path(__file__).parents[2]
QUESTIONNAIRE = "iv-satisfaction"


@pytest.fixture
def new(tmp_path: Path) -> CommandLine:
    """A fresh installation."""
    return fresh(tmp_path)


@pytest.fixture
def published(new: CommandLine) -> CommandLine:
    """An installation with the IV questionnaire."""
    new.done("publish", QUESTIONNAIRE, "--accept-unreviewed", "ar,fa")
    return new


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, str]:
    """A round with 40 answers, closed, mixed, with an edition. Tests only read it."""
    line = fresh(tmp_path_factory.mktemp("finished"))
    line.done("publish", QUESTIONNAIRE, "--accept-unreviewed", "ar,fa")
    round_id = line.done("round", "open", QUESTIONNAIRE).strip()
    line.done("simulate", round_id, "--responses", 40, "--seed", 7)
    line.done("round", "close", round_id)
    line.done("mix", round_id, "--now")
    line.done("edition", "make", round_id)
    return line, round_id


# --- init


def test_init_sets_up_a_folder_once(tmp_path: Path) -> None:
    line = CommandLine(tmp_path / "data")
    said = line.done("init")
    assert str(line.data) in said
    assert str(line.keys) in said
    for folder in (line.data, line.keys):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "has been set up already" in line.refused("init")
    assert line.done("init", "--if-new") == ""


def test_if_new_sets_up_a_folder_that_is_not_there(tmp_path: Path) -> None:
    line = CommandLine(tmp_path / "data")
    line.done("init", "--if-new")
    assert line.done("round", "list").startswith("There are no rounds yet.")


def test_the_option_data_goes_before_the_environment(tmp_path: Path) -> None:
    line = CommandLine(tmp_path / "unused")
    line.done("init", "--data", tmp_path / "other")
    assert not line.data.exists()
    assert (tmp_path / "other" / "svarboks.db").exists()
    assert "no rounds yet" in line.done("round", "list", "--data", tmp_path / "other")
    line.refused("round", "list")


def test_keys_never_lie_in_the_data_folder(tmp_path: Path) -> None:
    line = CommandLine(tmp_path / "data", {"SVARBOKS_KEYS": str(tmp_path / "data" / "keys")})
    assert "SVARBOKS_KEYS" in line.refused("init")
    assert not line.data.exists()


# --- faults of the installation are sentences

NEEDING_DATA = (
    ("round", "list"),
    ("check",),
    ("library", "list"),
    ("publish", QUESTIONNAIRE),
    ("round", "open", QUESTIONNAIRE),
    ("round", "close", "x"),
    ("mix", "x"),
    ("simulate", "x", "--responses", "1", "--seed", "1"),
    ("edition", "make", "x"),
    ("report", "x", "--out", "x.pdf"),
    ("tables", "x"),
    ("export", "x", "--format", "csv", "--out", "x.csv"),
    ("serve",),
    ("scheduler",),
    ("account", "add", "a@b.example", "--password", "four words of sense"),
)


@pytest.mark.parametrize("command", NEEDING_DATA, ids=lambda command: command[0])
def test_without_a_data_folder(tmp_path: Path, command: tuple[str, ...]) -> None:
    said = CommandLine(tmp_path / "nowhere").refused(*command)
    assert "The data folder has no Svarboks data." in said
    assert "Run 'svarboks init' first." in said


@pytest.mark.parametrize("command", [("round", "list"), ("check",)], ids=lambda c: c[0])
def test_a_damaged_file(new: CommandLine, command: tuple[str, ...]) -> None:
    (new.data / "svarboks.db").write_bytes(b"not a database at all" * 500)
    said = new.run(*command)
    assert said.code in {1, 3}
    assert "Error: The data cannot be read" in said.err or "svarboks.db" in said.out


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    line = CommandLine(tmp_path / "data")
    line.refused("init")
    line.refused("round", "list")
    assert line.run("round", "list", "--data", tmp_path / "data").code == 2


def test_a_faulty_setting_is_named(tmp_path: Path) -> None:
    assert "PORT" in CommandLine(tmp_path / "data").refused("init", PORT="eighty")


def test_a_lost_waiting_file_is_never_replaced(new: CommandLine) -> None:
    (new.data / "waiting.db").unlink()
    assert "waiting.db is missing" in new.refused("round", "list")
    new.refused("init")
    assert not (new.data / "waiting.db").exists()


def test_calls_that_are_not_understood(new: CommandLine) -> None:
    for call in (("nothing",), ("round",), ("round", "open"), ("simulate", "x"), ("report", "x"),
                 ("mix", "x", "--all"), ("units", "import", "no-such-file.csv")):  # fmt: skip
        assert new.run(*call).code == 2, call


@pytest.mark.parametrize("command", NEEDING_DATA[5:11], ids=lambda command: command[0])
def test_an_unknown_round(new: CommandLine, command: tuple[str, ...]) -> None:
    assert "No round has this address." in new.refused(*command)


# --- units


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


UNITS = "id,name,kind,region,alternative_names\nassens,Assens,municipality,syddanmark,\nbillund,Billund,municipality,syddanmark,\n"
AREAS = "id,name,region,kind\nwest,Vest,syddanmark,cluster\n"
MEMBERSHIPS = "unit,area,from,until\nassens,west,2022-01-01,\n"


def test_units_areas_and_memberships_in_one_call(new: CommandLine, tmp_path: Path) -> None:
    files = [
        write(tmp_path, "m.csv", MEMBERSHIPS),
        write(tmp_path, "u.csv", "\ufeff" + UNITS.replace("\n", "\r\n")),
        write(tmp_path, "a.csv", AREAS),
    ]
    assert new.done("units", "import", *files) == "2 units, 1 areas, 1 memberships\n"
    assert new.done("units", "import", *files) == "2 units, 1 areas, 1 memberships\n"
    with open_store(new.data) as store:
        assert [one.id for one in units.listed(store.main)] == ["assens", "billund"]
        assert len(units.memberships(store.main)) == 1


def test_faulty_files_name_all_faults_and_nothing_is_stored(
    new: CommandLine, tmp_path: Path
) -> None:
    said = new.refused(
        "units", "import",
        write(tmp_path, "good.csv", UNITS),
        write(tmp_path, "bad.csv", UNITS.replace("billund,", "Bill und,").replace("assens,Assens,municipality", "odense,,castle")),
        write(tmp_path, "members.csv", "unit,area,from,until\nassens,nowhere,2022-13-01,\n"),
        write(tmp_path, "other.csv", "a,b\n1,2\n"),
    )  # fmt: skip
    for fault in ("bad.csv:2", "bad.csv:3", "members.csv:2", "other.csv:1"):
        assert fault in said
    with open_store(new.data) as store:
        assert units.listed(store.main) == []


def test_a_file_that_is_not_text(new: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_bytes(UNITS.encode("utf-16"))
    assert "not UTF-8" in new.refused("units", "import", tmp_path / "u.csv")
    assert "first row" in new.refused("units", "import", write(tmp_path, "empty.csv", ""))


# --- accounts


def test_an_account(new: CommandLine) -> None:
    password = "fire ord uden mening"
    new.done("account", "add", "chair@region.example", "--role", "chair", "--name", "Anna",
             "--group", "iv=IV-arbejdsgruppen", "--password", password)  # fmt: skip
    with open_store(new.data) as store:
        kept = accounts.by_email(store.main, "chair@region.example")
    assert kept is not None
    assert (kept.name, kept.roles, kept.working_groups) == ("Anna", (Role.CHAIR,), ("iv",))
    assert password not in kept.password_hash
    again = new.refused(
        "account", "add", "Chair@region.example", "--role", "secretariat", "--password", password
    )
    assert "has an account already" in again
    new.done(
        "account",
        "add",
        "other@region.example",
        "--role",
        "secretariat",
        SVARBOKS_PASSWORD=password,
    )


def test_accounts_that_cannot_be(new: CommandLine) -> None:
    assert "fewer than 12" in new.refused(
        "account", "add", "a@b.example", "--group", "iv", "--password", "short"
    )
    assert "--group" in new.refused("account", "add", "a@b.example", "--password", "x" * 12)
    said = new.refused("account", "add", "nobody", "--group", "Not an id", "--password", "x" * 12)
    assert "'nobody' is not an e-mail address" in said
    assert "'Not an id' does not name a working group" in said
    with open_store(new.data) as store:
        assert accounts.listed(store.main) == []


# --- the library and publishing


def test_the_library(published: CommandLine) -> None:
    said = published.done("library", "list")
    assert QUESTIONNAIRE in said
    assert f"{QUESTIONNAIRE}@1" in said
    assert re.search(r"iv-satisfaction +survey +da,en,ar,fa ", said)


def test_unreviewed_languages_have_to_be_accepted(new: CommandLine) -> None:
    said = new.refused("publish", QUESTIONNAIRE)
    assert "languages" in said
    assert "ar" in said
    assert "fa" in said
    new.refused("publish", QUESTIONNAIRE, "--accept-unreviewed", "ar")
    first = new.done("publish", QUESTIONNAIRE, "--accept-unreviewed", "ar, fa")
    assert first.startswith(f"{QUESTIONNAIRE}@1 ")
    assert new.done("publish", QUESTIONNAIRE, "--accept-unreviewed", "ar,fa") == first


DOCUMENT = """
format: 1
questionnaire: small
shape: survey
languages: {da: {state: reviewed, by: Svarboks, on: 2022-01-01}}
title: Lille
sections:
  - id: all
    title: Det hele
    questions:
      - {id: minutes, kind: number, text: Hvor længe?, minimum: 0, maximum: 60}
      - {id: words, kind: long_text, text: Forslag?}
report:
  free_text: [words]
"""


def test_a_document_of_ones_own(new: CommandLine, tmp_path: Path) -> None:
    file = write(tmp_path, "small.yaml", DOCUMENT)
    assert new.done("publish", file).startswith("small@1 ")
    file.write_text(DOCUMENT.replace("Hvor længe?", "Hvor længe i alt?"), encoding="utf-8")
    assert new.done("publish", file).startswith("small@2 ")


def test_all_faults_of_a_document_are_named(new: CommandLine, tmp_path: Path) -> None:
    text = DOCUMENT.replace("kind: number", "kind: numeral").replace("[words]", "[nothing]")
    text = text.replace("id: words, ", "id: Words!, ")
    said = new.refused("publish", write(tmp_path, "bad.yaml", text))
    assert said.count("bad.yaml:") >= 2
    assert "numeral" in said
    assert "Words!" in said
    broken = new.refused("publish", write(tmp_path, "broken.yaml", "a: [1\nb: }"))
    assert "broken.yaml:" in broken
    assert "neither a file nor" in new.refused("publish", "no-such-thing")
    (tmp_path / "latin.yaml").write_bytes("title: Spørgsmål".encode("latin-1"))
    assert "not UTF-8" in new.refused("publish", tmp_path / "latin.yaml")
    assert "PUBLISHED" not in new.done("library", "list")


# --- rounds


def test_a_round_opens_with_nothing_but_its_version(published: CommandLine) -> None:
    said = published.run("round", "open", QUESTIONNAIRE)
    assert said.code == 0
    round_id = said.out.strip()
    assert f"http://localhost:8080/s/{round_id}" in said.err
    assert "privacy notice" in said.err
    [listed] = json.loads(published.done("round", "list", "--format", "json"))
    assert listed["round"] == round_id
    assert listed["state"] == "open"
    assert listed["languages"] == ["da", "en", "ar", "fa"]
    assert listed["returned"] == listed["waiting"] == 0
    with open_store(published.data) as store:
        kept = rounds.read(store.main, round_id)
    assert kept.answer_until - kept.opens_at == timedelta(weeks=4)
    assert kept.receive_until - kept.answer_until == timedelta(weeks=3)
    assert kept.public_key
    assert stat.S_IMODE((published.keys / f"{round_id}.key").stat().st_mode) == 0o600
    assert round_id in published.done("round", "list")


def test_a_round_with_everything_said(published: CommandLine, tmp_path: Path) -> None:
    published.done("units", "import", write(tmp_path, "u.csv", UNITS))
    published.done(
        "account", "add", "c@region.example", "--group", "iv", "--password", "fire ord uden mening"
    )
    opens = datetime.now(UTC).astimezone(LOCAL_TIME).replace(second=0, microsecond=0)
    until = opens + timedelta(days=7)
    round_id = published.done(
        "round", "open", f"{QUESTIONNAIRE}@1", "--units", "assens, Billund",
        "--opens", (opens + timedelta(days=1)).strftime("%Y-%m-%d %H:%M"),
        "--until", until.strftime("%Y-%m-%d"), "--title", "Min runde", "--languages", "da,ar",
        "--receive-until", (until + timedelta(days=2)).strftime("%Y-%m-%d %H:%M"),
        "--group", "iv", "--collection", "winter", "--contact", "Tlf. 12 34 56 78",
        "--smallest-group", 10, "--sample-of", 300, "--ceiling", 500,
    ).strip()  # fmt: skip
    with open_store(published.data) as store:
        kept = rounds.read(store.main, round_id)
    assert kept.state == "planned"
    assert kept.title == {"da": "Min runde"}
    assert kept.languages == ("da", "ar")
    assert kept.answer_until.astimezone(LOCAL_TIME).strftime("%H:%M:%S") == "23:59:59"
    assert (kept.smallest_group, kept.survey, kept.population, kept.ceiling) == (10, "sample", 300, 500)  # fmt: skip
    assert (kept.working_group, kept.collection) == ("iv", "winter")
    assert kept.contact == {"da": "Tlf. 12 34 56 78"}


def test_a_round_that_gives_the_answers_one_by_one(published: CommandLine) -> None:
    published.done("round", "open", QUESTIONNAIRE, "--single-answers")
    published.done("round", "open", QUESTIONNAIRE)
    listed = json.loads(published.done("round", "list", "--format", "json"))
    given = {one["round"]: one["single_answers"] for one in listed}
    assert sorted(given.values()) == [False, True]
    with open_store(published.data) as store:
        for round_id, gives in given.items():
            kept = rounds.read(store.main, round_id)
            assert kept.single_answers is gives
            assert ("one by one" in kept.privacy_notice["en"]["recipients"]) is gives


def test_a_round_of_the_beginning_of_a_hash(published: CommandLine) -> None:
    version_hash = published.done("publish", QUESTIONNAIRE, "--accept-unreviewed", "ar,fa").split()[1]  # fmt: skip
    published.done("round", "open", version_hash[:10])


def test_all_that_is_in_the_way_of_a_round_is_said(published: CommandLine, tmp_path: Path) -> None:
    said = published.refused("round", "open", QUESTIONNAIRE, "--units", "atlantis,Utopia",
                             "--until", "2020-01-01", "--group", "nobody")  # fmt: skip
    for word in ("'atlantis'", "'Utopia'", "'nobody'", "opens first"):
        assert word in said
    said = published.refused("round", "open", QUESTIONNAIRE, "--until", "next summer")
    assert "'next summer' is not a time" in said
    said = published.refused("round", "open", QUESTIONNAIRE, "--languages", "da,pl")
    assert "The questionnaire is not in 'pl'. It is in da, en, ar, fa." in said
    assert "notice" not in said
    assert "has not been published" in published.refused("round", "open", "nothing")
    assert published.run("round", "open", QUESTIONNAIRE, "--smallest-group", 4).code == 2
    half = write(tmp_path, "notice.yaml", "da: {controller: Os}\n")
    said = published.refused("round", "open", QUESTIONNAIRE, "--notice", half)
    assert "privacy notice, da, purpose" in said
    assert "privacy notice, ar" in said
    broken = write(tmp_path, "broken.yaml", "da: [")
    assert "broken.yaml" in published.refused("round", "open", QUESTIONNAIRE, "--notice", broken)
    of_the_folder = published.data / "privacy-notice.yaml"
    of_the_folder.write_text("da: {controller: Os}\n", encoding="utf-8")
    assert "privacy notice, da" in published.refused("round", "open", QUESTIONNAIRE)
    of_the_folder.unlink()
    assert json.loads(published.done("round", "list", "--format", "json")) == []
    assert list(published.keys.glob("*.key")) == []


def test_closing(published: CommandLine) -> None:
    round_id = published.done("round", "open", QUESTIONNAIRE).strip()
    said = published.done("round", "close", round_id, "--keep-receiving")
    assert f"{round_id} open, received until" in said
    assert f"{round_id} closed" in published.done("round", "close", round_id)
    assert "It is closed." in published.refused("round", "close", round_id)
    assert "It is closed." in published.refused("simulate", round_id, "--responses", 1, "--seed", 1)


# --- simulating, mixing, results


def kept_answers(line: CommandLine, round_id: str) -> list[tuple[str, str]]:
    with open_store(line.data) as store:
        return sorted(
            (one.language, repr(one.rows)) for one in responses.read(store.main, round_id)
        )


def test_the_same_seed_draws_the_same_answers(published: CommandLine) -> None:
    mixed = []
    for seed in (7, 7, 8):
        round_id = published.done("round", "open", QUESTIONNAIRE).strip()
        published.done("simulate", round_id, "--responses", 12, "--seed", seed)
        assert published.done("mix", round_id) == "12 mixed, 0 quarantined, 0 left waiting\n"
        mixed.append(kept_answers(published, round_id))
    assert mixed[0] == mixed[1]
    assert mixed[0] != mixed[2]


def test_the_same_seed_twice_in_one_round_is_twice_as_many_people(published: CommandLine) -> None:
    round_id = published.done("round", "open", QUESTIONNAIRE).strip()
    for _ in range(2):
        published.done("simulate", round_id, "--responses", 6, "--seed", 7)
    [listed] = json.loads(published.done("round", "list", "--format", "json"))
    assert listed["waiting"] == 12


def test_a_distribution(published: CommandLine, tmp_path: Path) -> None:
    round_id = published.done("round", "open", QUESTIONNAIRE).strip()
    chance = write(tmp_path, "d.json", json.dumps(
        {"texts": {"suggestions": {"share": 1, "texts": ["Det samme ord"]}}}))  # fmt: skip
    published.done("simulate", round_id, "--responses", 30, "--seed", 1, "--distribution", chance)
    published.done("mix", round_id)
    with open_store(published.data) as store:
        texts = responses.texts(store.main, round_id)
        languages = {one.language for one in responses.read(store.main, round_id)}
    assert [one.text for one in texts] == ["Det samme ord"] * 30
    # The texts are Danish, and so are those who wrote them.
    assert {one.language for one in texts} == languages == {"da"}
    bad = write(tmp_path, "bad.json", json.dumps({"texts": {"suggestions": {"share": 2}}}))
    said = published.refused("simulate", round_id, "--responses", 1, "--seed", 1, "--distribution", bad)  # fmt: skip
    assert "share" in said
    assert "texts" in said


def test_simulating_stops_at_the_ceiling(published: CommandLine) -> None:
    round_id = published.done("round", "open", QUESTIONNAIRE, "--ceiling", 5).strip()
    said = published.refused("simulate", round_id, "--responses", 9, "--seed", 1)
    assert "as many answers as it may hold" in said


def test_mixing_waits_for_ten_and_for_the_end(published: CommandLine) -> None:
    round_id = published.done("round", "open", QUESTIONNAIRE).strip()
    published.done("simulate", round_id, "--responses", 9, "--seed", 1)
    assert published.done("mix", round_id) == "0 mixed, 0 quarantined, 9 left waiting\n"
    assert "still receiving" in published.refused("mix", round_id, "--now")
    assert "still receiving" in published.refused("edition", "make", round_id)
    published.done("round", "close", round_id)
    assert "9 answers wait" in published.refused("edition", "make", round_id)
    (published.keys / f"{round_id}.key").rename(published.keys / "away")
    said = published.refused("mix", round_id, "--now")
    assert "private key" in said
    assert "svarboks keys import" in said
    (published.keys / "away").rename(published.keys / f"{round_id}.key")
    assert published.done("mix", round_id, "--now") == "9 mixed, 0 quarantined, 0 left waiting\n"
    assert "No edition has been made" in published.refused("tables", round_id)
    assert "No edition has been made" in published.refused("report", round_id, "--out", "x.pdf")
    published.done("edition", "make", round_id)


def test_the_same_edition_until_something_changes(finished: tuple[CommandLine, str]) -> None:
    line, round_id = finished
    first = line.done("edition", "make", round_id)
    assert first.startswith(f"{round_id} edition 1 ")
    assert line.done("edition", "make", round_id) == first


def test_tables_as_json_and_csv(finished: tuple[CommandLine, str]) -> None:
    line, round_id = finished
    figures = json.loads(line.done("tables", round_id))
    assert figures["round"] == round_id
    assert figures["about"]["returned"] == {"simulated": 40}
    assert line.done("tables", round_id, "--format", "json") == line.done("tables", round_id)
    head, *rows = list(csv.reader(io.StringIO(line.done("tables", round_id, "--format", "csv"))))
    assert len(rows) > 20
    assert all(len(row) == len(head) for row in rows)


def test_a_report(finished: tuple[CommandLine, str], tmp_path: Path) -> None:
    line, round_id = finished
    out = tmp_path / "report.pdf"
    line.done("report", round_id, "--out", out)
    assert out.read_bytes().startswith(b"%PDF-")
    line.done("report", round_id, "--out", tmp_path / "en.pdf", "--language", "en")
    assert (tmp_path / "en.pdf").read_bytes() != out.read_bytes()
    said = line.refused("report", round_id, "--out", tmp_path / "nowhere" / "report.pdf")
    assert "nowhere" in said
    assert not list(tmp_path.glob("*.part"))


# --- check


def test_check_finds_nothing_and_then_the_count_that_was_changed(published: CommandLine) -> None:
    round_id = published.done("round", "open", QUESTIONNAIRE).strip()
    published.done("simulate", round_id, "--responses", 12, "--seed", 3)
    published.done("mix", round_id)
    assert published.done("check").startswith("The files are whole")
    with sqlite3.connect(published.data / "svarboks.db") as connection:
        [table] = connection.execute(
            "SELECT tab FROM count WHERE round = ? AND tab NOT LIKE '@%' LIMIT 1", (round_id,)
        ).fetchone()
        connection.execute("UPDATE count SET n = n + 1 WHERE round = ? AND tab = ?", (round_id, table))  # fmt: skip
    connection.close()
    said = published.run("check")
    assert said.code == 3
    assert table in said.out
    assert "kept" in said.out
    assert "differences." in said.err


# --- keys


def test_keys_go_out_and_come_back(published: CommandLine, tmp_path: Path) -> None:
    round_id = published.done("round", "open", QUESTIONNAIRE).strip()
    published.done("simulate", round_id, "--responses", 12, "--seed", 3)
    file, phrase = tmp_path / "keys.json", "a long passphrase"
    said = published.run("keys", "export", file, "--passphrase", phrase)
    assert said.code == 0
    assert "1 keys" in said.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "PRIVATE" not in file.read_text(encoding="utf-8")
    (published.keys / f"{round_id}.key").unlink()
    published.refused("mix", round_id)
    wrong = published.refused("keys", "import", file, "--passphrase", "another passphrase")
    assert "The passphrase is wrong, or the file is damaged." in wrong
    assert list(published.keys.glob("*.key")) == []
    other = write(tmp_path, "other.json", "{}")
    assert "not an export" in published.refused("keys", "import", other, "--passphrase", phrase)
    assert round_id in published.done("keys", "import", file, SVARBOKS_PASSPHRASE=phrase)
    assert published.done("mix", round_id).startswith("12 mixed")
    assert published.done("keys", "import", file, "--passphrase", phrase).startswith("0 keys")


def test_a_short_passphrase_writes_no_file(published: CommandLine, tmp_path: Path) -> None:
    published.refused("keys", "export", tmp_path / "keys.json", "--passphrase", "short")
    assert not (tmp_path / "keys.json").exists()


# --- as a process


def test_as_a_process_of_its_own(tmp_path: Path) -> None:
    environment = {**os.environ, "SVARBOKS_DATA": str(tmp_path / "data"), "SVARBOKS_KEYS": ""}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "server.cli", *arguments],
            env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    refused = run("round", "list")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "svarboks init" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert run("init").returncode == 0
    assert run("check").returncode == 0
    version = run("--version")
    assert version.returncode == 0
    assert version.stdout.strip().split()[-1][0].isdigit()
