"""The commands of a round on real data folders, from opening to the report.

R1  A round opens with nothing but its version; all that is in its way is said at once.
R2  The same seed draws the same answers; a ceiling stops them.
R3  Mixing waits for ten and for the end.
R4  An edition is the same until something changes; its tables and report are written as they are asked for.
"""

from __future__ import annotations

import csv
import io
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.round_plan import LOCAL_TIME
from store import audit, responses, rounds
from store.database import open_store
from tests.server.command_line import CommandLine, fresh
from tests.server.units_as_files import UNITS, write

QUESTIONNAIRE = "iv-satisfaction"


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
    # Once more there is nothing to do, and nothing to tell.
    published.done("mix", round_id, "--now")
    with open_store(published.data) as store:
        told = audit.listed(store.main, subject=f"round:{round_id}")
        assert rounds.read(store.main, round_id).state is rounds.RoundState.FINISHED
    [mixed] = [one for one in told if one.action == "all answers mixed"]
    assert (mixed.actor, mixed.details) == (audit.COMMAND_LINE, {"mixed": 9, "quarantined": 0})
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
