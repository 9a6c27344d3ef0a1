"""Serves the Flask app with gunicorn, and keeps gunicorn from writing anything about who asked.

gunicorn's own log of a malformed request names the client's address and quotes its header lines
(workers/base.py, handle_error); its access log, when on, names both. Neither is ever written here.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from .settings import Settings

#: Seconds a thread may keep the interpreter while another wants it. The thread that commits for all should not wait
#: Python's 5 ms behind a page that is being rendered: with this, intake is a tenth faster (bench/ingest.py).
SWITCH_INTERVAL = 0.0005

#: Requests that one worker answers at a time. What says nothing, or has not sent its request wholly, costs no thread
#: (patient_worker.py).
THREADS = 8


class SilentAboutVisitors(Logger):  # type: ignore[misc]
    """gunicorn's log without a line about any visitor: no access log whatever is configured, no quoted requests."""

    def access(self, *_args: Any, **_kwargs: Any) -> None:
        """Write nothing: time, address and agent of a request are never kept."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass gunicorn's own warnings on, except those that were formatted from a visitor's request."""
        if "Invalid request from ip=" not in msg:
            super().warning(msg, *args, **kwargs)

    def debug(self, *_args: Any, **_kwargs: Any) -> None:
        """Write nothing: gunicorn's debug lines quote requests."""

    def exception(self, msg: str, *_args: Any, **_kwargs: Any) -> None:
        """Say that a request failed; its address line and the exception's text may hold what a person typed."""
        self.error_log.error(msg.split("%", maxsplit=1)[0].strip() or "error handling a request")


class WebServer(BaseApplication):  # type: ignore[misc]
    """gunicorn with Svarboks' options; `make_app` is called in each worker, after the fork."""

    def __init__(self, make_app: Callable[[], Any], options: dict[str, Any]) -> None:
        self.make_app = make_app
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand the options to gunicorn."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The app of this worker."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        return self.make_app()


def options_for(settings: Settings, started: Callable[[], None] | None = None) -> dict[str, Any]:
    """gunicorn's options: threads for keep-alive connections, no access log, limits on what a request may be.

    `started` is called once, when the port is open.
    """
    options: dict[str, Any] = {
        "bind": f"{settings.host}:{settings.port}",
        "workers": settings.workers,
        "worker_class": "server.patient_worker.PatientWorker",
        "threads": THREADS,
        "keepalive": 75,
        "timeout": 60,
        "graceful_timeout": 20,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "logger_class": SilentAboutVisitors,
        # An identity provider sends people back with a code of some kilobytes (Entra ID: about 2).
        "limit_request_line": 8190,
        "limit_request_fields": 60,
        "forwarded_allow_ips": "",
        "proc_name": "svarboks",
        "control_socket_disable": True,
    }
    if started is not None:
        options["when_ready"] = lambda _arbiter: started()
    return options


def serve(
    make_app: Callable[[], Any],
    settings: Settings,
    started: Callable[[], None] | None = None,
) -> None:
    """Serve until told to stop (SIGTERM, SIGINT). Never returns normally: gunicorn ends the process."""
    logging.getLogger("werkzeug").disabled = True
    WebServer(make_app, options_for(settings, started)).run()
