"""Counts again from the answers kept, with the same code that mixing counts with, for `svarboks check`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from forms.document import from_plain
from forms.report_plan import compile_plan, count_rows
from forms.versions import Version
from store import versions
from store.consistency import Recount
from store.counts import Increment
from store.database import Store
from store.responses import StoredResponse


def recount(store: Store) -> Recount:
    """How store.consistency.check counts a response of each version: `check(store, recount(store))`.

    Raises NO_SUCH_VERSION when a response names a version that is not kept.
    """

    def of_version(version_hash: str) -> Callable[[StoredResponse], Iterable[Increment]]:
        kept = versions.read(store.main, version_hash)
        questionnaire = from_plain(dict(kept.document))
        plan = compile_plan(Version(kept.hash, questionnaire, kept.padded_size))

        def count(response: StoredResponse) -> Iterable[Increment]:
            return count_rows(
                plan, response.rows, response.unit, response.language, response.channel
            )

        return count

    return of_version
