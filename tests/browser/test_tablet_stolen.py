"""A stolen tablet: its browser's whole profile is searched for words that people wrote on it.

L1  Canaries in finished answers and in drafts that were left, after the turn: none is in any file, nor in a file's name.
L2  The same search finds what is planted in the same profile, once in each kind of storage: it can fail.
L3  It finds a word as it is, as UTF-16 either way round, and inside base64 wherever it begins.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.steps import go_on, go_on_to, go_to_the_end, option
from tests.browser.turns import (
    CHROMIUM,
    FLAGS,
    TurnSite,
    begin,
    goes_to,
    kept,
    queued,
    turns_served,
)

pytestmark = pytest.mark.browser

PROOF = os.environ.get("SVARBOKS_PROOF") == "1"
CANARIES = 1000 if PROOF else 50
#: Each turn writes so many: four steps of a group that repeats, and one long text.
IN_A_TURN = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to: the bytes read, and for each word the files that hold it."""

    size: int
    files: dict[str, list[str]]


def search(folder: Path, *words: str) -> Found:
    """Read every file below `folder` and look for each word, in its content and in its name."""
    patterns = {word: _forms(word) for word in words}
    files: dict[str, list[str]] = {word: [] for word in words}
    size = 0
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        size += len(content)
        name = str(path.relative_to(folder))
        for word, forms in patterns.items():
            if word in name or any(form in content for form in forms):
                files[word].append(name)
    return Found(size, files)


def _forms(word: str) -> list[bytes]:
    """How a word may lie in a file: as it is, as UTF-16, and inside base64 at any of its three alignments."""
    raw = word.encode()
    # Whole groups of three bytes, so that what stands before and after does not matter.
    coded = [base64.b64encode(raw[skip : skip + 3 * ((len(raw) - skip) // 3)]) for skip in range(3)]
    return [raw, word.encode("utf-16-le"), word.encode("utf-16-be"), *coded]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TurnSite]:
    with turns_served(tmp_path / "site") as served:
        yield served


def a_turn(page: Page, site: TurnSite, mark: str, first: int) -> None:
    """One person writes five canaries, numbered from `first`, and all of it is in the draft."""
    begin(page, site, "kinds1", "da")
    go_on_to(page, "may")
    option(page, "may", "yes").click()
    option(page, "trust", "2").click()
    go_on_to(page, "steps")
    for step in range(IN_A_TURN - 1):
        if step:
            page.locator(".add-repetition").click()
        page.locator(f'[id="f-steps/{step}/sector"]').fill(f"{mark} {first + step}")
    go_on_to(page, "suggestions")
    page.locator('[id="f-suggestions"]').press_sequentially(f"{mark} {first + IN_A_TURN - 1}")
    kept(page)


def planted(page: Page) -> list[str]:
    """A word of its own in each kind of storage that a page has."""
    words = [f"plantet{secrets.token_hex(8)}" for _ in range(3)]
    page.evaluate(
        """async ([kept, cached, local]) => {
          await app.keepNamed({ planted: { text: kept } });
          await (await caches.open('planted')).put('/planted', new Response(cached));
          localStorage.setItem('planted', local);
        }""",
        words,
    )
    return words


@pytest.mark.campaign
def test_a_stolen_tablet_holds_nothing_that_can_be_read_L1_L2(
    browser: Browser, site: TurnSite, tmp_path: Path
) -> None:
    mark = f"kanarie{secrets.token_hex(8)}"
    profile = tmp_path / "profile"
    context: BrowserContext = browser.browser_type.launch_persistent_context(
        profile, executable_path=CHROMIUM, args=FLAGS, locale="da"
    )
    page = context.pages[0]
    page.set_default_timeout(30_000)
    turns = CANARIES // IN_A_TURN
    for turn in range(turns):
        a_turn(page, site, mark, turn * IN_A_TURN)
        if turn % 2 == 0:
            # Finished; the others are left as they are, and the next turn begins.
            go_to_the_end(page)
            go_on(page)
            expect(page.locator("main .kiosk-actions")).to_be_visible()
        elif turn % 4 == 3:
            page.reload()
            page.locator(".kiosk-cover-touch").click()
    # The last one is over too.
    goes_to(page, f"{site.url}/turns/ready")
    page.evaluate("app.beginTurn({round: 'kinds1', version: '', language: 'da', minutes: 30})")
    assert len(queued(page, site)) == (turns + 1) // 2
    words = planted(page)
    context.close()
    found = search(profile, mark, *words)
    for word in words:
        assert found.files[word], "what was planted is not found: this search finds nothing"
    assert found.files[mark] == []
    print(
        f"\n{turns * IN_A_TURN} canaries in {turns} turns, {found.size} bytes of profile searched, {len(found.files[mark])} found; "
        f"of {len(words)} planted {sum(bool(found.files[word]) for word in words)}"
    )


@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_the_search_knows_every_form_L3(tmp_path: Path, before: str) -> None:
    word = f"kanarie{secrets.token_hex(8)}"
    text = f"{before}{word} og mere"
    (tmp_path / "raw").write_bytes(b"\x00" + text.encode() + b"\xff")
    (tmp_path / "little").write_bytes(text.encode("utf-16-le"))
    (tmp_path / "big").write_bytes(text.encode("utf-16-be"))
    (tmp_path / "coded").write_bytes(b"{" + base64.b64encode(text.encode()) + b"}")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / word).write_bytes(b"")
    (tmp_path / "other").write_bytes(word[:-1].encode())
    found = search(tmp_path, word)
    assert sorted(found.files[word]) == sorted(["raw", "little", "big", "coded", f"deep/{word}"])
    assert found.size == sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
