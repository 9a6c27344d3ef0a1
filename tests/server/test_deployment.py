"""The examples for a machine's operation: services, proxies, backup, settings.

R1 two services under two users; only the scheduler reaches the keys; both give up every privilege (systemd says so too)
R2 a proxy writes no line about a visitor, passes no address on, speaks TLS 1.2 or later, keeps no body in a file
R3 the example of the environment is one that Svarboks accepts
R4 a backup taken while answers are mixed loses none and holds no key; it is readable by its owner only, and goes after 30 days
R5 the guide names every file of deploy/, and the README leads to it
"""

from __future__ import annotations

import configparser
import os
import random
import re
import secrets
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from server.settings import VARIABLES, from_environment, secret_of
from store import responses, submissions
from store.consistency import check
from store.database import open_store
from sync.keys import KeyFolder
from sync.mixing import mix
from sync.recount import recount
from tests.crash.processes import free_port
from tests.server.installation import NOW, World, envelope

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
#: Debian keeps it where only root looks.
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


def _unit(path: Path) -> dict[str, list[str]]:
    """[Service] of a unit: a setting may be given several times."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_gives_up_what_it_does_not_need(path: Path) -> None:
    unit = _unit(path)
    for name, value in {
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "RestrictSUIDSGID": "yes",
        "RestrictNamespaces": "yes",
        "LockPersonality": "yes",
        "ProtectProc": "invisible",
        "SystemCallArchitectures": "native",
    }.items():
        assert unit[name] == [value], name
    assert unit["SystemCallFilter"] == ["@system-service", "~@privileged"]
    assert unit["User"][0] not in {"root", "www-data", "nobody"}
    assert "EnvironmentFile" in unit


def test_only_the_scheduler_reaches_the_keys() -> None:
    assert [path.stem for path in SERVICES] == [
        "svarboks-backup",
        "svarboks-reader",
        "svarboks-scheduler",
        "svarboks-web",
    ]
    backup, reader, scheduler, web = (_unit(path) for path in SERVICES)
    keys = "/var/lib/svarboks-keys"
    assert keys in scheduler["ReadWritePaths"][0].split()
    for unit in (web, backup, reader):
        assert keys in unit["InaccessiblePaths"]
        assert keys not in " ".join(unit["ReadWritePaths"]).split()
        assert unit["User"] != scheduler["User"]
    assert web["Group"] == scheduler["Group"] == ["svarboks"]
    assert web["ExecStart"][0].endswith("svarboks serve")
    assert reader["ExecStart"][0].endswith("svarboks reader")
    assert scheduler["ExecStart"][0].endswith("svarboks scheduler")
    assert web["UMask"] == scheduler["UMask"] == ["0007"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_finds_the_units_right_and_hardened(tmp_path: Path) -> None:
    units = []
    for path in sorted((DEPLOY / "systemd").iterdir()):
        # The program is not installed where the tests run; everything else is as it stands.
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text("utf-8"), flags=re.M)
        (tmp_path / path.name).write_text(text)
        units.append(str(tmp_path / path.name))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    for unit in (each for each in units if each.endswith(".service")):
        # 0 is best, 10 worst; a service without any of these settings gets 9.6.
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20", unit],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout.splitlines()[-1:]


def _blocks(text: str, name: str) -> list[str]:
    """The blocks `name … { … }` of a configuration, braces counted."""
    text = re.sub(r"#.*", "", text)
    found = []
    for start in re.finditer(rf"(?m)^\s*{name}\b[^{{;]*\{{", text):
        depth, at = 1, start.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        found.append(text[start.end() : at - 1])
    return found


def test_nginx_writes_nothing_about_a_visitor() -> None:
    text = (DEPLOY / "nginx/svarboks.conf").read_text("utf-8")
    servers = _blocks(text, "server")
    assert len(servers) == 2
    for server in servers:
        assert "access_log off;" in server
        # nginx names the address in each line of its error log.
        assert re.findall(r"error_log\s+(\S+)", server) == ["/dev/null"]
        assert "proxy_cache" not in server
    passing = [block for block in _blocks(text, "location") if "proxy_pass" in block]
    assert len(passing) == 4
    for block in passing:
        for header in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded"):  # fmt: skip
            assert f'proxy_set_header {header} "";' in block
        assert "$remote_addr" not in block
        assert "$proxy_add_x_forwarded_for" not in block
        assert "proxy_max_temp_file_size 0;" in block
    assert re.findall(r"ssl_protocols ([^;]+);", text) == ["TLSv1.2 TLSv1.3"]
    assert "add_header" not in text
    # So no body is ever written to a file: it fits the buffer, or is passed on as it comes.
    server, *others = [_blocks(text, "server")[-1], *passing]
    for block in others:
        server = server.replace(re.sub(r"#.*", "", block), "")
    for block in (server, *(one for one in others if "max_body" in one)):
        sizes = dict(re.findall(r"client_(max_body|body_buffer)_size (\d+m);", block))
        passed_on = "proxy_request_buffering off;" in block
        assert passed_on or sizes["max_body"] == sizes["body_buffer"], block


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(NGINX is None, reason="no nginx on this machine")
def test_nginx_accepts_its_example(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=svar.example.dk",
         "-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    text = (DEPLOY / "nginx/svarboks.conf").read_text("utf-8")
    # nginx opens the sockets that it is to listen on, also when it is only asked: only root may open these, and a machine
    # without IPv6 has none of its kind.
    text = re.sub(r"(listen (?:\[::\]:)?)(?:80|443)\b", lambda m: f"{m[1]}{free_port()}", text)
    if not _has_ipv6():
        text = re.sub(r"(?m)^\s*listen \[::\].*$", "", text)
    (tmp_path / "svarboks.conf").write_text(text.replace("/etc/ssl/svarboks", str(tmp_path)))
    folders = " ".join(
        f"{name}_temp_path {tmp_path}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ access_log off; {folders} include {tmp_path}/svarboks.conf; }}"
    )
    done = subprocess.run(
        [str(NGINX), "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_caddy_writes_nothing_about_a_visitor() -> None:
    text = re.sub(r"#.*", "", (DEPLOY / "Caddyfile").read_text("utf-8"))
    assert re.search(r"log default \{\s*output discard\s*\}", text)
    assert len(re.findall(r"\blog\b", text)) == 1
    (proxy,) = re.findall(r"\n\treverse_proxy [^\n]*\{\n(.*?)\n\t\}", text, flags=re.S)
    for header in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded"):  # fmt: skip
        assert f"header_up -{header}" in proxy
    assert "protocols" not in text  # Caddy's own choice is TLS 1.2 and 1.3


def test_the_example_of_the_environment_is_accepted() -> None:
    lines = (DEPLOY / "svarboks.env.example").read_text("utf-8").splitlines()
    environ = dict(
        shlex.split(line)[0].split("=", 1) for line in lines if line and not line.startswith("#")
    )
    assert set(environ) <= set(VARIABLES)
    settings = from_environment(environ)
    assert settings.https
    assert not settings.unsafe_origin
    web = _unit(DEPLOY / "systemd/svarboks-web.service")
    assert str(settings.data) in web["ReadWritePaths"]
    assert str(settings.keys) in web["InaccessiblePaths"]


def test_the_containers_pass_on_settings_that_exist() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    for name in ("web", "scheduler", "reader", "init"):
        passed = services[name]["environment"]
        assert set(passed) <= set(VARIABLES)
        for variable, value in passed.items():
            assert variable == "SVARBOKS_URL" or value == f"${{{variable}:-}}"
    # Left empty, each has its default.
    assert from_environment(dict.fromkeys(passed, "")).provider is None
    assert services["scheduler"]["user"] == "keys"
    for name in ("web", "reader"):
        assert not any("keys:/keys" in volume for volume in services[name]["volumes"])


def _back_up(
    world: World, target: Path, *, path: Sequence[Path] = (), **environ: str
) -> subprocess.CompletedProcess[str]:
    folders = os.pathsep.join([*map(str, path), os.environ["PATH"]])
    return subprocess.run(
        [str(DEPLOY / "backup.sh"), str(target)],
        env={**os.environ, "SVARBOKS_DATA": str(world.settings.data), "PATH": folders, **environ},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def _send(world: World, n: int) -> None:
    for _ in range(n):
        sent = world.client().post(
            "/api/submissions",
            data=envelope(world, "open", {"trust": "5"}, secrets.token_hex(16)),
            content_type="application/octet-stream",
        )
        assert sent.status_code == 201


def test_a_backup_is_whole_private_and_without_keys(world: World, tmp_path: Path) -> None:
    _send(world, 3)
    secret_of(world.settings)
    (world.settings.data / "reports" / "a.pdf").write_bytes(b"%PDF")
    done = _back_up(world, tmp_path / "backups")
    assert done.returncode == 0, done.stderr
    copy = Path(done.stdout.strip())
    assert copy.parent == tmp_path / "backups"
    assert {path.name for path in copy.iterdir()} == {"reports", "svarboks.db", "waiting.db"}
    # The secret seals the second factors: a copy of the data must not open them.
    assert (world.settings.data / "secret").exists()
    assert not (copy / "secret").exists()
    assert (copy / "reports" / "a.pdf").read_bytes() == b"%PDF"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    for path in copy.glob("*.db"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    private = b"".join(path.read_bytes() for path in world.settings.keys.glob("*.key"))
    assert private
    for path in copy.rglob("*"):
        assert not path.is_file() or b"PRIVATE KEY" not in path.read_bytes()
    with open_store(copy) as store:
        assert submissions.waiting_count(store.waiting, "open1") == 3
        assert check(store, recount(store)) == []


def test_an_answer_mixed_between_the_two_copies_is_not_lost(world: World, tmp_path: Path) -> None:
    """A `sqlite3` on PATH that lets the mix run right after the copy of waiting.db was taken."""
    _send(world, 12)
    real = shutil.which("sqlite3")
    assert real is not None
    shim = tmp_path / "bin" / "sqlite3"
    shim.parent.mkdir()
    (tmp_path / "mixing.py").write_text(
        "import random, sys\nfrom datetime import datetime\nfrom pathlib import Path\n"
        "from store.database import open_store\nfrom sync.keys import KeyFolder\nfrom sync.mixing import mix\n"
        f"now = datetime.fromisoformat({NOW.isoformat()!r})\n"
        f"with open_store(Path({str(world.settings.data)!r})) as store:\n"
        f"    mixed = mix(store, KeyFolder({str(world.settings.keys)!r}), 'open1', rng=random.Random(1), whole=False, now=now)\n"
        f"Path({str(tmp_path / 'mixed')!r}).write_text(str(mixed.mixed))\n"
    )
    shim.write_text(
        f'#!/bin/sh\n"{real}" "$@" || exit 1\n'
        f'case "$*" in *VACUUM*waiting.db*) PYTHONPATH="{ROOT}" "{sys.executable}" "{tmp_path}/mixing.py" || exit 1;; esac\n'
    )
    shim.chmod(0o755)
    done = _back_up(world, tmp_path / "backups", path=[shim.parent])
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mixed").read_text() == "12"
    copy = Path(done.stdout.strip())
    with open_store(copy) as store:
        # Both copies have them; the restored installation notices, and keeps each once.
        assert submissions.waiting_count(store.waiting, "open1") == 12
        assert responses.count(store.main, "open1") == 12
        keys = KeyFolder(world.settings.keys)
        mix(store, keys, "open1", rng=random.Random(2), whole=False, now=NOW)
        assert submissions.waiting_count(store.waiting, "open1") == 0
        assert responses.count(store.main, "open1") == 12
        assert check(store, recount(store)) == []


def test_copies_go_after_thirty_days_and_nothing_else_does(world: World, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    ages = {"2026-10-01T023000Z": 54, "2026-10-25T023000Z": 30.5, "2026-11-20T023000Z": 29.5, "notes": 99}  # fmt: skip
    for name, days in ages.items():
        (target / name).mkdir(parents=True)
        at = time.time() - days * 86400
        os.utime(target / name, (at, at))
    done = _back_up(world, target)
    assert done.returncode == 0, done.stderr
    left = {path.name for path in target.iterdir()} - {Path(done.stdout.strip()).name}
    assert left == {"2026-11-20T023000Z", "notes"}


def test_half_a_data_folder_is_not_copied(world: World, tmp_path: Path) -> None:
    (world.settings.data / "waiting.db").rename(tmp_path / "aside.db")
    done = _back_up(world, tmp_path / "backups")
    assert done.returncode == 1
    assert "waiting.db is missing" in done.stderr
    assert not (tmp_path / "backups").exists()


def test_the_guide_names_every_file_of_deploy_and_the_readme_leads_to_it() -> None:
    guide = (ROOT / "docs/installing.md").read_text("utf-8")
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            assert f"deploy/{path.relative_to(DEPLOY).as_posix()}" in guide
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in ("docs/installing.md", "docs/security.md", "docs/entra-id.md", "SECURITY.md"):
        assert f"]({name})" in readme


def test_units_are_files_that_a_parser_of_their_kind_reads() -> None:
    for path in (DEPLOY / "systemd").iterdir():
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read_string(path.read_text("utf-8"))
        assert parser.sections()[0] == "Unit"
