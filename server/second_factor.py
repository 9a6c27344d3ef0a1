"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes.

The app's secret is sealed in the store with a key derived from the service's own secret (server/settings.py), bound to
the account: the data folder without that secret makes no code. Recovery codes are kept as argon2id hashes, since 60 bits
are fewer than OWASP ASVS 5.0, 6.5.2 asks of what a plain hash may keep.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime

import pyotp
import segno
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: Seconds that a code stands, and how many steps a clock may be off, before and after (RFC 6238, 5.2).
STEP = 30
DRIFT = 1
DIGITS = 6

CODES = 10
#: From here on the account's page asks for new ones.
FEW_CODES = 3
#: Without signs that look alike. 12 of 32 signs are 60 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz123456789"
_CODE_LENGTH = 12

_NONCE = 12


def new_secret() -> str:
    """A new secret for an app, in base32: 160 random bits (RFC 4226, 4, R6)."""
    return pyotp.random_base32()


def seal(secret: str, *, service_secret: bytes, account: int) -> bytes:
    """The secret as the store keeps it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_key(service_secret)).encrypt(nonce, secret.encode(), _bound_to(account))


def unseal(sealed: bytes, *, service_secret: bytes, account: int) -> str | None:
    """The secret again; None where it was sealed for another account or under another secret of the service."""
    try:
        plain = AESGCM(_key(service_secret)).decrypt(
            sealed[:_NONCE], sealed[_NONCE:], _bound_to(account)
        )
    except (InvalidTag, ValueError):
        return None
    return plain.decode()


def fitting_step(secret: str, typed: str, now: datetime) -> int | None:
    """The time step whose code was typed, one step before or after now at most; None where it is no code of these."""
    code = re.sub(r"\s", "", typed)
    if not re.fullmatch(f"[0-9]{{{DIGITS}}}", code):
        return None
    current = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP)
    fitting = [
        step
        for step in range(current - DRIFT, current + DRIFT + 1)
        if hmac.compare_digest(totp.generate_otp(step), code)
    ]
    return fitting[-1] if fitting else None


def app_address(secret: str, *, email: str, organisation: str) -> str:
    """The otpauth: address that an app reads from the QR code."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP).provisioning_uri(
        name=email, issuer_name=organisation
    )


def qr_image(address: str) -> str:
    """The QR code as the address of an image, an SVG inside it."""
    return segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#fff")


def in_groups(secret: str) -> str:
    """The secret as a person types it: in groups of four."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def new_codes() -> list[str]:
    """Ten recovery codes, as they are shown: 'abcd-efgh-jkmn'."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
        for _ in range(CODES)
    ]


def looks_like_code(typed: str) -> bool:
    """Whether what was typed can be a recovery code, so that it is worth hashing."""
    return len(_bare(typed)) == _CODE_LENGTH and set(_bare(typed)) <= set(_ALPHABET)


def code_hash(code: str, sealed_secret: bytes) -> bytes:
    """What is kept of a recovery code, 32 bytes. Its salt is the random beginning of the sealed secret that it belongs to."""
    return hash_secret_raw(
        secret=_bare(code).encode(),
        salt=sealed_secret[:_NONCE],
        time_cost=2,
        memory_cost=19 * 1024,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )


def _bare(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed).lower()


def _key(service_secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"svarboks second factor 1").derive(
        service_secret
    )


def _bound_to(account: int) -> bytes:
    return f"account {account}".encode()
