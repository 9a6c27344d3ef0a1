"""The desk: the rounds that an account may see, with the next deadline on top; accounts for the administrator."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from server.desk_session import current_account, current_round, desk_page, may_use
from server.front_page import front_page
from server.round_board import board
from server.round_steps import steps
from server.round_words import told_in_words
from server.routes.test_mode import LOOK_AGAIN, MOST_LOOKS, looked
from server.service import service
from server.test_mode import test_panel
from server.text_reading import unread_count
from store import promised_mixes

blueprint = Blueprint("desk", __name__, url_prefix="/desk")


@blueprint.get("")
def home() -> str:
    """What needs whoever asks, what happens next, and all rounds that are theirs."""
    running = service()
    return desk_page("desk/home.html", front=front_page(running, current_account(), request.args))


@blueprint.get("/rounds/<round_id>")
def round_page() -> BaseResponse:
    """One round: what can be done to it, its link and QR code, its days, its numbers, its editions.

    While its test is being prepared the page looks again by itself for some seconds.
    """
    running = service()
    shown = current_round()
    if shown.test_of is not None:
        return redirect(f"/desk/rounds/{shown.test_of}")
    now = running.clock()
    reads = may_use("texts.page", shown)
    tests = may_use("test_mode.fill", shown)
    numbers = board(running.store, shown, now)
    test = test_panel(running.store, shown, running.settings)
    looks = looked()
    html = desk_page(
        "desk/round.html",
        unread_texts=unread_count(running.store, shown, now) if reads else None,
        sees_results=may_use("results.report", shown),
        takes_single_answers=shown.gives_single_answers
        and may_use("results.single_answers", shown),
        board=numbers,
        link=running.settings.link(shown.id),
        test=test,
        tests=tests,
        slow=looks >= MOST_LOOKS,
        told=told_in_words(request.args.get("told", "")),
        opens_by_day=shown.opens_at > now,
        steps=steps(
            shown,
            now,
            divided=bool(numbers.units),
            waiting=numbers.waiting,
            latest=numbers.editions[0].number if numbers.editions else None,
            may=may_use,
        ),
        earlier_promises=[
            at
            for at in promised_mixes.of_round(running.store.main, shown.id)
            if now < at < shown.receive_until
        ],
    )
    response = Response(html, content_type="text/html; charset=utf-8")
    if tests and test is not None and not test.ready and looks < MOST_LOOKS:
        at = f"/desk/rounds/{shown.id}?look={looks + 1}"
        response.headers["Refresh"] = f"{LOOK_AGAIN}; url={at}"
    return response
