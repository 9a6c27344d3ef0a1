"""Says whether this worker can serve: for a load balancer and the container's health check. It tells nothing else."""

from __future__ import annotations

from flask import Blueprint, Response

from server.service import service

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def health() -> Response:
    """200 'ok' when both files can be read."""
    running = service()
    running.store.main.execute("SELECT 1").fetchone()
    running.store.waiting.execute("SELECT 1").fetchone()
    return Response("ok\n", content_type="text/plain; charset=utf-8")
