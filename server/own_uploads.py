"""What somebody has uploaded and not yet decided on, as the pages that go on with it get it."""

from __future__ import annotations

from forms.problems import Problem, ProblemError
from server.desk_session import current_account
from server.service import service
from store import uploads
from store.uploads import Kind, Upload


def own_upload(upload: str, kind: Kind) -> Upload:
    """An upload of the account of this request. Raises ProblemError(NOT_FOUND), also for one of somebody else."""
    running = service()
    found = uploads.find(
        running.store.main, upload, kind=kind, account=current_account().id, now=running.clock()
    )
    if found is None:
        raise ProblemError(Problem.NOT_FOUND)
    return found
