"""The server that must not pass: gunicorn's own threads, which read the bodies of the requests that they answer."""

from __future__ import annotations

import os

from server import web_server
from server.app import create_app
from server.settings import from_environment

if __name__ == "__main__":
    settings = from_environment(os.environ)
    options = {**web_server.options_for(settings), "worker_class": "gthread"}
    web_server.WebServer(lambda: create_app(settings), options).run()
