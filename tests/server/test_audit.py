"""The audit log: written with the change, only added to, chained, shown and verified.

R1  An entry is there exactly when its change is: both in one transaction.
R2  The database refuses to change or remove an entry.
R3  Verifying finds an entry that was changed, removed, inserted or cut off behind the database's back.
R4  The page shows what was done to administrator and secretariat, fifty at a time, of one subject when asked.
R5  Every action that the code notes has its words.
R6  Nothing of those who answer is in it.
"""

from __future__ import annotations

import ast
import sqlite3
from pathlib import Path

import pytest

from store import audit
from store.database import MAIN_FILE
from tests.server.command_line import CommandLine
from tests.server.installation import NOW, World, envelope

ROOT = Path(__file__).parents[2]


def write(world: World, *actions: str, subject: str = "round:open1") -> None:
    for action in actions:
        with world.store.write() as db:
            audit.note(
                db,
                at=NOW,
                actor="account:1",
                action=action,
                subject=subject,
                details={"til": ["a", 1]},
            )


def behind_the_back(world: World, *statements: str) -> None:
    """Change the file as somebody would who has it: without its triggers."""
    path = world.settings.data / MAIN_FILE
    with sqlite3.connect(path) as db:
        db.execute("DROP TRIGGER audit_never_changes")
        db.execute("DROP TRIGGER audit_is_never_removed")
        for statement in statements:
            db.execute(statement)
    db.close()


def test_an_entry_is_there_exactly_when_its_change_is_R1(world: World) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        audit.note(world.store.main, at=NOW, actor="account:1", action="nothing")
    with pytest.raises(ValueError, match="no"), world.store.write() as db:
        audit.note(db, at=NOW, actor="account:1", action="something")
        raise ValueError("no")
    assert audit.listed(world.store.main) == []
    write(world, "one", "two")
    assert [(entry.number, entry.action) for entry in audit.listed(world.store.main)] == [
        (2, "two"),
        (1, "one"),
    ]
    assert audit.listed(world.store.main)[0].details == {"til": ["a", 1]}


@pytest.mark.parametrize("statement", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_R2(world: World, statement: str) -> None:
    write(world, "one")
    with pytest.raises(sqlite3.IntegrityError, match="only added to"), world.store.write() as db:
        db.execute(statement)
    assert audit.verify(world.store.main).broken_at is None


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET action = 'x' WHERE number = 2", 2),
        ("UPDATE audit SET actor = 'account:9' WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("UPDATE audit SET number = 9 WHERE number = 3", 3),
        ("INSERT INTO audit SELECT 4, at, actor, action, subject, details, hash FROM audit WHERE number = 3", 4),
    ],
)  # fmt: skip
def test_verifying_finds_what_was_done_R3(world: World, statement: str, broken_at: int) -> None:
    write(world, "one", "two", "three")
    verdict = audit.verify(world.store.main)
    assert (verdict.entries, verdict.broken_at) == (3, None)
    behind_the_back(world, statement)
    assert audit.verify(world.store.main).broken_at == broken_at


def test_a_noted_head_shows_that_the_end_was_cut_off_R3(world: World) -> None:
    write(world, "one", "two", "three")
    line = CommandLine(world.settings.data, {"SVARBOKS_KEYS": str(world.settings.keys)})
    head = line.done("audit", "head").strip()
    assert len(head) == 64
    assert "3 entries hold" in line.done("audit", "verify", "--head", head)
    write(world, "four")
    assert "4 entries hold" in line.done("audit", "verify", "--head", head)
    behind_the_back(world, "DELETE FROM audit WHERE number > 2")
    assert "2 entries hold" in line.done("audit", "verify")
    cut = line.run("audit", "verify", "--head", head)
    assert (cut.code, "broken from 3 on" in cut.out) == (3, True)


def test_the_page_R4(world: World) -> None:
    write(world, *(f"action {number}" for number in range(60)))
    write(world, "other", subject="unit:assens")
    for who in ("administrator", "secretariat"):
        html = world.signed_in(who).get("/desk/audit").text
        assert "action 59" in html
        assert "action 5<" not in html
    client = world.signed_in("secretariat")
    assert "action 5<" in client.get("/desk/audit?before=12").text
    html = client.get("/desk/audit?subject=unit:assens").text
    assert "other" in html
    assert "action 59" not in html
    assert world.signed_in("chair").get("/desk/audit").status_code == 403


def test_every_action_has_its_words_R5() -> None:
    words = (ROOT / "server" / "audit_words.py").read_text("utf-8")
    noted = set()
    for path in [*(ROOT / "server").rglob("*.py"), *(ROOT / "sync").rglob("*.py")]:
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"audit.note", "note"}:
                for keyword in node.keywords:
                    if keyword.arg == "action":
                        noted |= {
                            part.value
                            for part in ast.walk(keyword.value)
                            if isinstance(part, ast.Constant) and isinstance(part.value, str)
                        }
    assert noted
    assert [
        action for action in sorted(noted) if f'"{action}": gettext("{action}")' not in words
    ] == []


def test_nothing_of_those_who_answer_R6(world: World) -> None:
    world.client().post(
        "/api/submissions",
        data=envelope(world, "open", {"trust": "5"}, "a" * 32),
        content_type="application/octet-stream",
    )
    world.client().get("/s/open1/da")
    assert audit.listed(world.store.main) == []
