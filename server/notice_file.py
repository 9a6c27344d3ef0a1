"""The privacy notice of a round that is not given one: privacy-notice.yaml of the data folder, else the default.

A round cannot open without a notice in each of its languages. The default (notice/default.yaml) says only what is true
of any installation; the data protection officer writes a better one.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

from forms.problems import Fault, Problem, ProblemError

from .settings import Settings

NAME = "privacy-notice.yaml"


def notice_plain(
    settings: Settings, promise: str, given: object | None, *, single_answers: bool = False
) -> object:
    """The notice that was given, else the data folder's, else the default; not checked yet (`set_up_round` does).

    Raises ProblemError(INVALID_INPUT) for a file that is no YAML.
    """
    if given is not None:
        return given
    return _of_the_folder(settings) or default_notice(
        settings.organisation, promise, single_answers=single_answers
    )


def default_notice(
    organisation: str, promise: str, *, single_answers: bool = False
) -> dict[str, dict[str, str]]:
    """What is true of any installation of `organisation`, for a promise: {language: {field: text}}.

    `single_answers`: analysts may have an anonymous round's answers one by one; the notice says so.
    """
    plain: dict[str, Any] = yaml.safe_load(
        files("server").joinpath("notice", "default.yaml").read_text(encoding="utf-8")
    )
    rows = plain["single_answers"] if single_answers and promise == "anonymous" else {}
    return {
        language: {
            name: text.replace("{organisation}", organisation)
            for name, text in {**plain["every"][language], **own, **rows.get(language, {})}.items()
        }
        for language, own in plain[promise].items()
    }


def _of_the_folder(settings: Settings) -> object | None:
    path = settings.data / NAME
    if not path.exists():
        return None
    try:
        loaded: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        fault = Fault(
            NAME,
            "not-yaml",
            "It cannot be read.",
            "Correct it, or give another with --notice.",
            str(path),
        )
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,)) from error
    return loaded
