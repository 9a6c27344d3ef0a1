"""The deliveries of a round: what went to the working group, when, to whom, how it stands; and delivering again."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise
from server.delivery.ordering import order_again
from server.delivery.overview import rows
from server.desk_session import actor, current_round, desk_page
from server.service import service
from server.text_reading import unread_count
from server.texts_to_come import rounds_with_texts_to_come
from store import accounts, editions, working_groups

blueprint = Blueprint("deliveries", __name__, url_prefix="/desk/rounds/<round_id>/deliveries")


@blueprint.get("")
def page() -> str:
    """All of them, the newest first."""
    running = service()
    shown = current_round()
    if shown.test_of is not None:
        raise ProblemError(Problem.NOT_FOUND)
    main = running.store.main
    group = working_groups.find(main, shown.working_group) if shown.working_group else None
    number = editions.newest_number(main, shown.id)
    signed = shown.promise == Promise.SIGNED
    return desk_page(
        "desk/deliveries.html",
        round=shown,
        group=group,
        people=accounts.of_working_group(main, group.id) if group else [],
        rows=rows(running.store, shown),
        number=number,
        # Whoever sees this page reads the texts, and is told their number there as well.
        unread=unread_count(running.store, shown, running.clock()) if number and not signed else 0,
        to_come=shown.id in rounds_with_texts_to_come(running.store, running.clock(), account=None),
        done=request.args.get("done", ""),
    )


@blueprint.post("/again")
def again() -> Response:
    """Deliver the newest edition again; the scheduler does so at its next tick."""
    running = service()
    shown = current_round()
    if shown.test_of is not None:
        raise ProblemError(Problem.NOT_FOUND)
    ordered = order_again(running.store, shown, now=running.clock(), actor=actor())
    done = "ordered" if ordered else "no-edition"
    return redirect(f"/desk/rounds/{shown.id}/deliveries?done={done}", code=303)
