"""Typing sheets without a scanner, by keys, on a phone, with two keyings, and what a person needs for it.

Y1  An IV sheet takes as many key presses as it has questions: the last answer brings the next sheet, also on a line whose
    answers take half a second. By the keystroke-level model that is under 20 s a sheet: 60 in 20 minutes.
Y2  What was typed is what is mixed: the channel is 'typed', the unit does not stand with an anonymous answer, blank is blank.
Y3  Back takes an answer back; a sheet cut off by a lost connection is sent once. Digits alone in a text are asked about.
    Of sheets that are finished: test_typed_on_its_way.py.
Y4  Two keyings: the pile again from its top; a difference is shown before anything is sent.
Y5  It works by thumb on a phone; axe finds nothing, nothing scrolls sideways; '?' lists the keys.
"""

from __future__ import annotations

import json
import random
import time
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from store import counts, responses, rounds
from store.rounds import RoundState
from sync.mixing import mix
from tests.browser.conftest import LAPTOP, PHONE, Opener, Site
from tests.browser.portal import LOGIN
from tests.browser.steps import complaints_of_axe, mixed_answers, option, sign_in
from tests.server.installation import PASSWORD

pytestmark = pytest.mark.browser

AT = "/desk/rounds/open1/units/assens/typing/da"

#: Operators of the keystroke-level model (Card, Moran and Newell: The Keystroke-Level Model for User Performance Time with
#: Interactive Systems, Communications of the ACM 23(7), 1980, figure 1), in seconds. K is a press of a key: 0.28 of an average
#: non-secretary typist (40 words a minute), 0.20 of an average skilled one (55 words a minute). M is mentally preparing: 1.35.
#: H is moving the hands to another device: 0.40; here from the keypad to the letters and back. R is waiting for the system: measured.
K_ORDINARY, K_SKILLED, M, H = 0.28, 0.20, 1.35, 0.40
#: To lay one sheet away and have the next before one is no operator of theirs: 2 s, ours.
SHEET = 2.0
#: A free text on every third sheet, of 60 characters. Ours too.
TEXTS, TEXT_LENGTH = 1 / 3, 60
#: Milliseconds that the server's answer takes on the way, so that waiting for it would be seen.
SLOW_LINE = 0.5


def typing(open_page: Opener, at: str = AT, **how: object) -> Page:
    """The page, signed in as the coordinator of Assens."""
    page = open_page(at, **how)
    sign_in(page, "coordinator@region.example", PASSWORD)
    page.wait_for_url(f"**{at}")
    return page


def places_of(page: Page) -> list[str]:
    """The places of the form's choices, in their order."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('#typing [data-question]')].map((one) => one.dataset.question)"
    )
    return found


def told(page: Page, number: int) -> None:
    """Wait until so many sheets have been sent."""
    words = "1 ark er sendt." if number == 1 else f"{number} ark er sendt."
    expect(page.locator("#typing-status")).to_contain_text(words)


def test_an_iv_sheet_takes_few_keys_Y1_Y2(
    open_page: Opener, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts presses and the machine's time in a browser, on a slow line, and puts them into the keystroke-level model.

    seconds a sheet = looks * M + presses * K + R + SHEET + texts * (M + length * K + 2 H)

    The bar holds with more M than the source asks for: its rule 0 puts none before digits that are arguments, here each question has
    one, for looking at the sheet and knowing which box it is. What its own rule gives, one look a sheet, is printed beside. The
    model is of people who make no mistakes and know the keys.
    """
    page = typing(open_page, size=LAPTOP)
    page.evaluate(COUNT)

    def slowly(route: Route) -> None:
        time.sleep(SLOW_LINE)
        route.continue_()

    page.route("**/typing/da", slowly)
    places = places_of(page)
    keys = {place: option_keys(page, place) for place in places}
    rng = random.Random(5)
    expected, sheets = [], 12
    for _ in range(sheets):
        answers: dict[str, str] = {}
        for place in places:
            expect(page.locator(".typing-now")).to_have_attribute("data-question", place)
            if not keys[place]:
                page.keyboard.press("Enter")
                continue
            key, value = rng.choice(keys[place])
            page.keyboard.press(key)
            answers[place] = value
        expect(page.locator(".typing-now")).to_have_attribute("data-question", places[0])
        expected.append(answers)
    presses = page.evaluate("window.presses") / sheets
    machine = sorted(page.evaluate("window.machine"))
    wait = machine[len(machine) // 2] / 1000 * presses
    page.locator("#typing-send").click()  # the last one need not lie until the next one is begun
    told(page, sheets)
    assert presses == len(places)
    assert machine[len(machine) // 2] < 50, machine
    model = {name: seconds_a_sheet(len(places), presses, wait, k) for name, k in
             (("40 words a minute", K_ORDINARY), ("55 words a minute", K_SKILLED))}  # fmt: skip
    with capsys.disabled():
        print(f"\n{presses:.0f} key presses a sheet, {machine[len(machine) // 2]:.0f} ms from a press to the next question "
              f"({machine[-1]:.0f} at most), {wait * 1000:.0f} ms a sheet; keystroke-level model: "
              + ", ".join(f"{s:.1f} s a sheet at {n} ({60 * s / 60:.1f} min for 60)" for n, s in model.items())
              + f"; one look a sheet: {seconds_a_sheet(1, presses, wait, K_ORDINARY):.1f} s at 40 words a minute")  # fmt: skip
    assert all(seconds < 20 for seconds in model.values())

    assert site.world.waiting() == sheets
    mixed = [
        {k: v.removeprefix("~") for k, v in one.items() if k != "~language"}
        for one in mixed_answers(site)
    ]
    wanted = [{place: value.removeprefix("~") for place, value in one.items()} for one in expected]
    assert sorted(map(json.dumps, map(sort, mixed))) == sorted(map(json.dumps, map(sort, wanted)))
    assert {one.channel for one in responses.read(site.world.store.main, "open1")} == {"typed"}
    assert {one.unit for one in responses.read(site.world.store.main, "open1")} == {None}
    assert counts.returned_total(site.world.store.main, "open1") == sheets


#: Counts presses, and for each the milliseconds until what it brought has been painted.
COUNT = """() => {
  window.presses = 0; window.machine = [];
  addEventListener('keydown', () => {
    window.presses += 1;
    const begun = performance.now();
    requestAnimationFrame(() => { const painted = new MessageChannel();
      painted.port1.onmessage = () => window.machine.push(performance.now() - begun); painted.port2.postMessage(0); });
  }, true);
}"""


def seconds_a_sheet(looks: int, presses: float, wait: float, k: float) -> float:
    """What a person needs for a sheet by the keystroke-level model, a text on some of them."""
    text = TEXTS * (TEXT_LENGTH * k + M + 2 * H)
    return looks * M + presses * k + text + SHEET + wait


def option_keys(page: Page, place: str) -> list[tuple[str, str]]:
    """(key, value) of each option of a question, as the page shows them."""
    return [
        (one.locator(".typing-key").inner_text(), one.locator("input").get_attribute("value") or "")
        for one in page.locator(f'[id="q-{place}"] label.option').all()
    ]


def sort(one: dict[str, str]) -> dict[str, str]:
    return dict(sorted(one.items()))


def test_back_blank_and_a_lost_connection_Y3(open_page: Opener, site: Site) -> None:
    page = typing(open_page, size=LAPTOP)
    first, second = places_of(page)[:2]
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("Backspace")  # the second answer is taken back
    page.keyboard.press("3")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("0")  # and now it is blank
    page.keyboard.press("-")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#typing-send")).to_be_focused()
    posted: list[str] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method == "POST":
            posted.append(route.request.post_data or "")
        if len(posted) != 1:
            route.continue_()
            return
        route.fetch()  # it arrives, and instead of its receipt comes the login page of a network in between
        route.fulfill(body=LOGIN, content_type="text/html")

    page.route("**/typing/da", lose_the_first)
    page.keyboard.press("Enter")
    told(page, 1)
    assert len(posted) == 2
    assert site.world.waiting() == 1
    [answers] = mixed_answers(site)
    third = places_of(page)[2]
    assert {k: v for k, v in answers.items() if k != "~language"} == {
        first: "5",
        third: "dont_know",
    }, second


def test_digits_alone_in_a_text_are_asked_about_Y3(open_page: Opener, site: Site) -> None:
    page = typing(open_page, size=LAPTOP)
    places = places_of(page)
    for key in ("1", "2", "3", "4", "Enter", "1", "Enter"):  # one press too few before the text
        page.keyboard.press(key)
    expect(page.locator("#typing-status")).to_contain_text("Der står kun et tal i teksten.")
    expect(page.locator(".typing-now")).to_have_attribute("data-question", places[5])
    page.keyboard.press("Enter")
    expect(page.locator(".typing-now")).to_have_attribute("data-question", places[6])


def test_nothing_is_sent_by_an_enter_too_many_Y3(open_page: Opener, site: Site) -> None:
    page = typing(open_page, size=LAPTOP)
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#typing-status")).to_contain_text("Intet er udfyldt")
    assert site.world.waiting() == 0
    page.keyboard.press("Enter")
    told(page, 1)
    assert mixed_answers(site) == [{"~language": "da"}]


def test_by_thumb_and_for_everybody_Y5(open_page: Opener, site: Site) -> None:
    desk = typing(open_page, size=LAPTOP)
    desk.keyboard.press("?")
    expect(desk.locator("#shortcuts")).to_be_visible()
    expect(desk.locator("#shortcuts")).to_contain_text("Ikke relevant")
    assert complaints_of_axe(desk) == []

    page = typing(open_page, size=PHONE)
    assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    places = places_of(page)
    for place in places:
        expect(page.locator(".typing-now")).to_have_attribute("data-question", place)
        if page.locator(f'[id="q-{place}"] textarea').count():
            page.locator('[data-typing="on"]').click()
        else:
            option(
                page,
                place,
                page.locator(f'[id="q-{place}"] input').first.get_attribute("value") or "",
            ).click()
    page.locator("#typing-send").click()
    told(page, 1)
    [answers] = mixed_answers(site)
    assert len(answers) == len(places)  # all but the text, and the language


def test_what_is_pressed_does_not_move_away_Y5(open_page: Opener, site: Site) -> None:
    page = typing(open_page, size=LAPTOP)
    option(page, "preference", "home").click()  # far from the question at hand, which shrinks
    expect(option(page, "preference", "home").locator("input")).to_be_checked()
    page.locator("#typing-send").click()
    told(page, 1)
    [answers] = mixed_answers(site)
    assert answers["preference"] == "home"


def test_a_pile_typed_twice_Y4(open_page: Opener, site: Site) -> None:
    with site.world.store.write() as db:
        db.execute("UPDATE round SET typed_twice = 1 WHERE id = 'open1'")
    page = typing(open_page, size=LAPTOP)
    status = page.locator("#typing-status")
    first, *_ = places_of(page)
    for key in ("1", "2"):
        page.keyboard.press(key)
        page.keyboard.press("3")
        page.keyboard.press("Control+Enter")
        page.keyboard.press("Enter")
        expect(page.locator(".typing-now")).to_have_attribute("data-question", first)
    expect(status).to_contain_text("ark 3 af højst 20")
    assert site.world.waiting() == 0
    page.locator("#typing-turn").click()
    expect(status).to_contain_text("ark 1 af 2")
    page.keyboard.press("1")
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("ark 2 af 2")
    assert site.world.waiting() == 1
    page.keyboard.press("4")  # the first time it was 2
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("forskellige ét sted")
    expect(page.locator(f'[id="q-{first}"] .typing-note')).to_have_text("Første gang: I høj grad")
    expect(page.locator(".typing-now")).to_have_attribute("data-question", first)
    assert site.world.waiting() == 1
    page.keyboard.press("2")  # the sheet says what the first keying said; nothing else differs
    expect(page.locator("#typing-send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(status).to_contain_text("2 ark er sendt.")
    assert sorted(one[first] for one in mixed_answers(site)) == ["4", "5"]


def test_every_kind_of_question_by_keys_Y1(open_page: Opener, site: Site) -> None:
    page = typing(open_page, "/desk/rounds/kinds1/units/assens/typing/da", size=LAPTOP)
    words = {
        "may": "1", "place": "1", "trust": "2", "aids": "13", "care/met": "1", "care/heard": "-", "minutes": "12,5",
        "visits": "3", "began": "0730AM", "lasted": "45", "who": "B", "staff/nurses/total": "2", "staff/nurses/good": "J",
        "steps/0/sector": "Sygehus", "steps/0/waited": "4", "suggestions": "Mere tid",
    }  # fmt: skip
    for place in stops_of(page):
        expect(page.locator(".typing-now")).to_have_attribute("data-question", place)
        page.keyboard.type(words.get(place, ""))
        if place not in {"may", "place", "trust", "care/met", "care/heard"}:
            page.keyboard.press("Enter")
    expect(page.locator("#typing-send")).to_be_focused()
    page.keyboard.press("Enter")
    told(page, 1)
    site.world.now += timedelta(days=32)
    with site.world.store.write() as db:
        rounds.set_state(db, "kinds1", RoundState.CLOSED)
    report = mix(
        site.world.store, site.world.keys, "kinds1", rng=random.Random(3), whole=True, now=site.world.now,
    )  # fmt: skip
    assert (report.mixed, report.quarantined) == (1, 0)
    [answer] = responses.read(site.world.store.main, "kinds1")
    said = {row.place: row.value for row in answer.rows if row.state == "answered"}
    assert said["minutes"] == 12.5
    assert (said["began"], said["who"], said["staff/nurses/good"]) == ("07:30", "billund", "yes")
    assert said["steps/0/waited"] == 4
    assert [place for place in said if place.startswith("aids")] == ["aids/none"]
    assert {row.place for row in answer.rows if row.state == "dont_know"} == {"care/heard"}


def stops_of(page: Page) -> list[str]:
    """The places at which something is typed, in their order."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll('#typing [data-question]')]
        .filter((one) => !one.querySelector('[data-question]') && one.querySelector('input, select, textarea'))
        .map((one) => one.dataset.question)"""
    )
    return found
