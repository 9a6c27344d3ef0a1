"""The administrator's pages of accounts: the list, adding and changing, closing, helping somebody back in."""

from __future__ import annotations

import re
from math import ceil

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Fault, Problem, ProblemError
from server import account_keeping
from server.account_form import EMPTY_ROWS, LONGEST_NAME, Places, Row, Typed, read_account
from server.desk_session import actor, current_account, desk_page
from server.page_words import N_
from server.service import service
from store import account_links, account_lists, second_factors, units, working_groups
from store.account_lists import Order, Wanted
from store.accounts import GROUP_ROLES, UNIT_ROLES, Account, Role

blueprint = Blueprint("accounts", __name__, url_prefix="/desk/accounts")

PAGE_SIZE = 50
LONGEST_REASON = 500

#: What a page may be asked to say after an action.
DONE = frozenset(
    {"invited", "invited-again", "not-invited", "changed", "closed", "opened", "factor-taken"}
)


@blueprint.get("")
def overview() -> str:
    """The list of accounts, fifty at a time."""
    main = service().store.main
    asked = request.args
    wanted = Wanted(
        text=asked.get("q", "").strip()[:200],
        role=Role(asked["role"]) if asked.get("role") in set(Role) else None,
        active={"open": True, "closed": False}.get(asked.get("state", "")),
    )
    order = Order(asked["by"]) if asked.get("by") in set(Order) else Order.NAME
    number = account_lists.number(main, wanted)
    pages = max(1, ceil(number / PAGE_SIZE))
    page = min(int(asked["page"]) if re.fullmatch("[1-9][0-9]{0,5}", asked.get("page", "")) else 1, pages)  # fmt: skip
    shown = account_lists.page(main, wanted, order=order, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)  # fmt: skip
    return desk_page(
        "desk/accounts.html",
        accounts=shown,
        number=number,
        page=page,
        pages=pages,
        wanted=wanted,
        order=order,
        roles=list(Role),
        places=_places(shown),
        # What the links that turn pages and sort carry along.
        asked={name: asked[name] for name in ("q", "role", "state") if asked.get(name)},
    )


@blueprint.get("/new")
def new_form() -> str:
    """The page that adds an account."""
    return _form(None, Typed("", "", "da", ()), EMPTY_ROWS)


@blueprint.post("/new")
def add() -> BaseResponse:
    """Add an account and put the invitation into the outbox."""
    running = service()
    typed = read_account(request.form, _all_places())
    if request.form.get("do") == "more":
        return Response(_form(None, _without_faults(typed), 5))
    faults = typed.faults
    if not faults:
        try:
            made = account_keeping.invite(
                running.store,
                running.settings,
                name=typed.name,
                email=typed.email,
                language=typed.language,
                grants=typed.grants,
                actor=actor(),
                inviter=current_account().name,
                now=running.clock(),
            )
        except ProblemError as error:
            if error.problem is not Problem.INVALID_INPUT:
                raise
            faults = error.faults
        else:
            return redirect(f"/desk/accounts/{made.id}?done=invited", code=303)
    return Response(_form(None, typed, EMPTY_ROWS, faults), status=422)


@blueprint.get("/<int:account>")
def edit_form(account: int) -> str:
    """One account: its name, its roles, and what can be done with it."""
    found = _existing(account)
    places = _all_places()
    rows = tuple(places.row_of(grant) for grant in sorted(found.grants, key=lambda g: (list(Role).index(g.role), g.scope)))  # fmt: skip
    return _form(found, Typed(found.name, found.email, found.language, rows, found.grants), EMPTY_ROWS)  # fmt: skip


@blueprint.post("/<int:account>")
def change(account: int) -> BaseResponse:
    """Set name, language and roles."""
    running = service()
    found = _existing(account)
    typed = read_account(request.form, _all_places(), email=found.email)
    if request.form.get("do") == "more":
        return Response(_form(found, _without_faults(typed), 5))
    faults = typed.faults
    if not faults:
        try:
            account_keeping.change(
                running.store,
                account,
                name=typed.name,
                language=typed.language,
                grants=typed.grants,
                actor=actor(),
                now=running.clock(),
            )
        except ProblemError as error:
            if error.problem is not Problem.LAST_ADMINISTRATOR:
                raise
            faults = (LAST_ADMINISTRATOR,)
        else:
            return redirect(f"/desk/accounts/{account}?done=changed", code=303)
    return Response(_form(found, typed, EMPTY_ROWS, faults), status=422)


LAST_ADMINISTRATOR = Fault("roles", "last-administrator",
                           N_("This is the only administrator who can sign in."),
                           N_("Make another administrator first."))  # fmt: skip


@blueprint.post("/<int:account>/invite")
def invite_again(account: int) -> BaseResponse:
    """Mail a new invitation in place of the earlier one."""
    running = service()
    sent = account_keeping.invite_again(
        running.store,
        running.settings,
        account,
        actor=actor(),
        inviter=current_account().name,
        now=running.clock(),
    )
    return redirect(f"/desk/accounts/{account}?done={'' if sent else 'not-'}invited{'-again' if sent else ''}", code=303)  # fmt: skip


@blueprint.get("/<int:account>/close")
def ask_to_close(account: int) -> str:
    """Ask, and say what closing does."""
    found = _existing(account)
    return desk_page(
        "desk/account_close.html",
        person=found,
        last=account_keeping.is_last_administrator(service().store.main, found),
        own=found.id == current_account().id,
    )


@blueprint.post("/<int:account>/close")
def close(account: int) -> BaseResponse:
    """Let an account sign in no more."""
    _existing(account)
    if request.form.get("sure") != "yes":
        return redirect(f"/desk/accounts/{account}/close", code=303)
    running = service()
    account_keeping.close(running.store, account, actor=actor(), now=running.clock())
    return redirect(f"/desk/accounts/{account}?done=closed", code=303)


@blueprint.post("/<int:account>/open")
def open_again(account: int) -> BaseResponse:
    """Let a closed account sign in again."""
    running = service()
    account_keeping.open_again(running.store, account, actor=actor(), now=running.clock())
    return redirect(f"/desk/accounts/{account}?done=opened", code=303)


@blueprint.get("/<int:account>/second-factor")
def ask_to_take_factor(account: int) -> str:
    """Ask why the second factor is to be taken away, and say what that does."""
    return _factor_page(_existing(account), "", None)


@blueprint.post("/<int:account>/second-factor")
def take_factor(account: int) -> BaseResponse:
    """Take the second factor away from somebody who has lost it."""
    running = service()
    found = _existing(account)
    reason = " ".join(request.form.get("reason", "").split())
    if not reason or len(reason) > LONGEST_REASON:
        fault = Fault("reason", "missing", N_("The reason is missing, or it is too long."),
                      N_("Write how you know who asked, in one or two sentences."))  # fmt: skip
        return Response(_factor_page(found, reason, fault), status=422)
    account_keeping.take_second_factor(
        running.store, running.settings, account, reason=reason, actor=actor(), now=running.clock()
    )
    return redirect(f"/desk/accounts/{account}?done=factor-taken", code=303)


def _existing(account: int) -> Account:
    return account_keeping.existing(service().store.main, account)


def _all_places() -> Places:
    main = service().store.main
    return Places(
        [(unit.id, unit.name) for unit in units.listed(main)],
        [(group.id, group.name) for group in working_groups.listed(main)],
    )


def _places(shown: list[Account]) -> dict[str, str]:
    """The names of the units and working groups that these accounts have roles for."""
    main = service().store.main
    names = {f"group:{group.id}": group.name for group in working_groups.listed(main)}
    if any(account.units for account in shown):
        names |= {f"unit:{unit.id}": unit.name for unit in units.listed(main)}
    return names


def _without_faults(typed: Typed) -> Typed:
    return Typed(typed.name, typed.email, typed.language, typed.rows, typed.grants)


def _form(
    account: Account | None, typed: Typed, empty_rows: int, faults: tuple[Fault, ...] = ()
) -> str:
    running = service()
    main = running.store.main
    filled = tuple(row for row in typed.rows if row.role or row.scope) if not faults else typed.rows
    empty = max(0, empty_rows - sum(1 for row in filled if not row.role and not row.scope))
    done = request.args.get("done", "")
    by_place: dict[str, Fault] = {}
    for fault in faults or typed.faults:
        by_place.setdefault(fault.place, fault)
    return desk_page(
        "desk/account.html",
        person=account,
        typed=typed,
        rows=(*filled, *(Row("", "") for _ in range(empty))),
        faults=by_place,
        roles=list(Role),
        unit_roles=[role.value for role in Role if role in UNIT_ROLES],
        group_roles=[role.value for role in Role if role in GROUP_ROLES],
        places=_all_places(),
        longest_name=LONGEST_NAME,
        invited_until=account_links.invited_until(main, account.id) if account else None,
        now=running.clock(),
        codes_left=second_factors.codes_left(main, account.id) if account else 0,
        required=running.settings.requires_second_factor,
        done=done if done in DONE else "",
    )


def _factor_page(found: Account, reason: str, fault: Fault | None) -> str:
    if found.totp_secret is None:
        raise ProblemError(Problem.NOT_FOUND)
    return desk_page(
        "desk/account_second_factor.html",
        person=found,
        reason=reason,
        fault=fault,
        longest=LONGEST_REASON,
        required=service().settings.requires_second_factor,
    )
