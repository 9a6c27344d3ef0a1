"""A person who uses the keyboard only: reaches things with Tab, and looks at each page on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Download, Locator, Page

from tests.browser.conftest import AXE

#: More presses of Tab than any page needs.
MOST_TABS = 600
#: Where the pictures of the pages go, for a person to look at.
PICTURES = Path(__file__).parents[2] / "build" / "pages"


@dataclass
class Keyboard:
    """One person at one page. `seen` are the addresses that were looked at, `name` begins their pictures' names."""

    page: Page
    name: str
    seen: list[str] = field(default_factory=list)

    def reach(self, wanted: Locator) -> None:
        """Press Tab until the focus is on it. It has to be one element, and to show that it has the focus."""
        wanted.wait_for(state="visible")
        assert wanted.count() == 1, wanted
        for _ in range(MOST_TABS):
            if wanted.evaluate("one => one === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        else:
            raise AssertionError(f"Tab never reaches {wanted}")
        shown = wanted.evaluate(
            "one => [[one], [one.closest('label')], [one.labels && one.labels[0], '::before']].some(([where, part]) => {"
            " const s = where && getComputedStyle(where, part);"
            " return s && ((s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none') })"
        )
        assert shown, f"the focus on {wanted} does not show"

    def press(self, selector: str, key: str = "Enter") -> None:
        """Reach a link or a button and press a key on it; then look at the page that comes."""
        wanted = self.page.locator(selector)
        self.reach(wanted)
        with self.page.expect_navigation(wait_until="networkidle"):
            self.page.keyboard.press(key)
        self.look()

    def tick(self, selector: str) -> None:
        """Reach a box or a radio button and press Space on it. Of a group of radio buttons Tab reaches one: arrows go on."""
        wanted = self.page.locator(selector)
        if wanted.get_attribute("type") == "radio":
            group = self.page.locator(
                f'input[type="radio"][name="{wanted.get_attribute("name")}"]:checked'
            )
            if group.count():
                self.reach(group)
                for _ in range(20):
                    if wanted.is_checked():
                        return
                    self.page.keyboard.press("ArrowDown")
                raise AssertionError(f"the arrows never reach {selector}")
        self.reach(wanted)
        self.page.keyboard.press("Space")
        assert wanted.is_checked()

    def write(self, selector: str, text: str) -> None:
        """Reach a field and write in it, in place of what is there."""
        self.reach(self.page.locator(selector))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def download(self, selector: str) -> Download:
        """Reach a link and press Enter on it: what comes is a file."""
        self.reach(self.page.locator(selector))
        with self.page.expect_download() as coming:
            self.page.keyboard.press("Enter")
        return coming.value

    def look(self) -> None:
        """Photograph the page, once for each address; axe finds nothing and nothing is scrolled sideways."""
        address = self.page.url.split("/", 3)[-1].partition("?")[0].partition("#")[0]
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(
            "axe.run().then(r => r.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target).slice(0, 3)}`))"
        )
        assert found == [], (address, found)
        wide = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, f"{address} is scrolled sideways"
        if address not in self.seen:
            self.seen.append(address)
            PICTURES.mkdir(parents=True, exist_ok=True)
            picture = f"{self.name}-{len(self.seen):02}-{address.replace('/', '_')}.png"
            self.page.screenshot(path=str(PICTURES / picture), full_page=True)
