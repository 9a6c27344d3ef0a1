"""The desk: the rounds that an account may see, with the next deadline on top; accounts for the administrator."""

from __future__ import annotations

from flask import Blueprint, request

from server.desk_session import current_account, current_round, desk_page, may_use
from server.front_page import front_page
from server.round_board import board
from server.service import service
from server.text_reading import unread_count
from store import accounts, working_groups

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.get("")
def home() -> str:
    """What needs whoever asks, what happens next, and all rounds that are theirs."""
    running = service()
    return desk_page("desk/home.html", front=front_page(running, current_account(), request.args))


@blueprint.get("/rounds/<round_id>")
def round_page() -> str:
    """One round: its link and QR code, its days, its numbers, its editions."""
    running = service()
    shown = current_round()
    reads = may_use("texts.page", shown)
    return desk_page(
        "desk/round.html",
        unread_texts=unread_count(running.store, shown, running.clock()) if reads else None,
        sees_results=may_use("results.report", shown),
        board=board(running.store, shown, running.clock()),
        link=running.settings.link(shown.id),
    )


@blueprint.get("/accounts")
def account_list() -> str:
    """Who has an account. Adding and changing them is done with 'svarboks account' for now."""
    main = service().store.main
    names = {group.id: group.name for group in working_groups.listed(main)}
    return desk_page("desk/accounts.html", accounts=accounts.listed(main), names=names)
