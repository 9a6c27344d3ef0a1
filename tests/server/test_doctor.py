"""`svarboks doctor`: each check is made to fail for real, and says its remedy.

R1 An installation in order fails nothing, and looking changes no file.
R2 Disk, folders, secret, second factor, demonstration, database, keys, scheduler, outbox and backups fail where they should.
R3 TLS, clock and mail server, against real servers on loopback.
R4 The test mail shows the dialogue, and neither password nor login lines.
R5 Exit code 3 exactly when a check fails; JSON holds the same.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import struct
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from server.diagnosis import Check, State, checks_here
from server.diagnosis_network import clock_check, mail_server, tls
from server.diagnosis_paper import reader
from server.settings import from_environment
from store import leases, outbox, paper_files, runs
from tests.server.certificates import make_certificate
from tests.server.command_line import CommandLine, fresh
from tests.server.installation import NOW, World, add_paper
from tests.server.mail_server import PASSWORD, USER, MailServer, free_port


def looked(world: World, **environment: str) -> dict[str, Check]:
    """All checks of the machine, by name."""
    settings = world.settings
    if environment:
        settings = from_environment({"SVARBOKS_DATA": str(settings.data), **environment})
    return {check.name: check for check in checks_here(settings, world.now)}


def back_up(world: World, folder: Path) -> Path:
    """A copy as deploy/backup.sh makes one, as old as none."""
    copy = folder / "2026-11-22T010000Z"
    copy.mkdir(parents=True)
    for name in ("svarboks.db", "waiting.db"):
        database = world.store.main if name == "svarboks.db" else world.store.waiting
        database.execute("VACUUM INTO ?", (str(copy / name),))
        os.utime(copy / name, (world.now.timestamp(),) * 2)
    return copy


def work(world: World) -> None:
    """A scheduler holds the lease."""
    with world.store.write() as db:
        leases.acquire(
            db, "scheduler", "a test", now=world.now, until=world.now + timedelta(minutes=1)
        )


def test_an_installation_in_order_R1(world: World, tmp_path: Path) -> None:
    work(world)
    back_up(world, tmp_path / "backups")
    before = {path: path.read_bytes() for path in world.settings.data.rglob("*.db")}
    found = looked(world, SVARBOKS_BACKUPS=str(tmp_path / "backups"))
    assert {check.state for check in found.values()} == {State.OK}, found
    assert all(not check.remedy for check in found.values())
    assert "4 rounds" in found["keys"].found
    assert {path: path.read_bytes() for path in world.settings.data.rglob("*.db")} == before
    assert sorted(path.name for path in (tmp_path / "backups").rglob("*")) == [
        "2026-11-22T010000Z",
        "svarboks.db",
        "waiting.db",
    ]


def failing(check: Check, *words: str, state: State = State.FAIL) -> None:
    assert check.state is state, check
    assert check.remedy
    for word in words:
        assert word in f"{check.found} {check.remedy}", check


def test_disk_R2(world: World) -> None:
    with (world.settings.data / "waiting.db").open("r+b") as file:
        file.truncate(4 * 1024**4)  # a hole: it takes no room
    failing(looked(world)["disk"], "4096.0 GiB", "more room")
    failing(
        {c.name: c for c in checks_here(from_environment({"SVARBOKS_DATA": "/nowhere/data"}), NOW)}[
            "disk"
        ],
        "svarboks init",
    )


def test_folders_and_secret_R2(world: World, tmp_path: Path) -> None:
    world.settings.data.chmod(0o755)
    world.settings.keys.chmod(0o755)
    (world.settings.data / "open1.key").write_text("a key")
    failing(looked(world)["folders"], "chmod o-rwx", "chmod 700", "key files")
    failing(looked(world)["keys"], "folders", state=State.WARN)
    assert world.settings.keys.stat().st_mode & 0o077  # it looks and mends nothing
    link = tmp_path / "link"
    (world.settings.data / "inside").mkdir(mode=0o700)
    link.symlink_to(world.settings.data / "inside")
    failing(looked(world, SVARBOKS_KEYS=str(link))["folders"], "inside the data folder")
    (world.settings.data / "secret").chmod(0o644)
    failing(looked(world)["secret key"], "chmod 600")
    assert looked(world, SVARBOKS_SECRET_KEY="x" * 32)["secret key"].state is State.OK


def test_the_export_folder_that_was_named(world: World, tmp_path: Path) -> None:
    assert looked(world)["exports"].state is State.OK
    share = tmp_path / "share"
    named = {"SVARBOKS_EXPORTS": str(share)}
    failing(looked(world, **named)["exports"], "Mount it")
    assert not share.exists()
    share.mkdir(mode=0o755)
    failing(looked(world, **named)["exports"], "chmod o-rwx")
    share.chmod(0o2750)
    assert looked(world, **named)["exports"].state is State.OK


def test_what_a_trial_leaves_R2(world: World) -> None:
    public = {"SVARBOKS_URL": "https://svar.example"}
    failing(
        looked(world, SVARBOKS_SECOND_FACTOR="offered", **public)["second factor"], "password alone"
    )
    assert looked(world, SVARBOKS_SECOND_FACTOR="offered")["second factor"].state is State.OK
    failing(looked(world, SVARBOKS_MAILBOX_PAGE="on", **public)["demonstration"], "/mailbox")
    (world.settings.data / "demonstration.json").write_text("{}")
    failing(looked(world, **public)["demonstration"], "demonstration.json", "svarboks init")
    assert looked(world)["demonstration"].state is State.OK


def test_a_damaged_database_R2(world: World) -> None:
    path = world.settings.data / "svarboks.db"
    world.store.empty_logs()
    world.app.extensions["svarboks"].close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    failing(looked(world)["database"], "svarboks.db", "backup")
    path.write_bytes(b"no database at all" * 1000)
    found = looked(world)
    failing(found["database"], "cannot be read")
    for name in ("keys", "scheduler", "outbox"):
        failing(found[name], "database", state=State.WARN)
    path.unlink()
    failing(looked(world)["database"], "svarboks init")
    path.write_bytes(whole)
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    failing(looked(world)["database"], "newer Svarboks")


def test_keys_R2(world: World) -> None:
    key = world.settings.keys / "open1.key"
    content = key.read_bytes()
    key.unlink()
    failing(looked(world)["keys"], "open1 has no key", "keys import")
    shutil.copy(world.settings.keys / "kinds1.key", key)
    failing(looked(world)["keys"], "another round's key")
    key.write_bytes(b"no key")
    failing(looked(world)["keys"], "open1 cannot be read")
    key.write_bytes(content)
    assert looked(world)["keys"].state is State.OK
    shutil.rmtree(world.settings.keys)
    failing(looked(world)["keys"], "is not there")
    assert not world.settings.keys.exists()


def test_reader_R2(world: World) -> None:
    data = world.settings.data
    now = datetime.now(UTC)
    assert reader(data, now).state is State.OK
    add_paper(world, world.rounds["open"], "assens", "a" * 16, "b" * 16)
    (world.store.scans / "0f").write_bytes(b"a scan")
    with world.store.write_paper() as db:
        paper_files.add(db, "b" * 16, digest=bytes(32), size=6, lies_at="0f")
    assert reader(data, now).found == "1 uploaded files wait to be read."
    late = now + timedelta(minutes=11)
    failing(reader(data, late), "nobody reads", "svarboks reader")
    with world.store.write() as db:
        leases.acquire(
            db, f"batch:{'b' * 16}", "a test", now=late, until=late + timedelta(minutes=1)
        )
    assert reader(data, late).state is State.OK
    world.app.extensions["svarboks"].close()
    (data / "paper.db").unlink()
    failing(reader(data, late), "cannot be known", state=State.WARN)


def test_scheduler_and_outbox_R2(world: World) -> None:
    failing(looked(world)["scheduler"], "No scheduler", "svarboks scheduler")
    work(world)
    with world.store.write() as db:
        run = runs.try_begin(db, "closing mix", "open1 2026", world.now)
        assert run is not None
        runs.fail(db, run, world.now, "keys-missing")
    failing(looked(world)["scheduler"], "closing mix", "keys-missing")
    with world.store.write() as db:
        message = outbox.add(
            db, kind="k", recipient="a@b.example", subject="S", body="B", now=world.now
        )
    assert looked(world)["outbox"].state is State.OK
    world.now += timedelta(hours=1, seconds=1)
    failing(looked(world)["outbox"], "waiting since")
    with world.store.write() as db:
        outbox.failed_attempt(db, message, error="550", next_at=None)
    failing(looked(world)["outbox"], "1 messages failed", state=State.WARN)


def test_backups_R2(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    failing(looked(world)["backups"], "SVARBOKS_BACKUPS", state=State.WARN)
    named = {"SVARBOKS_BACKUPS": str(folder)}
    failing(looked(world, **named)["backups"], "is not there")
    folder.mkdir()
    failing(looked(world, **named)["backups"], "There is no backup")
    copy = back_up(world, folder)
    assert looked(world, **named)["backups"].state is State.OK
    world.now += timedelta(hours=27)
    failing(looked(world, **named)["backups"], "missed", state=State.WARN)
    world.now += timedelta(days=7)
    failing(looked(world, **named)["backups"], "no longer made")
    (copy / "open1.key").write_text("key")
    failing(looked(world, **named)["backups"], "private key")
    (copy / "open1.key").unlink()
    whole = (copy / "svarboks.db").read_bytes()
    (copy / "svarboks.db").write_bytes(whole[: len(whole) // 2])
    failing(looked(world, **named)["backups"], "damaged")
    (copy / "svarboks.db").write_bytes(whole)
    (copy / "waiting.db").unlink()
    failing(looked(world, **named)["backups"], "waiting.db")


@pytest.mark.parametrize(
    ("days_left", "header", "state", "word"),
    [
        (60, True, State.OK, "more days"),
        (5, True, State.WARN, "renewed"),
        (-1, True, State.FAIL, "not accepted"),
        (60, False, State.WARN, "Strict-Transport-Security"),
    ],
)
def test_tls_R3(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    days_left: float,
    header: bool,
    state: State,
    word: str,
) -> None:
    made = make_certificate(tmp_path, days_left=days_left)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    headers = {"Strict-Transport-Security": "max-age=31536000"} if header else {}
    server = make_server("127.0.0.1", 0, Response("ok", headers=headers), ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        check = tls(f"https://localhost:{server.server_port}", datetime.now(UTC))
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
    assert check.state is state, check
    assert word in check.found + check.remedy


def test_an_address_without_tls_R3() -> None:
    failing(tls("http://svar.example", NOW), "plain http")
    assert "Not looked at" in tls("http://localhost:8080", NOW).found
    failing(tls(f"https://localhost:{free_port()}", NOW), "Connection refused")


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, State.OK), (10, State.WARN), (-3600, State.FAIL)]
)
def test_the_clock_against_a_time_server_R3(seconds: int, state: State) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer() -> None:
            _request, address = server.recvfrom(512)
            told = NOW.timestamp() + seconds + 2_208_988_800
            server.sendto(b"\x24\x01" + bytes(38) + struct.pack("!II", int(told), 0), address)

        thread = threading.Thread(target=answer)
        thread.start()
        check = clock_check(
            "http://localhost:1", lambda: NOW, f"127.0.0.1:{server.getsockname()[1]}"
        )
        thread.join(10)
    assert check.state is state, check
    assert bool(check.remedy) is (state is not State.OK)


def test_the_mail_server_R3(tmp_path: Path) -> None:
    def settings(mail: str, url: str = "https://svar.example") -> Check:
        return mail_server(
            from_environment(
                {"SVARBOKS_DATA": str(tmp_path), "SVARBOKS_MAIL": mail, "SVARBOKS_URL": url}
            )
        )

    failing(settings(""), "reaches nobody", "SVARBOKS_MAIL")
    assert settings("", "http://localhost:8080").state is State.OK
    failing(settings(f"smtp://127.0.0.1:{free_port()}"), "Connection refused")
    with MailServer() as server:
        assert settings(f"smtp://127.0.0.1:{server.port}").state is State.OK
        failing(settings(f"smtp+starttls://127.0.0.1:{server.port}"), "STARTTLS")


def test_the_test_mail_shows_the_dialogue_R4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_certificate(tmp_path / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    line = fresh(tmp_path)
    with MailServer(made, login=True) as server:
        for password, arrives in ((PASSWORD, True), ("wrong-hunter2", False)):
            route = f"smtp+starttls://{USER}:{quote(password, safe='')}@localhost:{server.port}"
            said = line.run(
                "doctor",
                "--mail",
                "you@region.example",
                SVARBOKS_MAIL=route,
                SVARBOKS_MAIL_FROM="us@region.example",
            )
            assert ("> mail FROM:<us@region.example>" in said.out) is arrives, said.out
            assert ("ok    test mail" in said.out) is arrives
            assert ("fail  test mail" in said.out) is not arrives
            for word in ("> STARTTLS", "< 220", "AUTH", "********", "TLSv1."):
                assert word in said.out
            if arrives:
                assert "(the message, " in said.out
                assert "< 250 2.0.0 kept" in said.out
            plain = f"\0{USER}\0{password}"
            for secret in (
                password,
                base64.b64encode(password.encode()).decode(),
                base64.b64encode(plain.encode()).decode(),
            ):
                assert secret not in said.out + said.err
    assert server.post.recipients == ["you@region.example"]
    assert "æøå" in server.post.arrived[0][1].get_content()
    said = line.run("doctor", "--mail", "a@b, c@d", SVARBOKS_MAIL="smtp://127.0.0.1:9")
    assert "not one e-mail address" in said.out


def test_exit_codes_and_json_R5(tmp_path: Path) -> None:
    line: CommandLine = fresh(tmp_path)
    said = line.run("doctor", "--format", "json")
    assert said.code == 3
    told = json.loads(said.out)
    by_name = {check["name"]: check for check in told["checks"]}
    assert by_name["scheduler"]["state"] == "fail"
    assert by_name["scheduler"]["remedy"]
    assert {"disk", "tls", "clock", "mail", "backups", "keys"} <= set(by_name)
    from store.database import open_store

    with open_store(line.data) as store, store.write() as db:
        now = datetime.now(UTC)
        leases.acquire(db, "scheduler", "test", now=now, until=now + timedelta(minutes=5))
    said = line.run("doctor")
    assert (said.code, "fail " in said.out) == (0, False), said.out
    assert "0 fail" in said.err
