"""Watches the forms that are sent to an app: which of them changed something, and whether the audit log was told.

The tables that a request wrote are read off its statements; an entry has to be among them. What is exempt is named here with
its reason.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping

from flask import Flask, Response, g, request

from store.database import Store

#: Tables that tell nothing that a person did: that a session was used, that a password or code was wrong.
NOT_A_CHANGE = frozenset({"session", "sign_in_failure"})

_ANSWERS = "of those who answer nothing is ever in the log"
_TABLET = "a tablet does it, not a person of the desk"
_DRAFT = "one's own file on its way, which nobody else sees; what is kept of it is told"
_STEP = "a step of typing or reviewing a batch; confirming and accepting it are told"
_SESSION = "a session ends, and nothing else changes"
_SAME = "sent without a change it writes the same again; a change is told, as its own tests see"

#: Forms that may change something without an entry, and why.
EXEMPT: Mapping[str, str] = {
    "answering.send": _ANSWERS,
    "api.submit": _ANSWERS,
    "api.look_at_code": _ANSWERS,
    "unit_answering.send": _ANSWERS,
    "tablet_api.contact": _TABLET,
    "tablet_api.batch_of_tablet": _ANSWERS,
    "tablet_api.batch_of_anybody": _ANSWERS,
    "publishing.upload": _DRAFT,
    "publishing.correct": _DRAFT,
    "publishing.remove": _DRAFT,
    "unit_import.upload": _DRAFT,
    "unit_import.remove": _DRAFT,
    "batches.add_files": _STEP,
    "batches.remove_file": _STEP,
    "batch_findings.settle": _STEP,
    "batch_findings.settle_all": _STEP,
    "paper_review.keep": _STEP,
    "typed_sheets.keep": _STEP,
    "typed_sheets.keep_without_unit": _STEP,
    "sign_in.sign_out": _SESSION,
    "sign_in.language": "a cookie of the browser",
    "test_mode.make_report": "a report of a test, which goes with the test",
    "tablets.receive_file": _ANSWERS,
    "board.keep_numbers": _SAME,
    "accounts.change": _SAME,
}

_WRITES = re.compile(r"\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+(\w+)", re.I)

#: (endpoint, tables) of changes that were not told, until somebody looks; and the endpoints that told theirs.
UNTOLD: list[tuple[str, frozenset[str]]] = []
TOLD: set[str] = set()


class Statements:
    """What one connection writes while it is watched: the tables whose rows did change."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._before = connection.total_changes
        self._table = ""
        self.tables: set[str] = set()
        connection.set_trace_callback(self._seen)

    def _seen(self, statement: str) -> None:
        self._settle()
        found = _WRITES.match(statement)
        self._table = found[1].lower() if found else ""

    def _settle(self) -> None:
        now = self._connection.total_changes
        if now != self._before and self._table:
            self.tables.add(self._table)
        self._before = now

    def end(self) -> set[str]:
        """Stop watching; the tables that were written."""
        self._connection.set_trace_callback(None)
        self._settle()
        return self.tables


def watch(app: Flask, store: Store) -> None:
    """Look at every form that is sent to an app."""

    def begin() -> None:
        if request.method == "POST":
            g.watched = [Statements(db.conn) for db in (store.main, store.waiting, store.paper)]

    def end(response: Response) -> Response:
        watched: list[Statements] = g.pop("watched", [])
        tables = frozenset().union(*(one.end() for one in watched)) - NOT_A_CHANGE
        if tables and response.status_code < 400:
            if "audit" in tables:
                TOLD.add(str(request.endpoint))
            elif request.endpoint not in EXEMPT:
                UNTOLD.append((str(request.endpoint), tables))
        return response

    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.after_request(end)


def forget() -> None:
    """Begin anew."""
    UNTOLD.clear()
    TOLD.clear()
