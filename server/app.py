"""Puts the web application together: settings, service, security headers, languages, problems, routes."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from flask import Flask, Request, g
from flask_babel import Babel

from server import assets, desk_session, languages, problems, security
from server.intake_door import IntakeDoor
from server.routes import (
    about,
    accounts,
    answering,
    api,
    audit,
    batch_findings,
    batches,
    board,
    deliveries,
    desk,
    first_account,
    health,
    identity_provider,
    invitations,
    joining,
    mail,
    mailbox,
    own_account,
    paper_review,
    planning,
    publishing,
    quarantine,
    questionnaires,
    reminders,
    results,
    returns,
    round_course,
    round_setup,
    sheets,
    sign_in,
    tablet_api,
    tablet_app,
    tablets,
    test_mode,
    texts,
    typed_sheets,
    unit_answering,
    unit_import,
    units,
    working_groups,
)
from server.service import Service
from server.settings import Settings, from_environment
from store.database import TEMPORARY_FOLDER


def _now() -> datetime:
    return datetime.now(UTC)


def _request_class(folder: Path) -> type[Request]:
    """Requests whose large files lie in the data folder while they are read, and not where the machine keeps what is temporary:
    they may be scans of what people answered. They have no name, and are gone when the request ends."""

    class DeskRequest(Request):
        def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
            return TemporaryFile("w+b", dir=folder)

    return DeskRequest


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] = _now,
    seconds: Callable[[], float] = time.monotonic,
) -> Flask:
    """The application over an initialised data folder.

    `clock` is what deadlines are measured by, `seconds` what buckets run by; tests pass their own. Raises
    SettingsError, and ProblemError(NOT_INITIALISED) where the data folder has no Svarboks data.
    """
    settings = settings or from_environment(os.environ)
    app = Flask("server", static_folder="static", static_url_path="/static")
    app.config.update(
        MAX_CONTENT_LENGTH=security.LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=security.LARGEST_REQUEST,
        MAX_FORM_PARTS=5000,
        PROPAGATE_EXCEPTIONS=False,
        TRAP_HTTP_EXCEPTIONS=False,
    )
    app.request_class = _request_class(settings.data / TEMPORARY_FOLDER)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=assets.address, current_words=languages.current, language_name=languages.name_of,
        accessibility_at=settings.accessibility_url,
    )  # fmt: skip
    # werkzeug's own log names the address and the path of every request.
    logging.getLogger("werkzeug").disabled = True

    running = Service(settings, clock, seconds)
    app.extensions["svarboks"] = running
    babel = Babel(app, locale_selector=lambda: g.get("language", "en"))
    languages.install(babel)
    security.install(app, settings)
    problems.install(app)
    desk_session.install(app)
    for module in (
        accounts,
        joining,
        own_account,
        paper_review,
        working_groups,
        about,
        answering,
        api,
        audit,
        batch_findings,
        batches,
        board,
        deliveries,
        desk,
        first_account,
        health,
        invitations,
        identity_provider,
        mail,
        mailbox,
        publishing,
        quarantine,
        questionnaires,
        reminders,
        planning,
        results,
        returns,
        round_course,
        round_setup,
        sheets,
        sign_in,
        tablet_app,
        tablet_api,
        tablets,
        test_mode,
        texts,
        typed_sheets,
        unit_answering,
        unit_import,
        units,
    ):
        app.register_blueprint(module.blueprint)
    app.wsgi_app = IntakeDoor(app.wsgi_app, running, settings)  # type: ignore[method-assign]
    return app
