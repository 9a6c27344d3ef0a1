"""The ready-made questionnaires: one YAML file each, which a secretariat opens as a round without writing anything.

docs/instruments.md says which file serves which instrument, which wording is the source's and which is ours.
"""

from __future__ import annotations

from importlib.resources import files

from forms.document import read_document
from forms.problems import Problem, ProblemError
from forms.questionnaire import Questionnaire

_SUFFIX = ".yaml"


def names() -> list[str]:
    """The names of the ready-made questionnaires in alphabetical order, as `read` and `svarboks publish` take them."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return sorted(entry.removesuffix(_SUFFIX) for entry in entries if entry.endswith(_SUFFIX))


def read(name: str) -> Questionnaire:
    """The ready-made questionnaire `name`; raises ProblemError(NOT_FOUND) for a name that the library does not have."""
    # Only a name from the list reaches the file system, so no name can climb out of the folder.
    if name not in names():
        known = ", ".join(names())
        raise ProblemError(Problem.NOT_FOUND, f"The library has {known}.")
    file = f"{name}{_SUFFIX}"
    return read_document((files(__name__) / file).read_text(encoding="utf-8"), file=file)
