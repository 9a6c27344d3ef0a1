"""The build that must not pass: it acknowledges before it commits. Only the tests start it.

The same app under the same server, but its writer notes a submission, says that it is kept, and keeps it a moment later.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Sequence

from flask import Flask

from server import service
from server.app import create_app
from server.settings import from_environment
from server.web_server import serve
from store.joined_commits import Entry, JoinedWriter
from store.submissions import Outcome, Submission, Ticket

DELAY = 0.05


class EarlyWriter(JoinedWriter):
    """Answers first and writes afterwards."""

    def submit(
        self, submission: Submission, *, ceiling: int | None = None, ticket: Ticket | None = None
    ) -> Outcome:
        """Say that it is kept, which is not true yet."""
        return self.submit_all([Entry(submission, ceiling, ticket)])[0]

    def submit_all(self, entries: Sequence[Entry]) -> list[Outcome]:
        """The same for a batch."""
        if not hasattr(self, "_later"):
            self._later: queue.SimpleQueue[Sequence[Entry]] = queue.SimpleQueue()
            threading.Thread(target=self._write_later, daemon=True).start()
        self._later.put(entries)
        return [Outcome.NEW] * len(entries)

    def _write_later(self) -> None:
        while True:
            entries = self._later.get()
            time.sleep(DELAY)
            super().submit_all(entries)


def make_app() -> Flask:
    """The product's app with that writer in it."""
    setattr(service, "JoinedWriter", EarlyWriter)  # noqa: B010 - a name of that module, not of this one
    return create_app(from_environment(os.environ))


if __name__ == "__main__":
    serve(make_app, from_environment(os.environ))
