"""Signing in with an identity provider: away to it, and back. Nobody gets an account by it: who was not invited is refused."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from server.desk_session import begin, choose_desk_language
from server.identity_provider import IdentityProvider, NotAccepted, Person, ProviderDown
from server.own_path import own_path
from server.provider_settings import ProviderSettings
from server.service import Service, service
from server.sign_in_state import LASTS, opened, sealed
from store import account_links, accounts, audit, identities
from store.accounts import Account
from store.identities import Identity

blueprint = Blueprint("identity_provider", __name__, url_prefix="/sign-in/oidc")

LOG = logging.getLogger("svarboks")


@blueprint.app_context_processor
def _for_templates() -> dict[str, ProviderSettings | None]:
    """`provider` for the sign-in page: what it is called, None where there is none."""
    return {"provider": service().settings.provider}


@blueprint.get("")
def begin_sign_in() -> BaseResponse:
    """Send the browser to the provider. It is a link and no form: the policy on forms lets none lead elsewhere."""
    running, provider = service(), _provider()
    address, began = provider.begin(own_path(request.args.get("next", "")))
    response = redirect(address, code=303)
    response.set_cookie(
        cookie_name(running),
        sealed(began, running.secret),
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",  # the way back begins at another site
        secure=running.settings.https,
        path="/",
    )
    return response


@blueprint.get("/callback")
def callback() -> BaseResponse:
    """The way back: check what the provider says, find the account, begin its session."""
    running, provider = service(), _provider()
    began = opened(request.cookies.get(cookie_name(running), ""), running.secret, running.clock())
    person = provider.finish(request.args.to_dict(), began)
    account = _account_of(running, person)
    if account is None or began is None:
        raise ProblemError(Problem.NOT_INVITED)
    response = redirect(began.next, code=303)
    _forget(running, response)
    # The second factor is the provider's business.
    begin(running, account, response)
    return response


@blueprint.errorhandler(ProviderDown)
def _down(error: ProviderDown) -> BaseResponse:
    LOG.warning("the identity provider does not answer: %s", error)
    return _problem(ProblemError(Problem.PROVIDER_DOWN))


@blueprint.errorhandler(NotAccepted)
def _not_accepted(error: NotAccepted) -> BaseResponse:
    LOG.warning("a sign-in with the identity provider was not accepted: %s", error)
    return _problem(ProblemError(Problem.PROVIDER_REFUSED))


@blueprint.errorhandler(ProblemError)
def _problem(error: ProblemError) -> BaseResponse:
    """A calm page with the way to the sign-in page, where a password still works."""
    running = service()
    html = render_template(
        "desk/provider_problem.html",
        problem=error.problem,
        organisation=running.settings.organisation,
        language=g.language,
    )
    response = Response(html, status=error.problem.status, content_type="text/html; charset=utf-8")
    _forget(running, response)
    return response


def cookie_name(running: Service) -> str:
    """Over https the cookie is bound to this very host, as the session's is."""
    return "__Host-svarboks-oidc" if running.settings.https else "svarboks-oidc"


def _provider() -> IdentityProvider:
    choose_desk_language()
    provider = service().provider
    if provider is None:
        raise ProblemError(Problem.NOT_FOUND)
    return provider


def _account_of(running: Service, person: Person) -> Account | None:
    """The active account of a person: the one that is bound to them, else, once, the one invited at their address."""
    identity = Identity(person.issuer, person.subject)
    main = running.store.main
    bound = identities.account_of(main, identity)
    if bound is None:
        with running.store.write() as db:
            found = accounts.by_email(db, person.email) if person.email else None
            if found is None or not found.active or not identities.bind(db, identity, found.id):
                return None
            # Who signs in there needs no password; a link in a mail would go round the provider.
            account_links.remove_all(db, found.id)
            audit.note(
                db,
                at=running.clock(),
                actor=audit.by_account(found.id),
                action="identity bound",
                subject=f"account:{found.id}",
                details={"issuer": person.issuer},
            )
            return found
    account = accounts.find(main, bound)
    return account if account is not None and account.active else None


def _forget(running: Service, response: BaseResponse) -> None:
    response.delete_cookie(
        cookie_name(running), path="/", httponly=True, samesite="Lax", secure=running.settings.https
    )
