"""Mail on its way out, to a real mail server on loopback (aiosmtpd) and to a folder.

R1  A message that was added in a transaction is sent by the next tick, whole: UTF-8 text, From, To, Subject, Date,
    Message-ID, Auto-Submitted; its text is then removed from the store. A change that was rolled back mails nobody.
R2  STARTTLS and TLS from the first byte, with a login; a certificate that does not fit, a server without TLS, a wrong
    password: nothing is sent in the clear, and the message waits.
R3  4xx: tried again after 1, 5, 15 minutes, 1 hour, 4 hours … for three days, then failed. 5xx: failed at once.
R4  One failing recipient holds up no other, whether the server refuses, hangs up or the address is none.
R5  Killed between sending and noting: sent again, with the same Message-ID and the same bytes.
R6  Two schedulers send each message once.
R7  No header can be injected by a recipient or a subject.
R8  Nothing of a message, no address and no password is in the log or in what is kept of an error.
R9  What was sent or has failed is forgotten after 30 days.
R10 The setting: what it takes, what it refuses; a password is in no repr and in no refusal.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from server.mail_route import Transport, read_route
from server.mail_sending import PAUSES, TAKEN_FOR, send_due
from server.settings import Settings, SettingsError, from_environment
from store import outbox
from store.database import Store, create_store, open_store
from store.outbox import GIVEN_UP, MessageState
from tests.server.certificates import Certificate, make_certificate
from tests.server.mail_server import PASSWORD, USER, MailServer, free_port

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEXT = (
    "Kære Åse\n\nHer er dit link: https://svar.example/link/" + "a1b2" * 20 + "\n.\nVenlig hilsen\n"
)


class Installation:
    """A data folder, a route and a clock."""

    def __init__(self, folder: Path, mail: str = "", **environment: str) -> None:
        self.environment = {
            "SVARBOKS_DATA": str(folder / "data"),
            "SVARBOKS_ORGANISATION": "Region Østsjælland",
            "SVARBOKS_URL": "https://svar.region.example",
            "SVARBOKS_MAIL": mail,
            **environment,
        }
        self.settings: Settings = from_environment(self.environment)
        self.store: Store = create_store(self.settings.data)
        self.now = NOW

    def add(self, recipient: str, *, subject: str = "Du er inviteret", body: str = TEXT) -> int:
        with self.store.write() as db:
            return outbox.add(
                db, kind="invitation", recipient=recipient, subject=subject, body=body, now=self.now
            )

    def tick(self) -> int:
        return send_due(self.store, self.settings, clock=lambda: self.now, seconds=lambda: 0.0)

    def message(self, number: int) -> outbox.Message:
        found = outbox.find(self.store.main, number)
        assert found is not None
        return found

    def states(self) -> list[str]:
        return [
            message.state.value
            for message in reversed(outbox.listed(self.store.main, list(MessageState)))
        ]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate whose authority this process trusts."""
    made = make_certificate(tmp_path / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    return made


def login(scheme: str, port: int, password: str = PASSWORD, host: str = "localhost") -> str:
    return f"{scheme}://{USER}:{quote(password, safe='')}@{host}:{port}"


def test_a_message_arrives_whole_and_its_text_goes_R1(tmp_path: Path) -> None:
    with MailServer() as server:
        made = Installation(tmp_path, f"smtp://127.0.0.1:{server.port}")
        number = made.add("aase@kommune.example", subject="Indbydelse til målingen – hjælp os")
        assert made.tick() == 1
        [(recipient, message)] = server.post.arrived
    assert recipient == "aase@kommune.example"
    assert message["From"] == "Region Østsjælland <svarboks@svar.region.example>"
    assert message["To"] == "aase@kommune.example"
    assert message["Subject"] == "Indbydelse til målingen – hjælp os"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == f"<svarboks-{number}-20261122T120000Z@svar.region.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert message.get_content().replace("\r\n", "\n") == TEXT
    kept = made.message(number)
    assert (kept.state, kept.body, kept.sent_at) == (MessageState.SENT, "", NOW)
    assert TEXT[:20].encode() not in (made.settings.data / "svarboks.db").read_bytes()
    assert made.tick() == 0


def test_a_change_that_was_rolled_back_mails_nobody_R1(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    with pytest.raises(RuntimeError, match="changed my mind"), made.store.write() as db:
        outbox.add(db, kind="reminder", recipient="a@b.example", subject="S", body="T", now=NOW)
        raise RuntimeError("changed my mind")
    assert made.tick() == 0
    assert not (made.settings.data / "mailbox").exists()
    with pytest.raises(RuntimeError):
        outbox.add(
            made.store.main,
            kind="reminder",
            recipient="a@b.example",
            subject="S",
            body="T",
            now=NOW,
        )


def test_a_folder_holds_each_message_as_a_file_R1(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.add("a@b.example")
    made.add("c@d.example")
    assert made.tick() == 2
    files = sorted((made.settings.data / "mailbox").iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert b"To: a@b.example" in files[0].read_bytes()
    # A folder that cannot be written is like a server that does not answer.
    made.settings.mail.folder.rename(tmp_path / "elsewhere")  # type: ignore[union-attr]
    (made.settings.data / "mailbox").write_text("a file in the way")
    number = made.add("e@f.example")
    assert made.tick() == 0
    assert made.message(number).state is MessageState.WAITING
    assert made.message(number).error


#: aiosmtpd takes TLS from the first byte for none.
IN_TLS = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@IN_TLS
@pytest.mark.parametrize("at_once", [False, True])
def test_tls_with_a_login_R2(tmp_path: Path, certificate: Certificate, at_once: bool) -> None:
    scheme = "smtps" if at_once else "smtp+starttls"
    with MailServer(certificate, at_once=at_once, login=True) as server:
        made = Installation(tmp_path, login(scheme, server.port))
        made.add("a@b.example")
        assert made.tick() == 1
    assert server.post.recipients == ["a@b.example"]


@IN_TLS
@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_certificate_that_does_not_fit_gets_nothing_R2(
    tmp_path: Path, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    stranger = make_certificate(tmp_path / "stranger")
    other_name = make_certificate(tmp_path / "other", host="mail.region.example")
    expired = make_certificate(tmp_path / "expired", days_left=-1)
    for number, (trusted, shown) in enumerate(
        ((certificate, stranger), (other_name, other_name), (expired, expired))
    ):
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted.authority))
        with MailServer(shown, at_once=scheme == "smtps", login=True) as server:
            made = Installation(tmp_path / str(number), login(scheme, server.port))
            message = made.add("a@b.example")
            assert made.tick() == 0
        kept = made.message(message)
        assert kept.state is MessageState.WAITING
        assert "certificate" in kept.error or "Hostname" in kept.error, kept.error
        assert server.post.arrived == []


def test_no_tls_and_a_wrong_password_leave_the_message_waiting_R2(
    tmp_path: Path, certificate: Certificate
) -> None:
    with MailServer() as server:  # offers no TLS
        made = Installation(tmp_path / "plain", login("smtp+starttls", server.port))
        message = made.add("a@b.example")
        assert made.tick() == 0
        assert "STARTTLS" in made.message(message).error
    with MailServer(certificate, login=True) as server:
        made = Installation(tmp_path / "wrong", login("smtp+starttls", server.port, "wrong"))
        message = made.add("a@b.example")
        assert made.tick() == 0
        kept = made.message(message)
        assert (kept.state, kept.attempts) == (MessageState.WAITING, 1)
        assert kept.error.startswith("535")
    assert server.post.arrived == []


def test_a_temporary_refusal_is_tried_again_for_three_days_R3(tmp_path: Path) -> None:
    with MailServer() as server:
        made = Installation(tmp_path, f"smtp://127.0.0.1:{server.port}")
        number = made.add("temporary@b.example")
        waits = []
        while made.message(number).state is MessageState.WAITING:
            made.tick()
            kept = made.message(number)
            assert kept.error == "451 4.2.0 greylisted, try later"
            if kept.state is MessageState.WAITING:
                waits.append(kept.next_at - made.now)
                made.now = kept.next_at - timedelta(seconds=1)
                attempts = kept.attempts
                made.tick()
                assert made.message(number).attempts == attempts
                made.now = kept.next_at
    assert [wait.total_seconds() / 60 for wait in waits[:6]] == [1, 5, 15, 60, 240, 240]
    assert made.now - NOW == timedelta(days=3) == sum(PAUSES, timedelta())
    assert made.message(number).state is MessageState.FAILED
    assert made.message(number).can_be_sent


def test_a_permanent_refusal_fails_at_once_and_a_person_may_try_again_R3(tmp_path: Path) -> None:
    with MailServer() as server:
        made = Installation(tmp_path, f"smtp://127.0.0.1:{server.port}")
        refused = [made.add("permanent@b.example"), made.add("content@b.example")]
        made.tick()
        for number, error in zip(refused, ("550 5.1.1", "554 5.7.1"), strict=True):
            assert made.message(number).state is MessageState.FAILED
            assert made.message(number).error.startswith(error)
        made.now += timedelta(days=1)
        assert made.tick() == 0
        with made.store.write() as db:
            assert outbox.try_again(db, refused[0], made.now)
            assert outbox.give_up(db, refused[1])
            assert not outbox.try_again(db, refused[1], made.now)
            assert not outbox.give_up(db, refused[1])
        made.tick()
    assert made.message(refused[0]).attempts == 1
    given_up = made.message(refused[1])
    assert (given_up.state, given_up.body, given_up.error) == (MessageState.FAILED, "", GIVEN_UP)


def test_our_own_address_refused_is_for_a_person_to_mend_R3(tmp_path: Path) -> None:
    with MailServer() as server:
        made = Installation(
            tmp_path, f"smtp://127.0.0.1:{server.port}", SVARBOKS_MAIL_FROM="unwanted@b.example"
        )
        number = made.add("a@b.example")
        made.tick()
        assert made.message(number).state is MessageState.WAITING
        assert made.message(number).error.startswith("550 5.7.1")


def test_one_failing_recipient_holds_up_no_other_R4(tmp_path: Path) -> None:
    with MailServer() as server:
        made = Installation(tmp_path, f"smtp://127.0.0.1:{server.port}")
        for recipient in (
            "permanent@b.example", "one@b.example", "hangup@b.example", "two@b.example", "temporary@b.example",
            "no@address@at@all", "three@b.example", "åse@b.example", "content@b.example", "four@b.example",
        ):  # fmt: skip
            made.add(recipient)
        assert made.tick() == 4
    assert server.post.recipients == [
        "one@b.example",
        "two@b.example",
        "three@b.example",
        "four@b.example",
    ]
    assert made.states() == [
        "failed", "sent", "waiting", "sent", "waiting", "failed", "sent", "failed", "failed", "sent",
    ]  # fmt: skip


def test_a_server_that_is_down_is_asked_once_a_tick_R4(tmp_path: Path) -> None:
    made = Installation(tmp_path, f"smtp://127.0.0.1:{free_port()}")
    numbers = [made.add(f"a{n}@b.example") for n in range(5)]
    assert made.tick() == 0
    for number in numbers:
        kept = made.message(number)
        assert (kept.state, kept.attempts, kept.error) == (
            MessageState.WAITING,
            1,
            "Connection refused",
        )
        assert kept.next_at == NOW + timedelta(minutes=1)


KILLED = """
import os, sys
from datetime import datetime, timezone
from server.mail_sending import send_due
from server.settings import from_environment
from store.database import open_store
settings = from_environment(os.environ)
print("ready", flush=True)
send_due(open_store(settings.data), settings, clock=lambda: datetime.fromisoformat(sys.argv[1]), seconds=lambda: 0.0)
"""


def test_killed_between_sending_and_noting_it_is_sent_again_the_same_R5(tmp_path: Path) -> None:
    with MailServer() as server:
        made = Installation(tmp_path, f"smtp://127.0.0.1:{server.port}")
        number = made.add("a@b.example")
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), NOW.isoformat()],
            env={**os.environ, **made.environment},
        )
        # The message has come whole; its sender never hears so.
        server.post.before_answer = lambda _recipient: os.kill(process.pid, signal.SIGKILL)
        assert process.wait(timeout=30) == -signal.SIGKILL
        server.post.before_answer = lambda _recipient: None
        assert made.message(number).state is MessageState.WAITING
        assert made.tick() == 0  # taken: whoever took it may still be at it
        made.now += TAKEN_FOR
        assert made.tick() == 1
    assert server.post.recipients == ["a@b.example", "a@b.example"]
    first, second = server.post.raw
    assert first == second
    assert made.message(number).state is MessageState.SENT


def test_two_schedulers_send_each_message_once_R6(tmp_path: Path) -> None:
    with MailServer() as server:
        made = Installation(tmp_path, f"smtp://127.0.0.1:{server.port}")
        for number in range(30):
            made.add(f"a{number}@b.example")
        begin = threading.Barrier(2)

        def run() -> None:
            with open_store(made.settings.data) as store:
                begin.wait(10)
                send_due(store, made.settings, clock=lambda: NOW, seconds=lambda: 0.0)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert sorted(server.post.recipients) == sorted(f"a{number}@b.example" for number in range(30))
    assert set(made.states()) == {"sent"}


@pytest.mark.parametrize(
    "recipient",
    [
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example, x@y.example",
        "a@b.example\nX: y",
        "A <a@b.example>",
        "a@@b.example",
    ],
)
def test_no_header_can_be_injected_by_a_recipient_R7(tmp_path: Path, recipient: str) -> None:
    with MailServer() as server:
        made = Installation(tmp_path, f"smtp://127.0.0.1:{server.port}")
        number = made.add(recipient)
        made.add("good@b.example")
        assert made.tick() == 1
    assert server.post.recipients == ["good@b.example"]
    assert made.message(number).state is MessageState.FAILED


def test_no_header_can_be_injected_by_a_subject_R7(tmp_path: Path) -> None:
    with MailServer() as server:
        made = Installation(tmp_path, f"smtp://127.0.0.1:{server.port}")
        made.add("a@b.example", subject="Runde\r\nBcc: x@y.example\r\n\r\nbody")
        made.add("b@b.example", subject="Runde\u2028Bcc: x@y.example\x00\x0bX: y")
        made.add("c@b.example", subject="Indbydelse " * 60)
        assert made.tick() == 3
        for _recipient, message in server.post.arrived:
            assert set(message.keys()) == {
                "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
                "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
            }  # fmt: skip
            assert message.get_content().replace("\r\n", "\n") == TEXT


def test_nothing_of_a_message_is_in_the_log_R8(
    tmp_path: Path, certificate: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="svarboks")
    caplog.set_level(logging.DEBUG, logger="smtplib")
    with MailServer(certificate, login=True) as server:
        for name, password in (("right", PASSWORD), ("wrong", "hunter2hunter2")):
            made = Installation(tmp_path / name, login("smtp+starttls", server.port, password))
            for recipient in ("secret.person@b.example", "permanent@b.example", "hangup@b.example"):
                made.add(recipient, subject="Secret subject")
            made.tick()
            for message in outbox.listed(made.store.main, list(MessageState)):
                assert password not in message.error
                assert "Kære" not in message.error
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("svarboks")]
    assert len(ours) == 6
    assert any("was sent" in line for line in ours)
    for line in ours:
        for secret in ("@", "secret", "Secret", "Kære", "link", PASSWORD, "hunter2"):
            assert secret not in line


def test_what_is_done_is_forgotten_after_thirty_days_R9(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.add("a@b.example")
    made.tick()
    made.now += timedelta(days=30)
    made.tick()
    assert made.states() == ["sent"]
    made.now += timedelta(seconds=1)
    made.tick()
    assert made.states() == []


def test_the_setting_R10(tmp_path: Path) -> None:
    def route(text: str) -> Any:
        return from_environment({"SVARBOKS_DATA": str(tmp_path), "SVARBOKS_MAIL": text}).mail

    assert route("").folder == tmp_path / "mailbox"
    assert route("folder:/var/spool/mail").folder == Path("/var/spool/mail")
    plain = route("smtp://mail.region.example")
    assert (plain.transport, plain.host, plain.port) == (Transport.SMTP, "mail.region.example", 25)
    assert route("smtp+starttls://mail.example").port == 587
    full = route("smtps://me%40x.example:a%3Ab%2Fc@mail.example:4650")
    assert (full.user, full.password, full.port) == ("me@x.example", "a:b/c", 4650)
    assert "a:b/c" not in repr(full) + str(full) + repr(
        from_environment({"SVARBOKS_MAIL": "smtps://u:a%3Ab%2Fc@h"})
    )
    assert str(full) == "smtps://mail.example:4650"
    for faulty in (
        "mail.example", "http://mail.example", "smtp://", "smtp://host:0", "smtp://host:port", "smtps://user@host",
        "smtp://user:verysecret@mail.example", "folder:", "smtps://host/path", "smtps://user:pæssverysecret@host",
        "smtps://user:verysecret@host:99999",
    ):  # fmt: skip
        with pytest.raises(SettingsError, match=r"^SVARBOKS_MAIL: ") as refused:
            route(faulty)
        assert "verysecret" not in str(refused.value)
    for faulty in ("nobody", "a@b@c", "Region <>"):
        with pytest.raises(SettingsError, match=r"^SVARBOKS_MAIL_FROM: "):
            from_environment({"SVARBOKS_MAIL_FROM": faulty})
    with pytest.raises(SettingsError, match=r"^SVARBOKS_MAILBOX_PAGE: "):
        from_environment({"SVARBOKS_MAILBOX_PAGE": "perhaps"})
    assert read_route("smtp://[::1]:2525", tmp_path).host == "::1"
