"""What Svarboks is built from: the bill of materials, insecure code, known vulnerabilities.

R1 the bill of materials holds every locked run-time library of Python with version and purl, and every package that
   ends in the browser; it is valid CycloneDX 1.6, the same at every making, and names no registry and no path
R2 bandit finds nothing in what ships that is not excused in its line with a reason; a fault put there is found
R3 a known vulnerability is told and fails the look; where no service can be reached that is said, and nothing is called clean
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"scripts_{name}", ROOT / "scripts" / f"{name}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


audit = _script("audit")
code_findings = _script("code_findings")
sbom = _script("sbom")


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("bill") / "deep" / "sbom.cdx.json"
    made = subprocess.run(
        [sys.executable, str(ROOT / "scripts/sbom.py"), str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    return path.read_text("utf-8")


def test_every_locked_library_is_in_the_bill_with_version_and_purl(bill: str) -> None:
    components = {each["purl"]: each for each in json.loads(bill)["components"]}
    # Read here by a pattern of the test's own: what the script reads wrong must not be what the test expects.
    locked = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements/run.txt").read_text(), re.M)
    assert len(locked) > 40
    for name, version in locked:
        component = components[f"pkg:pypi/{name}@{version}"]
        assert (component["name"], component["version"]) == (name, version)
        assert component["type"] == "library"
    python = [purl for purl in components if purl.startswith("pkg:pypi/")]
    assert len(python) == len(locked)


def test_what_reaches_the_browser_is_in_the_bill(bill: str) -> None:
    document = json.loads(bill)
    purls = {each["purl"] for each in document["components"]}
    packages = json.loads((ROOT / "sync/tablet/package-lock.json").read_text())["packages"]
    shipped = {
        path.removeprefix("node_modules/")
        for path, about in packages.items()
        if path and not about.get("dev")
    }
    # The build names the licences of all that ships.
    licences = (ROOT / "server/static/built/LICENSES.txt").read_text("utf-8")
    for name in ("dkfds", "@fontsource/ibm-plex-sans", "@fontsource/ibm-plex-sans-arabic"):
        assert f"({name})" in licences
        shipped.add(name)
    assert {"@hpke/core", "@hpke/common"} <= shipped
    expected = {
        f"pkg:npm/{name.replace('@', '%40')}@{packages[f'node_modules/{name}']['version']}"
        for name in shipped
    }
    assert {purl for purl in purls if purl.startswith("pkg:npm/")} == expected


def test_the_bill_says_who_asks_for_whom_and_under_which_licence(bill: str) -> None:
    document = json.loads(bill)
    by_name = {each["name"]: each for each in document["components"]}
    needs = {each["ref"]: each["dependsOn"] for each in document["dependencies"]}
    assert by_name["jinja2"]["purl"] in needs[by_name["flask"]["purl"]]
    assert by_name["common"]["purl"] in needs[by_name["core"]["purl"]]
    # No licence is told of libraries for other systems than this, and of one that does not say its own.
    unsaid = {
        name for name, each in by_name.items() if not {"licenses", "properties"} & each.keys()
    }
    assert unsaid <= {"click-default-group"}
    reached, ahead = set(), [document["metadata"]["component"]["bom-ref"]]
    while ahead:
        ref = ahead.pop()
        if ref not in reached:
            reached.add(ref)
            ahead.extend(needs[ref])
    assert reached == set(needs)


def test_the_bill_is_the_same_at_every_making_and_names_no_registry_and_no_path(bill: str) -> None:
    assert sbom.build() == bill
    assert re.findall(r"https?://[^\"]+", bill) == [
        "http://cyclonedx.org/schema/bom-1.6.schema.json"
    ]
    hosts = re.findall(r"\b[a-z0-9-]+\.(?:org|com|net|io|dk|dev)\b", bill)
    assert set(hosts) == {"cyclonedx.org"}
    for name in ("registry", "localhost", str(ROOT), "/home"):
        assert name not in bill
    assert '"timestamp"' not in bill


def test_an_entry_that_is_not_locked_stops_the_making() -> None:
    with pytest.raises(ValueError, match="not locked"):
        sbom.locked_python("flask>=3\n")
    with pytest.raises(ValueError, match="not locked"):
        sbom.locked_python("flask==3.1.3\n")


def test_bandit_finds_nothing_that_is_not_excused() -> None:
    assert code_findings.open_findings(*code_findings.FOLDERS) == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import pickle\n\n\ndef load(data):\n    return pickle.loads(data)\n", "B301"),
        ("def run(code):\n    eval(code)\n", "B307"),
        ("def run(code):\n    eval(code)  # noqa: S608 - another rule\n", "B307"),
        ("def run(code):\n    eval(code)  # noqa: S307\n", "without a reason"),
    ],
)
def test_a_fault_in_the_code_is_found(tmp_path: Path, code: str, said: str) -> None:
    (tmp_path / "fault.py").write_text(code)
    found = code_findings.open_findings(str(tmp_path))
    assert found
    assert said in found[-1]


def test_a_fault_that_is_excused_with_a_reason_is_let_through(tmp_path: Path) -> None:
    (tmp_path / "fault.py").write_text("def run(code):\n    eval(code)  # noqa: S307 - a test\n")
    assert code_findings.findings(str(tmp_path))
    assert code_findings.open_findings(str(tmp_path)) == []


@contextmanager
def _service(answers: dict[str, Any]) -> Iterator[str]:
    """A service of vulnerability data on loopback: path to the JSON that it answers a POST with, anything else is 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps(answers.get(self.path, {})).encode()
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


ADVISORY = {
    "id": "PYSEC-0000-1",
    "summary": "A fault made up for a test",
    "affected": [
        {
            "package": {"name": "svarboks-invented-library", "ecosystem": "PyPI"},
            "versions": ["1.0"],
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


@pytest.mark.parametrize("vulnerable", [True, False])
def test_a_known_vulnerability_of_a_library_is_told(tmp_path: Path, vulnerable: bool) -> None:
    """The real pip-audit against a service of the test's own. No index has a library of this name, so it is asked next."""
    requirements = tmp_path / "run.txt"
    requirements.write_text(f"svarboks-invented-library==1.0 --hash=sha256:{'0' * 64}\n")
    with _service({"/v1/query": {"vulns": [ADVISORY] if vulnerable else []}}) as address:
        environ = {**os.environ, "PIP_AUDIT_OSV_URL": f"{address}/v1/query", "NO_PROXY": "*"}
        found = audit.python_libraries(requirements, environ)
    assert found.looked_up == found.of == 1
    if vulnerable:
        assert found.vulnerabilities == (
            "svarboks-invented-library 1.0: PYSEC-0000-1, mended in 1.1",
        )
        assert "1 known vulnerabilities" in audit.told("pip-audit", found)
    else:
        assert found.vulnerabilities == ()
        assert audit.told("pip-audit", found) == (
            "pip-audit: no known vulnerability (1 libraries looked up)"
        )


def test_without_a_service_nothing_is_called_clean(tmp_path: Path) -> None:
    requirements = tmp_path / "run.txt"
    requirements.write_text(f"svarboks-invented-library==1.0 --hash=sha256:{'0' * 64}\n")
    environ = {**os.environ, "PIP_AUDIT_OSV_URL": "http://127.0.0.1:9/v1/query", "NO_PROXY": "*"}
    found = audit.python_libraries(requirements, environ)
    assert (found.looked_up, found.vulnerabilities) == (0, ())
    said = audit.told("pip-audit", found)
    assert "NOT CHECKED" in said
    assert "no known" not in said
    assert "\n" not in said


def test_what_an_index_without_data_answers_is_not_taken_for_clean() -> None:
    """pip-audit itself says 'No known vulnerabilities found' and ends with 0 when it skipped every library."""
    output = (
        '{"dependencies": [{"name": "flask", "skip_reason": "Dependency not found"}], "fixes": []}'
    )
    assert "NOT CHECKED" in audit.told("pip-audit", audit.read_pip_audit(output))


@pytest.mark.parametrize("case", ["vulnerable", "clean", "no service"])
def test_a_known_vulnerability_of_what_browsers_get_is_told(tmp_path: Path, case: str) -> None:
    """The real npm audit against a registry of the test's own."""
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_bytes((ROOT / "sync/tablet" / name).read_bytes())
    advisory = {
        "id": 1, "url": "about:blank", "title": "A fault made up for a test", "severity": "high",
        "vulnerable_versions": "<=99", "cwe": [], "cvss": {"score": 7, "vectorString": None},
    }  # fmt: skip
    answers: dict[str, Any] = {
        "vulnerable": {"/-/npm/v1/security/advisories/bulk": {"@hpke/core": [advisory]}},
        "clean": {"/-/npm/v1/security/advisories/bulk": {}},
        "no service": {},
    }[case]
    with _service(answers) as address:
        environ = {
            **os.environ,
            "npm_config_registry": f"{address}/",
            "npm_config_cache": str(tmp_path / "cache"),
            "npm_config_fetch_retries": "0",
            "npm_config_noproxy": "127.0.0.1",
        }
        found = audit.browser_packages(tmp_path, environ)
    said = audit.told("npm audit", found)
    if case == "vulnerable":
        assert any("A fault made up for a test" in line for line in found.vulnerabilities)
    else:
        assert found.vulnerabilities == ()
        assert ("no known vulnerability" in said) is (case == "clean")
        assert ("NOT CHECKED" in said) is (case == "no service")
