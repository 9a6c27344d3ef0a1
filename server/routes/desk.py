"""The desk: the rounds that an account may see, with the next deadline on top; accounts for the administrator."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template
from werkzeug.wrappers import Response

from forms.problems import Problem, ProblemError
from forms.questionnaire import text_in
from server.accounts import may_read_texts, may_see_round, sees_results
from server.desk_session import at_the_desk, current_account
from server.languages import current
from server.round_board import board, by_next_deadline, visible_rounds
from server.service import service
from server.text_reading import unread_count
from store import accounts, rounds, working_groups
from store.rounds import Round

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.get("")
@at_the_desk
def home() -> str | Response:
    """The list of rounds. An administrator has accounts instead."""
    running = service()
    account = current_account()
    if not sees_results(account):
        return _accounts()
    now = running.clock()
    boards = by_next_deadline(
        [board(running.store, shown, now) for shown in visible_rounds(running.store, account)]
    )
    return desk_page("desk/home.html", boards=boards)


@blueprint.get("/rounds/<round_id>")
@at_the_desk
def round_page(round_id: str) -> str:
    """One round: its link and QR code, its days, its numbers, its editions."""
    running = service()
    shown = visible_round(round_id)
    account = current_account()
    reads = may_read_texts(account, account.working_groups, shown.working_group)
    return desk_page(
        "desk/round.html",
        unread_texts=unread_count(running.store, shown, running.clock()) if reads else None,
        board=board(running.store, shown, running.clock()),
        link=running.settings.link(shown.id),
    )


@blueprint.get("/accounts")
@at_the_desk
def account_list() -> str:
    """Who has an account. Adding and changing them is done with 'svarboks account' for now."""
    if current_account().role.value != "administrator":
        raise ProblemError(Problem.NOT_ALLOWED)
    return _accounts()


def visible_round(round_id: str) -> Round:
    """A round that this account may see.

    Raises ProblemError: NO_SUCH_ROUND where there is none, NOT_ALLOWED where it is not the account's to see.
    """
    account = current_account()
    found = rounds.find(service().store.main, round_id)
    if found is None:
        # An account without rounds learns nothing about which exist.
        raise ProblemError(Problem.NO_SUCH_ROUND if sees_results(account) else Problem.NOT_ALLOWED)
    if not may_see_round(account, account.working_groups, found.working_group):
        raise ProblemError(Problem.NOT_ALLOWED)
    return found


def _accounts() -> str:
    main = service().store.main
    names = {group.id: group.name for group in working_groups.listed(main)}
    return desk_page("desk/accounts.html", accounts=accounts.listed(main), names=names)


def desk_page(template: str, **values: Any) -> str:
    """A page in the frame of the desk, with what every page of it needs."""
    running = service()
    said = current()
    return render_template(
        template,
        account=current_account(),
        form_token=g.form_token,
        organisation=running.settings.organisation,
        accessibility_at=running.settings.accessibility_url,
        unsafe_origin=running.settings.unsafe_origin,
        text=lambda texts: text_in(texts, said.language, "da"),
        words=said,
        language=said.language,
        **values,
    )
