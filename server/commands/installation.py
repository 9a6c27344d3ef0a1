"""What every command needs: the settings, the store, the clock, and how a problem is said in a terminal."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
import yaml

from forms.problems import Fault, Problem, ProblemError
from server.settings import Settings, SettingsError, from_environment
from store.database import Store, open_store
from sync.keys import KeyFolder

P = ParamSpec("P")
R = TypeVar("R")

#: Exit codes; click itself uses 2 for a call that is not understood.
FAILED = 1
DIFFERENCES = 3

FILE_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Installation:
    """The installation that a command works on."""

    settings: Settings

    def open(self) -> Store:
        """The store of the data folder. Raises ProblemError(NOT_INITIALISED)."""
        return open_store(self.settings.data)

    def keys(self) -> KeyFolder:
        """The keys folder."""
        return KeyFolder(self.settings.keys, data_folder=self.settings.data)

    @staticmethod
    def now() -> datetime:
        """The machine's clock."""
        return datetime.now(UTC)

    @staticmethod
    def rng() -> secrets.SystemRandom:
        """The machine's source of chance."""
        return secrets.SystemRandom()


def with_data(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option --data and an Installation as its first argument, and say its problems plainly."""

    @click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="The data folder; else SVARBOKS_DATA, else var/data.",
    )
    @wraps(command)
    def run(*args: Any, data: Path | None, **kwargs: Any) -> R:
        with problems_said():
            return command(Installation(settings_of(data)), *args, **kwargs)  # type: ignore[arg-type]

    return run  # type: ignore[return-value]


def settings_of(data: Path | None) -> Settings:
    """The settings of the environment, for another data folder when one is given."""
    environment = dict(os.environ)
    if data is not None:
        environment["SVARBOKS_DATA"] = str(data)
    try:
        return from_environment(environment)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def with_settings(settings: Settings, **changes: Any) -> Settings:
    """The settings with some of them replaced by what the command line gave (None: not given)."""
    return replace(
        settings, **{name: value for name, value in changes.items() if value is not None}
    )


class problems_said:  # noqa: N801 - read as a phrase in a with statement
    """Turns what a person can do something about into words on standard error and exit code 1, never a traceback."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Say the problem, its faults and the remedy."""
        if isinstance(error, ProblemError):
            lines = [f"{error.problem.title} {error.detail}".strip()]
            lines += [f"  {fault}" for fault in error.faults]
            lines.append(error.problem.remedy)
            raise click.ClickException("\n".join(lines)) from error
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(
                f"{where}{error.strerror or type(error).__name__}.\n"
                "See that the folder or file exists and that this account may read and write it."
            ) from error
        if isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError):
            raise click.ClickException(
                f"The data cannot be read or written ({error}).\n"
                "See that no other program holds the files and that the disk has room; else bring back a backup."
            ) from error


def read_yaml(path: Path) -> object:
    """What a small YAML or JSON file of ours holds. Raises ProblemError(INVALID_INPUT) naming the file and the line."""
    if path.stat().st_size > FILE_LIMIT:
        raise ProblemError(Problem.TOO_LARGE, f"{path.name} is larger than 16 MiB.")
    try:
        loaded: object = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        fault = Fault(
            "the file", "not-yaml", "It cannot be read as YAML or JSON in UTF-8.", "Correct it there.", path.name,
            mark.line + 1 if mark else None,
        )  # fmt: skip
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,)) from error
    return loaded


def comma_separated(value: str | None) -> tuple[str, ...]:
    """The parts of an option such as "ar,fa"."""
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def table_lines(head: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Rows as columns of text."""
    body = [[str(cell) for cell in row] for row in rows]
    titles = list(head)
    widths = [max(len(line[column]) for line in [titles, *body]) for column in range(len(titles))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [titles, *body]
    ]
