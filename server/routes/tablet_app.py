"""The tablet's app: one page, one service worker, one list for installing it. The same for everybody; nothing is asked.

Who uses it shows only at /api/tablet (tablet_api.py). A turn's address is answered by the worker, from what it keeps; without
one there is nothing to show there, and the app's page says what to do.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, redirect, render_template
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from server import tablet_app
from server.service import service
from server.tablet_app import SHELL, App, app_of

blueprint = Blueprint("tablet_app", __name__)


@blueprint.get(SHELL)
def shell() -> Response:
    """The app's page: all that staff see of the tablet."""
    return Response(_app().shell, content_type="text/html; charset=utf-8")


@blueprint.get(f"{SHELL}/turn/<round_id>/<language>")
def turn(round_id: str, language: str) -> BaseResponse:  # noqa: ARG001 - the address that the worker answers
    """Where a turn would be, asked for by a browser that has no worker."""
    return redirect(SHELL)


@blueprint.get("/sw.js")
def worker() -> Response:
    """The service worker. It lies at the top, because what it may answer lies below it."""
    return Response(_app().worker, content_type="text/javascript; charset=utf-8")


@blueprint.get("/manifest.webmanifest")
def web_manifest() -> Response:
    """What a browser needs to install the app."""
    return Response(json.dumps(tablet_app.web_manifest()), content_type="application/manifest+json")


def _app() -> App:
    return app_of(_render, service().settings.organisation)


def _render(build: str, words: Markup, organisation: str) -> str:
    return render_template("tablet/shell.html", build=build, words=words, organisation=organisation)
