"""The configuration that must not pass: the same app and server with gunicorn's access log on. Only tests start it."""

from __future__ import annotations

import os

from gunicorn.glogging import Logger

from server.app import create_app
from server.settings import from_environment
from server.web_server import WebServer, options_for

if __name__ == "__main__":
    settings = from_environment(os.environ)
    options = {
        **options_for(settings),
        "accesslog": "-",
        "access_log_format": '%(h)s %({x-forwarded-for}i)s "%(r)s" %(s)s "%(a)s"',
        "logger_class": Logger,
    }
    WebServer(lambda: create_app(settings), options).run()
