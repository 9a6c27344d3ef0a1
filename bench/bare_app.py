"""What intake is held against: a bare Flask route with one durable sqlite3 insert of the bytes it got.

Run as `python -m bench.bare_app FOLDER PORT`, under the same gunicorn options as Svarboks.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from pathlib import Path

from flask import Flask, Response, request

from server.settings import from_environment
from server.web_server import serve


def make_app(folder: Path) -> Flask:
    """One route; each thread keeps its connection open, as a careful author would."""
    app = Flask("bare")
    kept = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(kept, "connection"):
            kept.connection = sqlite3.connect(folder / "bare.db", timeout=30, isolation_level=None)
            kept.connection.execute("PRAGMA journal_mode=WAL")
            kept.connection.execute("PRAGMA synchronous=FULL")
        return kept.connection

    @app.post("/bare")
    def insert() -> Response:
        body = request.get_data()
        connection().execute("INSERT INTO item (body) VALUES (?)", (body,))
        return Response('{"kept": true}', 201, mimetype="application/json")

    return app


def main() -> None:
    """Make the table, then serve."""
    folder, port = Path(sys.argv[1]), sys.argv[2]
    with sqlite3.connect(folder / "bare.db") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, body BLOB NOT NULL)"
        )
    serve(lambda: make_app(folder), from_environment({"SVARBOKS_DATA": str(folder), "PORT": port}))


if __name__ == "__main__":
    main()
