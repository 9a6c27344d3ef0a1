"""The whole way of each role, as a new user goes it after `make run`: in Danish, with the keyboard only, without the command line.

R1  The secretariat publishes a questionnaire, sets a round up, tries it out, opens it, sees its board, closes it, makes the
    edition and downloads its report: on a laptop, and on a phone's width.
R2  The coordinator types a unit's numbers; the chair reads the report; the member may read it too; the respondent writes a
    unit's answer and sends it; the interviewer records a case; the administrator looks at accounts, mail and the log.
R3  On every page on the way axe finds nothing, nothing is scrolled sideways, and what has the focus shows it. The pages are
    photographed into build/pages.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.conftest import LAPTOP, PHONE
from tests.browser.keyboard import Keyboard
from tests.browser.steps import FORWARD
from tests.crash.processes import Running, free_port

pytestmark = pytest.mark.browser

RUN = ("-m", "server.cli", "run")
ROLES = (
    "chair",
    "secretariat",
    "member",
    "administrator",
    "coordinator",
    "respondent",
    "interviewer",
)


@dataclass(frozen=True)
class Trial:
    """What `svarboks run` serves, and what it printed."""

    url: str
    passwords: dict[str, str]
    open_round: str


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    folder = Path(tmp_path_factory.mktemp("trial"))
    port = free_port()
    running = Running(
        "run", RUN, folder, port=port, SVARBOKS_URL=f"http://localhost:{port}", SVARBOKS_KEYS=""
    )
    running.start()
    try:
        running.wait_until_it_answers(patience=120)
        said = "".join(
            (folder / "logs" / f"run.{stream}").read_text("utf-8") for stream in ("out", "err")
        )
        passwords = dict(re.findall(r"(\w+)@region\.example\s+password (\S+)", said))
        opened = re.search(r"/s/(\w+)\n", said)
        assert opened is not None, said
        assert set(passwords) == set(ROLES)
        yield Trial(f"http://localhost:{port}", passwords, opened[1])
    finally:
        running.stop()


@pytest.fixture
def person(browser: Browser, trial: Trial) -> Iterator[object]:
    """Opens a browser for one of the people, signed in by keyboard."""
    contexts = []

    def opened(role: str, size: tuple[int, int] = LAPTOP) -> Keyboard:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="da-DK", reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(f"{trial.url}/sign-in")
        keys = Keyboard(page, f"{role}-{size[0]}")
        keys.look()
        keys.write("#email", f"{role}@region.example")
        keys.write("#password", trial.passwords[role])
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk")
        keys.look()
        return keys

    yield opened
    for context in contexts:
        context.close()


def answer_by_form(url: str, round_id: str, number: int) -> None:
    """People who answer, as plain forms: what they do is tried elsewhere."""
    for one in range(number):
        page = requests.get(f"{url}/s/{round_id}/da", timeout=30).text
        key = re.search(r'name="~key" value="([0-9a-f]{32})"', page)
        assert key is not None
        data = {
            "~key": key[1],
            "choice": str(1 + one % 5),
            "trust": str(5 - one % 2),
            "preference": "home",
        }
        sent = requests.post(f"{url}/s/{round_id}/da", data=data, timeout=30, allow_redirects=False)
        assert sent.status_code == 303, sent.text[:500]


def wait_for(page: Page, selector: str, seconds: int = 40) -> None:
    """Look at the page again until something is there, as a person would."""
    for _ in range(seconds):
        if page.locator(selector).count():
            return
        page.wait_for_timeout(1000)
        # The page may be looking again by itself at this moment.
        with suppress(Error):
            page.reload()
    raise AssertionError(f"{selector} never comes")


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_secretariat_from_publishing_to_the_report_R1(
    person,
    trial: Trial,
    size: tuple[int, int],
    tmp_path: Path,  # type: ignore[no-untyped-def]
) -> None:
    keys: Keyboard = person("secretariat", size)
    page = keys.page
    # A questionnaire of the library is looked at and published.
    keys.press('.desk-menu a[href="/desk/questionnaires"]')
    keys.press('main a[href="/desk/questionnaires/library/time-study"]')
    if page.locator('main form[action$="/time-study"] button').count():
        keys.press('main form[action$="/time-study"] button')
    # A round of the IV questionnaire is set up.
    keys.press('.desk-menu a[href="/desk/questionnaires"]')
    keys.press('main a[href="/desk/questionnaires/published/iv-satisfaction"]')
    keys.press('main a[href^="/desk/rounds/new"]')
    title = f"Prøve på {size[0]}"
    keys.write("#title_da", title)
    keys.press('.setup .actions button[value="save"]')  # the notice has not been read: it says so
    assert "notice_read" in page.locator(".error-summary").inner_html()
    assert page.locator("#title_da").input_value() == title
    keys.tick('input[name="units_by"][value="chosen"]')
    for unit in ("assens", "billund"):
        keys.tick(f'input[name="units"][value="{unit}"]')
    keys.tick("#notice_read")
    keys.press('.setup .actions button[value="save"]')
    found = re.search(r"/desk/rounds/(\w+)", page.url)
    assert found is not None, page.url
    round_id = found[1]
    # It is tried out.
    wait_for(page, 'form[action$="/test/fill"] button')
    keys.press('form[action$="/test/fill"] button')
    wait_for(page, 'form[action$="/test/report"] button')
    keys.press('form[action$="/test/report"] button')
    wait_for(page, 'a[href$="/test/report.pdf?language=da"]')
    assert "TEST" in text_of(keys, 'a[href$="/test/report.pdf?language=da"]', tmp_path)
    # It is opened, answered and seen on the board.
    keys.press(f'a.button[href="/desk/rounds/{round_id}/open"]')
    keys.press('main form button[value="open"]')
    wait_for(page, f'a.button[href="/desk/rounds/{round_id}/close"]')
    answer_by_form(trial.url, round_id, 12)
    page.reload()
    keys.press(f'main a[href="/desk/rounds/{round_id}/units/assens"]')
    for name, number in (("eligible", "20"), ("offered", "18"), ("declined", "1"), ("unable", "1")):
        keys.write(f"#{name}", number)
    keys.press("main form button[type=submit]:not(.sr-only)")
    page.goto(f"{trial.url}/desk/rounds/{round_id}")
    board = page.locator("#board, .board").first
    assert "20" in board.inner_text()
    # It is closed, its edition is made, and the report is what the chair will read.
    keys.press(f'a.button[href="/desk/rounds/{round_id}/close"]')
    keys.press('main form button[value="close"]')
    wait_for(page, f'a.button[href="/desk/rounds/{round_id}/edition"]')
    keys.press(f'a.button[href="/desk/rounds/{round_id}/edition"]')
    wait_for(page, 'main button[value="edition"]')
    keys.press('main button[value="edition"]')
    wait_for(page, 'a[href*="/editions/1/report.pdf?language=da"]')
    report = text_of(keys, 'a[href*="/editions/1/report.pdf?language=da"]', tmp_path)
    assert title in report
    assert "TEST" not in report
    assert "12" in report
    keys.look()


def text_of(keys: Keyboard, selector: str, folder: Path) -> str:
    """The words of a PDF that a person downloads."""
    path = folder / "report.pdf"
    keys.download(selector).save_as(path)
    return subprocess.run(
        ["pdftotext", path, "-"], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("role", ["chair", "member"])
def test_the_working_group_reads_the_report_R2(
    person, role: str, size: tuple[int, int], tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    keys: Keyboard = person(role, size)
    finished = keys.page.locator('main table a[href*="/report.pdf"]').first.get_attribute("href")
    assert finished is not None
    keys.press(f'main th a[href="{finished.partition("/editions")[0]}"]')
    assert keys.page.locator('a[href$="/close"], a[href$="/open"]').count() == 0
    assert "IV" in text_of(keys, 'main a[href*="/editions/1/report.pdf?language=da"]', tmp_path)
    assert keys.page.locator('a[href$="/texts"]:not([href*="/files/"])').count() == (
        role == "chair"
    )


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_coordinator_types_numbers_R2(person, size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    keys: Keyboard = person("coordinator", size)
    to_type = keys.page.locator('main a[href*="/units/"]').first.get_attribute("href")
    assert to_type is not None
    keys.press(f'main a[href="{to_type}"] >> nth=0')
    for name, number in (("eligible", "30"), ("offered", "25"), ("declined", "2"), ("unable", "1")):
        keys.write(f"#{name}", number)
    keys.press("main form button[type=submit]:not(.sr-only)")
    keys.page.goto(keys.page.url.split("/desk/")[0] + to_type)
    assert keys.page.locator("#offered").input_value() == "25"


def test_the_respondent_writes_the_units_answer_and_sends_it_R2(person) -> None:  # type: ignore[no-untyped-def]
    keys: Keyboard = person("respondent", PHONE)
    at = keys.page.locator('main a[href*="/returns/"]').first.get_attribute("href")
    assert at is not None
    keys.press(f'main a[href="{at}"] >> nth=0')
    first = keys.page.locator("main textarea:visible").first
    name = first.get_attribute("name")
    keys.write(f'main textarea[name="{name}"]', "Vi mødes hver måned, og det går godt.")
    keys.press('main button[value="save"]')
    assert (
        "Vi mødes hver måned"
        in keys.page.locator("main").inner_text()
        + keys.page.locator(f'main textarea[name="{name}"]').input_value()
    )
    # It is sent, told so, and no longer written in.
    keys.press('main button[value="send"]')
    assert keys.page.locator('main [role="status"]').inner_text().startswith("Svaret er sendt")
    assert "Vi mødes hver måned" in keys.page.locator("main .return-read").inner_text()
    assert keys.page.locator("main textarea, main button[value]").count() == 0


def test_the_interviewer_begins_a_case_R2(person, trial: Trial) -> None:  # type: ignore[no-untyped-def]
    keys: Keyboard = person("interviewer", PHONE)
    at = keys.page.locator('main a[href*="/units/"][href*="/answer"]').first.get_attribute("href")
    assert at is not None
    keys.press(f'main a[href="{at}"] >> nth=0')
    assert keys.page.locator("#answering").get_attribute("data-unit") is not None
    # Everything may be skipped: only the consent is asked for.
    page = keys.page
    for _ in range(40):
        consent = page.locator('input[type="radio"][value="yes"]:visible')
        if consent.count():
            keys.reach(consent.first)
            page.keyboard.press("Space")
        forward = page.locator(FORWARD).first
        sending = forward.get_attribute("id") == "send"
        keys.reach(forward)
        page.keyboard.press("Enter")
        if sending:
            break
    expect(page.locator("h1, h2").filter(has_text="Tak").first).to_be_visible(timeout=15_000)


def test_the_administrator_looks_around_R2(person) -> None:  # type: ignore[no-untyped-def]
    keys: Keyboard = person("administrator", PHONE)
    for path in ("/desk/accounts", "/desk/mail", "/desk/audit"):
        keys.press(f'.desk-menu a[href="{path}"]')
    assert keys.page.locator('main a[href*="/desk/rounds/"]').count() == 0
    keys.press('.desk-head a[href="/account"]')
