"""One's own account: its password, its second factor, the language of its mails, where it is signed in."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Fault, Problem, ProblemError
from server import account_mails
from server.account_keeping import note
from server.desk_session import (
    actor,
    begin,
    cookie_name,
    current_account,
    desk_page,
    token_hash,
)
from server.languages import DESK_LANGUAGES
from server.page_words import N_
from server.passwords import LONGEST_PASSWORD, hash_password, password_fits
from server.routes.sign_in import note_slowed
from server.second_factor import (
    FEW_CODES,
    app_address,
    code_hash,
    fitting_step,
    in_groups,
    new_codes,
    new_secret,
    qr_image,
    seal,
    unseal,
)
from server.service import service
from store import account_links, accounts, second_factors, sessions
from store.sessions import Stage

blueprint = Blueprint("own_account", __name__, url_prefix="/account")

#: What the page may be asked to say after an action.
DONE = frozenset({"password", "language", "ended", "others-ended", "factor-removed"})


@blueprint.get("")
def overview() -> str:
    """One's account, and where it is signed in."""
    running = service()
    account = current_account()
    main = running.store.main
    done = request.args.get("done", "")
    return desk_page(
        "desk/own_account.html",
        sessions=sessions.of_account(main, account.id, running.clock()),
        this_session=g.session.id,
        codes_left=second_factors.codes_left(main, account.id),
        few=FEW_CODES,
        required=running.settings.requires_second_factor,
        provider=running.settings.provider,
        done=done if done in DONE else "",
    )


@blueprint.post("/language")
def set_mail_language() -> BaseResponse:
    """Set the language of mails."""
    running = service()
    chosen = request.form.get("mail_language", "")
    if chosen not in DESK_LANGUAGES:
        raise ProblemError(Problem.MALFORMED)
    account = current_account()
    with running.store.write() as db:
        accounts.set_name(db, account.id, name=account.name, language=chosen)
        note(db, running.clock(), actor(), action="account changed", account=account.id, language=chosen)  # fmt: skip
    return redirect("/account?done=language", code=303)


@blueprint.get("/password")
def password_form() -> str:
    """The page at which one changes the password."""
    return desk_page("desk/own_password.html", faults={})


@blueprint.post("/password")
def change_password() -> BaseResponse:
    """Change the password, end all other sessions and go on under a new one."""
    running = service()
    account = current_account()
    wrong = _password_fault("current")
    faults = [wrong] if wrong is not None else []
    try:
        hashed = hash_password(
            request.form.get("password", ""),
            (account.name, account.email, running.settings.organisation),
        )
    except ProblemError as error:
        faults += error.faults
    if faults:
        html = desk_page("desk/own_password.html", faults={fault.place: fault for fault in faults})
        return Response(html, status=422)
    now = running.clock()
    with running.store.write() as db:
        accounts.set_password(db, account.id, hashed)
        account_links.remove_all(db, account.id)
        note(db, now, actor(), action="password changed", account=account.id)
        letter = account_mails.password_changed(account, at=now)
        account_mails.put(db, running.settings, account, "account", letter, now=now)
    response = redirect("/account?done=password", code=303)
    begin(running, account, response)
    return response


@blueprint.get("/second-factor")
def second_factor() -> str:
    """The QR code for an app, and a field for the code that it then shows."""
    return _set_up_page(new_secret(), {})


@blueprint.post("/second-factor")
def keep_second_factor() -> BaseResponse:
    """Keep the second factor that the code confirms, end all other sessions, and show the recovery codes."""
    running = service()
    account = current_account()
    try:
        pending = bytes.fromhex(request.form.get("pending", ""))
    except ValueError:
        pending = b""
    secret = unseal(pending, service_secret=running.secret, account=account.id)
    if secret is None:
        raise ProblemError(Problem.FORGED)
    # Who has just typed the password is not asked for it again.
    wrong = _password_fault("current") if g.session.stage is Stage.FULL else None
    step = fitting_step(secret, request.form.get("code", "")[:100], running.clock())
    faults = {wrong.place: wrong} if wrong is not None else {}
    if step is None:
        faults["code"] = Fault("code", "wrong", N_("This is not the code that the app shows now."),
                               N_("Wait for the next one and type it. See that the clock of your telephone is right."))  # fmt: skip
    if step is None or faults:
        return Response(_set_up_page(secret, faults), status=422)
    now = running.clock()
    codes = new_codes()
    sealed = seal(secret, service_secret=running.secret, account=account.id)
    hashes = [code_hash(code, sealed) for code in codes]
    with running.store.write() as db:
        second_factors.keep(db, account.id, sealed_secret=sealed, step=step, code_hashes=hashes)
        sessions.end_all(db, account.id)
        note(db, now, actor(), action="second factor set up", account=account.id)
        letter = account_mails.factor_set_up(account, at=now)
        account_mails.put(db, running.settings, account, "account", letter, now=now)
    return _codes_page(codes, set_up=True)


@blueprint.get("/recovery-codes")
def ask_for_codes() -> str:
    """Ask before new recovery codes take the place of the old ones."""
    return _new_codes_page({})


@blueprint.post("/recovery-codes")
def make_codes() -> BaseResponse:
    """Make new recovery codes and show them, once."""
    running = service()
    account = current_account()
    if account.totp_secret is None:
        raise ProblemError(Problem.NOT_FOUND)
    wrong = _password_fault("current")
    if wrong is not None:
        return Response(_new_codes_page({"current": wrong}), status=422)
    codes = new_codes()
    hashes = [code_hash(code, account.totp_secret) for code in codes]
    with running.store.write() as db:
        second_factors.keep_codes(db, account.id, hashes)
        note(db, running.clock(), actor(), action="recovery codes made", account=account.id)
    return _codes_page(codes, set_up=False)


@blueprint.get("/second-factor/remove")
def ask_to_remove() -> str:
    """Ask before the second factor is taken away, where it is not required."""
    return _remove_page({})


@blueprint.post("/second-factor/remove")
def remove_second_factor() -> BaseResponse:
    """Take one's own second factor away, where it is not required."""
    running = service()
    account = current_account()
    if running.settings.requires_second_factor or account.totp_secret is None:
        raise ProblemError(Problem.NOT_FOUND)
    wrong = _password_fault("current")
    if wrong is not None:
        return Response(_remove_page({"current": wrong}), status=422)
    with running.store.write() as db:
        second_factors.remove(db, account.id)
        note(db, running.clock(), actor(), action="second factor removed", account=account.id)
    return redirect("/account?done=factor-removed", code=303)


@blueprint.post("/sessions/<session>/end")
def end_session(session: str) -> BaseResponse:
    """End one of one's own sessions."""
    running = service()
    account = current_account()
    with running.store.write() as db:
        if not sessions.end_own(db, account.id, session):
            raise ProblemError(Problem.NOT_FOUND)
        note(db, running.clock(), actor(), action="session ended", account=account.id)
    return redirect("/account?done=ended#sessions", code=303)


@blueprint.post("/sessions/end-others")
def end_other_sessions() -> BaseResponse:
    """End all of one's sessions but this one."""
    running = service()
    account = current_account()
    keep = token_hash(request.cookies.get(cookie_name(running), ""))
    with running.store.write() as db:
        number = sessions.end_others(db, account.id, keep)
        note(db, running.clock(), actor(), action="other sessions ended", account=account.id, number=number)  # fmt: skip
    return redirect("/account?done=others-ended#sessions", code=303)


def _password_fault(field: str) -> Fault | None:
    """What is wrong with the current password, asked for again before something that matters. Wrong ones are braked as
    at sign-in. Raises ProblemError(SLOW_DOWN)."""
    running = service()
    account = current_account()
    if account.password_hash is None:
        raise ProblemError(Problem.NOT_FOUND)
    last = running.brake.attempt(account.email)
    typed = request.form.get(field, "")[: LONGEST_PASSWORD + 1]
    if password_fits(account.password_hash, typed):
        running.brake.succeeded(account.email)
        return None
    if last:
        note_slowed(running, account)
    return Fault(field, "wrong", N_("This is not your password."), N_("Type the one that you sign in with now."))  # fmt: skip


def _set_up_page(secret: str, faults: dict[str, Fault]) -> str:
    running = service()
    account = current_account()
    if account.password_hash is None:
        raise ProblemError(Problem.NOT_FOUND)
    address = app_address(secret, email=account.email, organisation=running.settings.organisation)
    return desk_page(
        "desk/second_factor.html",
        secret=in_groups(secret),
        pending=seal(secret, service_secret=running.secret, account=account.id).hex(),
        qr=qr_image(address),
        address=address,
        faults=faults,
        asks_password=g.session.stage is Stage.FULL,
    )


def _codes_page(codes: list[str], *, set_up: bool) -> Response:
    """The codes, this once; after a set-up under a new session."""
    response = Response(content_type="text/html; charset=utf-8")
    if set_up:
        running = service()
        account = accounts.find(running.store.main, current_account().id)
        assert account is not None  # it was there a moment ago, and accounts are never removed
        begin(running, account, response)
    response.set_data(desk_page("desk/recovery_codes.html", codes=codes, set_up=set_up))
    return response


def _new_codes_page(faults: dict[str, Fault]) -> str:
    account = current_account()
    if account.totp_secret is None:
        raise ProblemError(Problem.NOT_FOUND)
    left = second_factors.codes_left(service().store.main, account.id)
    return desk_page("desk/new_codes.html", faults=faults, left=left)


def _remove_page(faults: dict[str, Fault]) -> str:
    if service().settings.requires_second_factor or current_account().totp_secret is None:
        raise ProblemError(Problem.NOT_FOUND)
    return desk_page("desk/second_factor_remove.html", faults=faults)
