"""What `svarboks doctor` asks over the network: the public address, the clock, the mail server, the identity provider."""

from __future__ import annotations

import shutil
import smtplib
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, make_msgid, parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from server.diagnosis import Check, State
from server.identity_provider import IdentityProvider, ProviderDown
from server.local_hosts import is_local
from server.mail_sending import sender_headers
from server.settings import Settings
from server.smtp_dialogue import Hear, connect, said_of

TIMEOUT = 10.0
#: Days before its end at which a certificate should have been renewed.
RENEWED_BY = 14
#: Seconds: codes of second factors and tokens of identity providers stop working beyond the second.
CLOCK_DOUBTFUL, CLOCK_WRONG = 2.0, 30.0
#: From 1900, where NTP begins, to 1970.
NTP_EPOCH = 2_208_988_800


def checks_over_the_network(
    settings: Settings, clock: Callable[[], datetime], ntp: str | None
) -> Iterator[Check]:
    """All checks that ask somebody."""
    yield tls(settings.url, clock())
    yield clock_check(settings.url, clock, ntp)
    yield mail_server(settings)
    if settings.provider is not None:
        yield identity_provider(settings, clock)


def tls(url: str, now: datetime) -> Check:
    """The certificate of the public address, its protocol, and the header that keeps browsers at https."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        if is_local(host):
            return Check("tls", State.OK, f"Not looked at: {url} is this machine.")
        return Check(
            "tls",
            State.FAIL,
            f"{url} is plain http: passwords travel in the clear, and browsers refuse tablets and sealing.",
            "Put a TLS proxy in front (deploy/Caddyfile) and set SVARBOKS_URL to https://…",
        )
    try:
        with (
            socket.create_connection((host, parts.port or 443), TIMEOUT) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate, protocol = secured.getpeercert() or {}, secured.version() or ""
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    except ssl.SSLCertVerificationError as error:
        return Check(
            "tls",
            State.FAIL,
            f"The certificate of {host} is not accepted: {error.verify_message}.",
            "Renew it, with the whole chain and for this name; see that the proxy's automatic renewal works.",
        )
    except (OSError, KeyError) as error:
        return Check(
            "tls",
            State.FAIL,
            f"{url} is not reached: {said_of(error)}.",
            "See that the name points here, that the firewall lets 443 through and that the proxy runs.",
        )
    days = (ends - now).days
    found = f"{protocol}, the certificate is good for {days} more days."
    if days < RENEWED_BY:
        return Check(
            "tls", State.WARN, found, "It should have been renewed by now: look at the proxy's log."
        )
    try:
        answer = requests.get(f"{url}/healthz", timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        return Check(
            "tls",
            State.FAIL,
            f"{found} The service behind it does not answer ({type(error).__name__}).",
            "See that 'svarboks serve' runs and that the proxy points at it.",
        )
    if answer.status_code != 200:
        return Check(
            "tls",
            State.FAIL,
            f"{found} {url}/healthz answers {answer.status_code}.",
            "See that 'svarboks serve' runs and that the proxy points at it.",
        )
    if "max-age=" not in answer.headers.get("Strict-Transport-Security", ""):
        return Check(
            "tls",
            State.WARN,
            f"{found} The header Strict-Transport-Security is missing.",
            "The service sends it when SVARBOKS_URL is https://…; see that the proxy does not take it away.",
        )
    return Check("tls", State.OK, f"{found} Strict-Transport-Security is sent.")


def clock_check(url: str, clock: Callable[[], datetime], ntp: str | None) -> Check:
    """The machine's clock, against whatever can be asked: a time server, the service that keeps it, the public address."""
    remedy = "Let chrony or systemd-timesyncd keep the clock: 'timedatectl set-ntp true'."
    if ntp is not None:
        try:
            apart = (_ntp_time(ntp) - clock()).total_seconds()
        except (OSError, ValueError) as error:
            return Check(
                "clock",
                State.WARN,
                f"{ntp} does not tell the time ({type(error).__name__}).",
                "Name a time server that this machine reaches (UDP 123).",
            )
        return _apart(apart, ntp, remedy)
    if (kept := _kept_in_time()) is not None:
        said = "The clock is kept in time." if kept else "The clock is not kept in time."
        return Check("clock", State.OK if kept else State.FAIL, said, "" if kept else remedy)
    try:
        answer = requests.head(f"{url}/healthz", timeout=TIMEOUT, allow_redirects=False)
        apart = (parsedate_to_datetime(answer.headers["Date"]) - clock()).total_seconds()
    except (requests.RequestException, KeyError, ValueError):
        return Check(
            "clock",
            State.WARN,
            "It cannot be known: nothing here keeps the clock, and the public address does not answer.",
            f"{remedy} Or ask a time server: 'svarboks doctor --ntp HOST'.",
        )
    if abs(apart) > CLOCK_DOUBTFUL:
        return _apart(apart, url, remedy)
    return Check(
        "clock",
        State.WARN,
        f"It agrees with {url}, which may be this very machine; nothing here is seen to keep it.",
        f"{remedy} Or ask a time server: 'svarboks doctor --ntp HOST'.",
    )


def mail_server(settings: Settings) -> Check:
    """Whether the mail server can be reached and takes the login."""
    if settings.mail.folder is not None:
        if is_local(urlsplit(settings.url).hostname):
            return Check("mail", State.OK, f"Mail goes to {settings.mail}, as in a trial.")
        return Check(
            "mail",
            State.FAIL,
            f"Mail goes to {settings.mail} and reaches nobody.",
            "Set SVARBOKS_MAIL to your mail server; docs/mail.md has examples.",
        )
    try:
        talk = connect(settings.mail)
        talk.quit()
    except (smtplib.SMTPException, OSError) as error:
        return Check(
            "mail",
            State.FAIL,
            f"{settings.mail}: {said_of(error)}",
            "Correct SVARBOKS_MAIL. 'svarboks doctor --mail you@…' shows what is said with the server.",
        )
    return Check(
        "mail",
        State.OK,
        f"{settings.mail} can be reached{' and takes the login' if settings.mail.user else ''}.",
    )


def send_test_mail(settings: Settings, recipient: str, now: datetime, hear: Hear) -> Check:
    """Send a test mail at once, telling `hear` the dialogue; the password and what is said while logging in are covered."""
    if settings.mail.folder is not None:
        return Check(
            "test mail",
            State.FAIL,
            f"Mail goes to {settings.mail}: there is no mail server to try.",
            "Set SVARBOKS_MAIL; docs/mail.md has examples.",
        )
    try:
        message = EmailMessage(policy=SMTP_POLICY)
        for name, value in sender_headers(settings, recipient).items():
            message[name] = value
    except ValueError:
        return Check(
            "test mail",
            State.FAIL,
            "This is not one e-mail address.",
            "Write it as you@region.example.",
        )
    message["Subject"] = "Svarboks: a test mail"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid("svarboks-test", message["From"].addresses[0].domain)
    message.set_content(
        f"This is a test mail from {settings.url}.\nEr denne linje læselig, er tegnsættet også i orden: æøå.\n",
        cte="quoted-printable",
    )
    try:
        talk = connect(settings.mail, hear=hear)
        try:
            talk.send_message(message)
        finally:
            talk.quit()
    except (smtplib.SMTPException, OSError) as error:
        return Check(
            "test mail",
            State.FAIL,
            said_of(error),
            "The dialogue above shows where it ended; docs/mail.md tells what the codes mean.",
        )
    return Check(
        "test mail",
        State.OK,
        f"The mail server has taken a message to {recipient}. See that it arrives, and not among unwanted mail.",
    )


def identity_provider(settings: Settings, clock: Callable[[], datetime]) -> Check:
    """Whether the provider's document and keys can be had."""
    assert settings.provider is not None
    provider = IdentityProvider(
        settings.provider, callback=f"{settings.url}/sign-in/oidc/callback", clock=clock
    )
    try:
        provider.begin("/desk")
    except ProviderDown as error:
        return Check(
            "identity provider",
            State.FAIL,
            f"{settings.provider.issuer}: {error}.",
            "docs/identity-provider.md, 'When it does not work'. Passwords work meanwhile.",
        )
    return Check(
        "identity provider", State.OK, f"{settings.provider.issuer} answers, and names itself so."
    )


def _apart(seconds: float, whose: str, remedy: str) -> Check:
    found = f"This machine's clock is {abs(seconds):.1f} seconds {'behind' if seconds > 0 else 'ahead of'} that of {whose}."
    if abs(seconds) > CLOCK_WRONG:
        return Check("clock", State.FAIL, found, remedy)
    if abs(seconds) > CLOCK_DOUBTFUL:
        return Check("clock", State.WARN, found, remedy)
    return Check("clock", State.OK, found)


def _kept_in_time() -> bool | None:
    """What the machine's own time service says; None where none can be asked (a container has none)."""
    for command, good in (
        (["timedatectl", "show", "--property=NTPSynchronized", "--value"], "yes"),
        (["chronyc", "-n", "tracking"], "Leap status     : Normal"),
    ):
        if shutil.which(command[0]) is None:
            continue
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return good in done.stdout
    return None


def _ntp_time(server: str) -> datetime:
    """The time of a server (SNTP, RFC 4330), as `host` or `host:port`. Raises OSError, ValueError."""
    parts = urlsplit(f"//{server}")
    request = b"\x23" + bytes(47)  # version 4, client
    family, kind, protocol, _name, address = socket.getaddrinfo(
        parts.hostname, parts.port or 123, type=socket.SOCK_DGRAM
    )[0]
    with socket.socket(family, kind, protocol) as asking:
        asking.settimeout(TIMEOUT)
        asking.connect(address)
        asking.send(request)
        answer = asking.recv(512)
    if len(answer) < 48 or answer[0] & 7 != 4 or answer[1] == 0:
        raise ValueError("not a time server's answer")
    seconds, fraction = struct.unpack("!II", answer[40:48])
    return datetime.fromtimestamp(seconds - NTP_EPOCH + fraction / 2**32, UTC)
