"""Whose a batch is: who may look at its marks, and who may say that it counts. The gate has asked for the role already."""

from __future__ import annotations

from flask import g

from forms.problems import Problem, ProblemError
from server.desk_session import current_account
from server.service import Service
from store import paper_batches
from store.accounts import Role
from store.paper_batches import Batch


def batch_to_review(running: Service, batch_id: str) -> Batch:
    """The batch, for the secretariat, for coordinators of the unit that handed out, and for those of the unit that was asked to
    look at the marks. To everybody else there is none: ProblemError(NOT_FOUND)."""
    found: Batch | None = g.get("batch") or paper_batches.find(running.store.main, batch_id)
    if found is None or not (owns(found) or _holds(found.reviewed_by)):
        raise ProblemError(Problem.NOT_FOUND)
    return found


def owns(batch: Batch) -> bool:
    """Whether whoever asks may also confirm, void and move it: the secretariat, and the unit that handed out."""
    return current_account().holds(Role.SECRETARIAT) or _holds(batch.unit)


def _holds(unit: str | None) -> bool:
    return unit is not None and unit in current_account().units_as(Role.COORDINATOR)
