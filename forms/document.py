"""Questionnaire documents: text or JSON values in, questionnaire out, and back (docs/questionnaire-format.md).

A document is read in four steps, each of which goes on past faults as far as it can, so that one run reports them
all: the text with its lines (document_text.py), the keys and values (document_schemas.py), what lies across places
(document_settling.py, document_rules.py, condition_rules.py), and the model. Nothing but a ProblemError(INVALID_DOCUMENT) is raised.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import yaml

from forms.condition_rules import check_conditions
from forms.document_model import built
from forms.document_plain import plain_of, readable_of
from forms.document_rules import check
from forms.document_schemas import Found, load
from forms.document_settling import settle
from forms.document_text import DocumentText, place_of, read_text
from forms.problems import Fault, Problem, ProblemError
from forms.questionnaire import Questionnaire

_DUMPER = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper


def read_document(text: str, *, file: str = "") -> Questionnaire:
    """The questionnaire that a document describes; YAML, or JSON, which is YAML.

    Raises ProblemError(INVALID_DOCUMENT) with one Fault for everything that is wrong, in the order of the lines;
    `file` is the name that the faults carry.
    """
    return _read(read_text(text, file=file), file)


def from_plain(plain: dict[str, Any]) -> Questionnaire:
    """The questionnaire that JSON values as of `to_plain` describe. Raises as read_document, without lines."""
    return _read(DocumentText(plain), "")


def to_plain(q: Questionnaire) -> dict[str, Any]:
    """The questionnaire as JSON values, conditions as JsonLogic: what pages embed and what is hashed."""
    return plain_of(q)


def write_document(q: Questionnaire, *, format: Literal["yaml", "json"] = "yaml") -> str:
    """The document of a questionnaire, with readable conditions: ``read_document(write_document(q)) == q``."""
    readable = readable_of(q)
    if format == "json":
        return json.dumps(readable, ensure_ascii=False, indent=2) + "\n"
    written: str = yaml.dump(
        readable,
        Dumper=_DUMPER,
        allow_unicode=True,
        sort_keys=False,
        width=110,
        default_flow_style=None,
    )
    return written


def _read(text: DocumentText, file: str) -> Questionnaire:
    faults = list(text.faults)
    if text.tree is None:
        raise _invalid(faults)
    data, found = load(text.tree)
    if isinstance(text.tree, dict):
        found += settle(data)
        found += check(data)
        found += check_conditions(data)
    faults += [_fault(one, text, file) for one in dict.fromkeys(found)]
    if faults:
        raise _invalid(faults)
    return built(data)


def _fault(found: Found, text: DocumentText, file: str) -> Fault:
    path, complaint = found
    return Fault(
        place_of(path), complaint.code, complaint.message, complaint.remedy, file, text.line(path)
    )


def _invalid(faults: list[Fault]) -> ProblemError:
    faults.sort(key=lambda fault: fault.line or 0)
    return ProblemError(Problem.INVALID_DOCUMENT, faults=tuple(faults))
