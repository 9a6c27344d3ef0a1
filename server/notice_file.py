"""The privacy notice that rounds get unless another is given: privacy-notice.yaml of the data folder.

`svarboks init` puts a template there, naming the organisation; the data protection officer makes it true. A round
cannot open without a notice in each of its languages.
"""

from __future__ import annotations

from importlib.resources import files

import yaml

from forms.problems import Fault, Problem, ProblemError

from .settings import Settings

NAME = "privacy-notice.yaml"


def write_template(settings: Settings) -> None:
    """Put the template into a new data folder; one that is there already stays."""
    path = settings.data / NAME
    if not path.exists():
        path.write_text(_template(), encoding="utf-8")


def notice_plain(settings: Settings, given: object | None) -> object:
    """The notice that was given, else what the data folder's file holds, not checked yet (`set_up_round` does).

    Raises ProblemError(INVALID_INPUT) for a file that is no YAML.
    """
    if given is None:
        path = settings.data / NAME
        try:
            given = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            given = {}
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            fault = Fault(
                NAME,
                "not-yaml",
                "It cannot be read.",
                "Correct it, or give another with --notice.",
                str(path),
            )
            raise ProblemError(Problem.INVALID_INPUT, faults=(fault,)) from error
    return given


def _template() -> str:
    return files("server").joinpath("demo", "privacy-notice.yaml").read_text(encoding="utf-8")
