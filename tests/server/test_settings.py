"""Settings from the environment: safe defaults, clear faults, a documented list."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from server.settings import VARIABLES, SettingsError, from_environment, secret_of

ROOT = Path(__file__).parents[2]


def test_defaults_are_safe(tmp_path: Path) -> None:
    settings = from_environment({"SVARBOKS_DATA": str(tmp_path / "data")})
    assert settings.keys == tmp_path / "data-keys"
    assert settings.url == "http://localhost:8080"
    assert settings.host == "127.0.0.1"
    assert not settings.https
    assert not settings.unsafe_origin
    assert settings.intake_rate > 0


def test_the_url_follows_the_port() -> None:
    assert from_environment({"PORT": "9000"}).url == "http://localhost:9000"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "٨٠"),
        ("SVARBOKS_WORKERS", "-1"),
        ("SVARBOKS_URL", "svar.example"),
        ("SVARBOKS_URL", "https://svar.example/path"),
        ("SVARBOKS_URL", "https://user@svar.example"),
        ("SVARBOKS_URL", "https://svar.example:port"),
        ("SVARBOKS_URL", "ftp://svar.example"),
        ("SVARBOKS_SECRET_KEY", "short"),
        ("SVARBOKS_ACCESSIBILITY_URL", "javascript:alert(1)"),
        ("SVARBOKS_ACCESSIBILITY_URL", "//elsewhere.example"),
        ("SVARBOKS_ORGANISATION", "Region\nEksempel"),
        ("SVARBOKS_INTAKE_RATE", "many"),
        ("SVARBOKS_INTAKE_RATE", "nan"),
        ("SVARBOKS_INTAKE_BURST", "0"),
    ],
)
def test_a_faulty_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: "):
        from_environment({name: value})


def test_keys_inside_the_data_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^SVARBOKS_KEYS: "):
        from_environment({"SVARBOKS_DATA": str(tmp_path), "SVARBOKS_KEYS": str(tmp_path / "keys")})


@pytest.mark.parametrize(
    ("url", "unsafe"),
    [
        ("http://localhost:8080", False),
        ("http://127.0.0.1", False),
        ("https://svar.example", False),
        ("http://svar.example", True),
        ("http://192.168.1.5:8080", True),
    ],
)
def test_plain_http_elsewhere_is_unsafe(url: str, unsafe: bool) -> None:
    assert from_environment({"SVARBOKS_URL": url}).unsafe_origin is unsafe


def test_the_secret_is_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    settings = from_environment({"SVARBOKS_DATA": str(tmp_path)})
    first = secret_of(settings)
    assert len(first) >= 32
    assert secret_of(settings) == first
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert secret_of(replace(settings, secret_key="x" * 32)) == b"x" * 32


def test_each_variable_that_is_read_is_documented_and_each_documented_one_is_read() -> None:
    documented = re.findall(
        r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text("utf-8"), re.MULTILINE
    )
    assert documented == list(VARIABLES)
    source = (ROOT / "server" / "settings.py").read_text("utf-8")
    read = re.findall(r'environ, "([A-Z_]+)"', source)
    assert set(read) == set(VARIABLES)
