"""The commands of `svarboks` on real data folders: what each does, what it says when it cannot, its exit codes.

R1  A data folder is set up once, with its keys outside.
R2  Faults of the installation and of a call are sentences, each with its exit code.
R3  Units, accounts and versions come in whole or not at all, with all faults named.
R4  Counts are checked against the answers; keys go out sealed and come back.
Rounds and their results: test_round_commands.py.
"""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from store import accounts, units
from store.accounts import Role
from store.database import open_store
from tests.server.command_line import CommandLine
from tests.server.units_as_files import UNITS, write

ROOT = Path(__file__).parents[2]
QUESTIONNAIRE = "iv-satisfaction"


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
            env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
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
