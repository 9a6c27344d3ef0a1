"""Writes docs/rights.md from the table of rights: `.venv/bin/python scripts/rights_page.py`. A test compares the two.

What a page is for is the first sentence of its view's docstring.
"""

from __future__ import annotations

import inspect
import tempfile
from pathlib import Path

from flask import Flask

from server.app import create_app
from server.rights import ROUTES, Kind
from server.settings import from_environment
from store.accounts import Role
from store.database import create_store

PAGE = Path(__file__).parents[1] / "docs" / "rights.md"

INTRODUCTION = """# Who may see and do what

Written from the table that the service itself asks (`server/rights.py`, by `scripts/rights_page.py`); tests/server/test_rights.py
tries every route of it as every role. A route that is not in the table is refused to everybody.

A ● is held for everything (secretariat, administrator), for the account's own units (coordinator, respondent, interviewer: a
page about that unit, or about a round in which it takes part) or for its own working groups (chair, member, analyst: their rounds).
One account may hold several roles; an administrator holds no other, since who keeps accounts sees no results.

"""


def page(app: Flask) -> str:
    """The whole page."""
    heads = [role.value for role in Role]
    lines = [
        "| page | what | " + " | ".join(heads) + " |",
        "|---|---|" + ":-:|" * len(heads),
    ]
    open_to_all, own = [], []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        access = ROUTES[rule.endpoint]
        method = next(iter((rule.methods or set()) & {"POST"}), "GET")
        address = f"{method} `{rule.rule}`"
        what = said(app, rule.endpoint)
        if access.kind is Kind.PUBLIC:
            open_to_all.append(f"| {address} | {what} |")
        elif access.kind is Kind.SIGNED_IN:
            own.append(f"| {address} | {what} |")
        else:
            marks = " | ".join("●" if role in access.roles else "" for role in Role)
            lines.append(f"| {address} | {what} | {marks} |")
    two = "| page | what |\n|---|---|\n"
    return (
        INTRODUCTION
        + "## By role\n\n" + "\n".join(lines)
        + "\n\n## Everybody who is signed in\n\n" + two + "\n".join(own)
        + "\n\n## Without an account\n\n" + two + "\n".join(open_to_all) + "\n"
    )  # fmt: skip


def said(app: Flask, endpoint: str) -> str:
    """The first sentence of a view's docstring."""
    text = inspect.getdoc(app.view_functions[endpoint]) or ""
    return (
        text.split("\n")[0].split(". ")[0].rstrip(".").replace("|", "\\|")
        if endpoint != "static"
        else "Script, style, fonts"
    )


def made() -> str:
    """The page of an app over an empty data folder."""
    with tempfile.TemporaryDirectory() as folder:
        settings = from_environment({"SVARBOKS_DATA": f"{folder}/data"})
        create_store(settings.data).close()
        app = create_app(settings)
        try:
            return page(app)
        finally:
            app.extensions["svarboks"].close()


if __name__ == "__main__":
    PAGE.write_text(made(), "utf-8")
    print(f"{PAGE.name}: {len(ROUTES)} routes")
