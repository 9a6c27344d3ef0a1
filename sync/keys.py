"""The private keys of rounds: one P-256 key each, in a folder of its own that no backup of the data folder holds.

Only the mixing process reads private keys. What the public may know of a key is its uncompressed point (base64url
without padding, as WebCrypto's "raw" export gives it) and its `kid`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from forms.problems import Fault, Problem, ProblemError

SUFFIX = ".key"
EXPORT_FORMAT = "svarboks-keys"
EXPORT_VERSION = 1
SHORTEST_PASSPHRASE = 8

#: scrypt at N = 2^16, r = 8, p = 1 takes 64 MiB and about a fifth of a second: OWASP's advice for stored passwords.
_SCRYPT = {"n": 2**16, "r": 8, "p": 1}
#: A file that asks for more than this many bytes of memory is refused before they are taken.
_SCRYPT_MEMORY_LIMIT = 2**28
_ROUND_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_CURVE = ec.SECP256R1()


def public_text(public_key: ec.EllipticCurvePublicKey) -> str:
    """The public key as it travels: base64url of the 65 bytes of its uncompressed point, without padding."""
    return base64.urlsafe_b64encode(_point(public_key)).rstrip(b"=").decode()


def public_from_text(text: str) -> ec.EllipticCurvePublicKey:
    """The public key that `public_text` wrote. Raises ValueError for anything else."""
    point = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)


def kid_of(public_key: ec.EllipticCurvePublicKey) -> str:
    """The first 16 hex digits of SHA-256 over the uncompressed point: which key an answer was sealed to."""
    return hashlib.sha256(_point(public_key)).hexdigest()[:16]


class KeyFolder:
    """A folder (mode 0700) with one file `<round id>.key` (PEM, mode 0600) for each round."""

    def __init__(self, path: Path | str, *, data_folder: Path | str | None = None) -> None:
        """Make the folder if it is missing.

        Raises INVALID_INPUT when it lies inside `data_folder`: a backup would then hold the keys with what they open.
        """
        self.path = Path(path).resolve()
        if data_folder is not None and self.path.is_relative_to(Path(data_folder).resolve()):
            raise ProblemError(
                Problem.INVALID_INPUT,
                "The keys folder lies inside the data folder.",
                (
                    Fault(
                        "SVARBOKS_KEYS",
                        "keys-inside-data",
                        "The keys folder must lie outside the data folder.",
                        "Name another folder, which backups of the data do not hold.",
                    ),
                ),
            )
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The folder may be a mounted volume that belongs to somebody else: then its owner decides.
        if self.path.stat().st_uid == os.geteuid():
            self.path.chmod(0o700)

    def make(self, round_id: str) -> ec.EllipticCurvePublicKey:
        """Make the key of a new round; gives its public half. Raises INVALID_INPUT when the round has one already."""
        private_key = ec.generate_private_key(_CURVE)
        try:
            self._write(round_id, private_key)
        except FileExistsError:
            raise ProblemError(
                Problem.INVALID_INPUT, f"The round {round_id} has a key already."
            ) from None
        return private_key.public_key()

    def has(self, round_id: str) -> bool:
        """Whether the round's private key is here."""
        return self._file(round_id).is_file()

    def private(self, round_id: str) -> ec.EllipticCurvePrivateKey:
        """The round's private key. Raises KEYS_MISSING when it is not here or cannot be read."""
        try:
            return _from_pem(self._file(round_id).read_bytes())
        except (OSError, ValueError):
            raise ProblemError(Problem.KEYS_MISSING, f"Round {round_id}.") from None

    def public(self, round_id: str) -> ec.EllipticCurvePublicKey:
        """The public half of the round's key. Raises as `private` does."""
        return self.private(round_id).public_key()

    def rounds(self) -> tuple[str, ...]:
        """The ids of the rounds whose keys are here, sorted."""
        return tuple(sorted(file.stem for file in self.path.glob(f"*{SUFFIX}")))

    def destroy(self, round_id: str) -> None:
        """Remove the round's key for good: what is still sealed to it can never be opened. Quiet when it is gone.

        The file is overwritten first. On a disk that moves what it writes this is a courtesy and not a guarantee.
        """
        file = self._file(round_id)
        try:
            with file.open("r+b") as handle:
                handle.write(secrets.token_bytes(file.stat().st_size))
                handle.flush()
                os.fsync(handle.fileno())
            file.unlink()
        except FileNotFoundError:
            return
        _sync_folder(self.path)

    def export(self, passphrase: str) -> bytes:
        """All keys, sealed with a passphrase: a JSON file to keep apart from the backups.

        Raises INVALID_INPUT for a passphrase of fewer than 8 characters.
        """
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise ProblemError(
                Problem.INVALID_INPUT,
                f"The passphrase needs at least {SHORTEST_PASSPHRASE} characters.",
            )
        keys = {round_id: _to_pem(self.private(round_id)).decode() for round_id in self.rounds()}
        head: dict[str, Any] = {
            "format": EXPORT_FORMAT,
            "version": EXPORT_VERSION,
            "kdf": {"name": "scrypt", **_SCRYPT, "salt": secrets.token_hex(16)},
            "cipher": {"name": "chacha20-poly1305", "nonce": secrets.token_hex(12)},
        }
        sealed = ChaCha20Poly1305(_stretch(passphrase, head["kdf"])).encrypt(
            bytes.fromhex(head["cipher"]["nonce"]), json.dumps(keys).encode(), _authenticated(head)
        )
        return (
            json.dumps({**head, "sealed": base64.b64encode(sealed).decode()}, indent=1).encode()
            + b"\n"
        )

    def import_(self, content: bytes, passphrase: str) -> tuple[str, ...]:
        """Bring in the keys of an exported file; gives the ids of the rounds that were not here before.

        Raises BAD_KEYS_FILE, with nothing written, for a wrong passphrase, a damaged or foreign file, and where a round
        here already has another key.
        """
        keys = _open_export(content, passphrase)
        new = []
        for round_id, key in keys.items():
            if not self.has(round_id):
                new.append(round_id)
            elif _to_pem(self.private(round_id)) != _to_pem(key):
                raise _bad_file(f"The round {round_id} has another key here.")
        for round_id in new:
            self._write(round_id, keys[round_id])
        return tuple(sorted(new))

    def _file(self, round_id: str) -> Path:
        if _ROUND_ID.fullmatch(round_id) is None:
            raise ProblemError(Problem.NO_SUCH_ROUND)
        return self.path / f"{round_id}{SUFFIX}"

    def _write(self, round_id: str, private_key: ec.EllipticCurvePrivateKey) -> None:
        """Write the whole file and only then give it its name, so that no half key is ever found."""
        file = self._file(round_id)
        draft = self.path / f".{round_id}.{secrets.token_hex(8)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(_to_pem(private_key))
                stream.flush()
                os.fsync(stream.fileno())
            # A hard link, unlike a rename, fails when the name is taken: a key is never written over.
            os.link(draft, file)
        finally:
            draft.unlink()
        _sync_folder(self.path)


def _point(public_key: ec.EllipticCurvePublicKey) -> bytes:
    return public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _to_pem(private_key: ec.EllipticCurvePrivateKey) -> bytes:
    return private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _from_pem(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """Raises ValueError for anything but a P-256 private key."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:  # a PEM with a password of its own
        raise ValueError("not a plain PEM key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != _CURVE.name:
        raise ValueError("not a P-256 key")
    return key


def _open_export(content: bytes, passphrase: str) -> dict[str, ec.EllipticCurvePrivateKey]:
    try:
        head = json.loads(content)
        sealed = base64.b64decode(head.pop("sealed"), validate=True)
        if head["format"] != EXPORT_FORMAT:
            raise _bad_file("It is not an export of keys.")
        if head["version"] != EXPORT_VERSION:
            raise _bad_file("It was written by a newer Svarboks.")
        kdf, cipher = head["kdf"], head["cipher"]
        if kdf["name"] != "scrypt" or cipher["name"] != "chacha20-poly1305":
            raise _bad_file("It names a cipher that this Svarboks does not know.")
        if 128 * kdf["n"] * kdf["r"] * kdf["p"] > _SCRYPT_MEMORY_LIMIT:
            raise _bad_file("It asks for more memory than is allowed.")
        key = _stretch(passphrase, kdf)
        plain = ChaCha20Poly1305(key).decrypt(
            bytes.fromhex(cipher["nonce"]), sealed, _authenticated(head)
        )
        keys = {name: _from_pem(pem.encode()) for name, pem in json.loads(plain).items()}
    except InvalidTag:
        raise _bad_file("The passphrase is wrong, or the file is damaged.") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise _bad_file("It is not an export of keys, or it is damaged.") from None
    if not all(_ROUND_ID.fullmatch(name) for name in keys):
        raise _bad_file("It names a round that cannot exist.")
    return keys


def _stretch(passphrase: str, kdf: dict[str, Any]) -> bytes:
    """The key of 32 bytes that scrypt (RFC 7914) derives from a passphrase."""
    scrypt = Scrypt(salt=bytes.fromhex(kdf["salt"]), length=32, n=kdf["n"], r=kdf["r"], p=kdf["p"])
    return scrypt.derive(passphrase.encode())


def _authenticated(head: dict[str, Any]) -> bytes:
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode()


def _bad_file(detail: str) -> ProblemError:
    return ProblemError(Problem.BAD_KEYS_FILE, detail)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
