"""Deliveries that nobody tries again: a period that failed before it had an edition is tried until the next one of its round is due,
or the round has ended, and is then said to be replaced.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.delivery import delivering, overview
from server.delivery.contents import HELD
from store import rounds, runs
from store.deliveries import DELIVERY
from store.instants import instant_text
from store.rounds import Interim
from store.runs import RunState
from tests.server.delivery_place import Place, place
from tests.server.installation import NOW


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("left", [RunState.FAILED, RunState.RUNNING])
def test_a_period_that_nobody_tries_again_is_ended(
    tmp_path: Path,
    places: list[Place],
    monkeypatch: pytest.MonkeyPatch,
    left: RunState,
    ends: bool,
) -> None:
    soon = NOW + timedelta(hours=4)
    ending = {"answer_until": soon, "receive_until": soon} if ends else {}
    at = place(places, tmp_path, interim=Interim.WEEKLY, **ending)
    store = at.world.store
    period = "2026-11-16T05:00:00Z"

    def failing(*_: object, **__: object) -> None:
        if left is RunState.RUNNING:
            raise KeyboardInterrupt  # the process dies
        raise ZeroDivisionError

    monkeypatch.setattr(delivering, "make_edition", failing)
    for _ in range(3):
        try:
            at.tick(at.world.now + timedelta(minutes=10))
        except KeyboardInterrupt:
            continue
    run = runs.find(store.main, DELIVERY, f"told1 {period}")
    assert run is not None and (run.state, run.attempts) == (left, 3)
    monkeypatch.undo()
    monkeypatch.setattr(delivering, "HELD", [one for one in HELD if one.name.endswith(".csv")])
    later = at.shown.receive_until if ends else datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    at.tick(later)
    assert [one.period for one in at.deliveries] == [instant_text(later)]
    run = runs.find(store.main, DELIVERY, f"told1 {period}")
    assert run is not None and run.state is RunState.FINISHED
    assert run.message == f"superseded by {instant_text(later)}"
    assert runs.unfinished(store.main) == []
    [newest, replaced] = overview.rows(store, rounds.read(store.main, "told1"))
    assert (newest.delivered_at, newest.replaced) == (later, None)
    assert (replaced.replaced, replaced.failed, replaced.again_at) == (later, "", None)
    page = at.world.signed_in("chair").get("/desk/rounds/told1/deliveries").text
    assert ("Ikke leveret: afløst af den fra 22." if ends else "afløst af den fra 23.") in page
    assert "prøves igen" not in page
