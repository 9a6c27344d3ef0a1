"""The keys folder: outside the data, closed to others, exported only under a passphrase, never half written."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from forms.problems import Problem, ProblemError
from sync.envelope import Header, open_envelope, seal
from sync.keys import KeyFolder, kid_of, public_from_text, public_text
from sync.payload import Payload, pad

PASSPHRASE = "rigtig hest batteri"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys", data_folder=tmp_path / "data")


def problem_of(action: object, *arguments: object) -> Problem:
    assert callable(action)
    with pytest.raises(ProblemError) as caught:
        action(*arguments)
    return caught.value.problem


def test_a_key_opens_what_was_sealed_to_it(keys: KeyFolder) -> None:
    public = keys.make("iv-2022")
    travelled = public_from_text(public_text(public))
    header = Header("0" * 32, "iv-2022", "f" * 64, "web", None, kid_of(travelled))
    raw = seal(header, pad(Payload({"a": 1}, "da"), 4096), travelled, 4096)
    assert open_envelope(raw, keys.private("iv-2022")).startswith(b"\0\0\0")
    assert kid_of(keys.private("iv-2022").public_key()) == kid_of(public)


def test_modes(keys: KeyFolder) -> None:
    old = os.umask(0)
    try:
        keys.make("iv-2022")
    finally:
        os.umask(old)
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o700
    assert {(file.name, stat.S_IMODE(file.stat().st_mode)) for file in keys.path.iterdir()} == {
        ("iv-2022.key", 0o600)
    }


@pytest.mark.parametrize("inside", [".", "keys", "deep/down"])
def test_never_inside_the_data_folder(tmp_path: Path, inside: str) -> None:
    data = tmp_path / "data"
    assert problem_of(lambda: KeyFolder(data / inside, data_folder=data)) is Problem.INVALID_INPUT
    assert not (data / inside).exists()


def test_not_through_a_link_either(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "door").symlink_to(tmp_path / "data")
    with pytest.raises(ProblemError):
        KeyFolder(tmp_path / "door" / "keys", data_folder=tmp_path / "data")


def test_beside_the_data_folder_with_a_longer_name_is_outside(tmp_path: Path) -> None:
    assert KeyFolder(tmp_path / "data-keys", data_folder=tmp_path / "data").rounds() == ()


def test_a_key_is_never_written_over(keys: KeyFolder) -> None:
    before = public_text(keys.make("iv-2022"))
    assert problem_of(keys.make, "iv-2022") is Problem.INVALID_INPUT
    assert public_text(keys.private("iv-2022").public_key()) == before
    assert [file.name for file in keys.path.iterdir()] == ["iv-2022.key"]


@pytest.mark.parametrize("round_id", ["", "../x", "a/b", ".hidden", "A", "x" * 65])
def test_a_round_id_is_never_a_path(keys: KeyFolder, round_id: str) -> None:
    for action in (keys.make, keys.private, keys.destroy, keys.has):
        assert problem_of(action, round_id) is Problem.NO_SUCH_ROUND


def test_missing_and_damaged_keys(keys: KeyFolder) -> None:
    assert problem_of(keys.private, "iv-2022") is Problem.KEYS_MISSING
    keys.make("iv-2022")
    (keys.path / "iv-2022.key").write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    assert problem_of(keys.private, "iv-2022") is Problem.KEYS_MISSING


def test_a_destroyed_key_is_gone(keys: KeyFolder) -> None:
    keys.make("iv-2022")
    keys.make("sof-2023")
    keys.destroy("iv-2022")
    keys.destroy("iv-2022")
    assert keys.rounds() == ("sof-2023",)
    assert problem_of(keys.private, "iv-2022") is Problem.KEYS_MISSING


def test_export_and_import(keys: KeyFolder, tmp_path: Path) -> None:
    points = {name: public_text(keys.make(name)) for name in ("iv-2022", "sof-2023")}
    content = keys.export(PASSPHRASE)
    assert b"PRIVATE" not in content
    assert b"iv-2022" not in content
    other = KeyFolder(tmp_path / "other")
    assert other.import_(content, PASSPHRASE) == ("iv-2022", "sof-2023")
    assert {
        name: public_text(other.private(name).public_key()) for name in other.rounds()
    } == points
    assert other.import_(content, PASSPHRASE) == ()


def test_the_passphrase_must_be_right_and_long_enough(keys: KeyFolder, tmp_path: Path) -> None:
    keys.make("iv-2022")
    content = keys.export(PASSPHRASE)
    other = KeyFolder(tmp_path / "other")
    assert problem_of(other.import_, content, PASSPHRASE + "e") is Problem.BAD_KEYS_FILE
    assert other.rounds() == ()
    assert problem_of(keys.export, "kort") is Problem.INVALID_INPUT


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 20000, b'{"sealed": 3}']
)
def test_files_that_are_no_export(keys: KeyFolder, content: bytes) -> None:
    assert problem_of(keys.import_, content, PASSPHRASE) is Problem.BAD_KEYS_FILE


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("format",), "other"),
        (("kdf", "n"), 2**30),
        (("kdf", "n"), -1),
        (("kdf", "n"), 2**15),
        (("kdf", "name"), "md5"),
        (("kdf", "salt"), "zz"),
        (("cipher", "nonce"), "00"),
        (("cipher", "name"), "rot13"),
        (("sealed",), "AAAA"),
        (("sealed",), "!!"),
    ],
)
def test_changed_exports(keys: KeyFolder, path: tuple[str, ...], value: object) -> None:
    keys.make("iv-2022")
    head = json.loads(keys.export(PASSPHRASE))
    place = head
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    keys.destroy("iv-2022")
    assert problem_of(keys.import_, json.dumps(head).encode(), PASSPHRASE) is Problem.BAD_KEYS_FILE
    assert keys.rounds() == ()


def test_an_import_never_replaces_another_key(keys: KeyFolder, tmp_path: Path) -> None:
    other = KeyFolder(tmp_path / "other")
    other.make("iv-2022")
    other.make("aaa")
    mine = public_text(keys.make("iv-2022"))
    assert problem_of(keys.import_, other.export(PASSPHRASE), PASSPHRASE) is Problem.BAD_KEYS_FILE
    assert keys.rounds() == ("iv-2022",)
    assert public_text(keys.private("iv-2022").public_key()) == mine


def test_only_p256_text_is_a_public_key() -> None:
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    for text in (public_text(other), "", "AAAA", "?", "Ø"):
        with pytest.raises(ValueError):
            public_from_text(text)
