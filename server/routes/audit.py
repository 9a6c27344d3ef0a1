"""The audit log as a page: what was done, by whom, when; the newest on top."""

from __future__ import annotations

import re

from flask import Blueprint, request

from server.audit_words import action_in_words
from server.desk_session import desk_page
from server.service import service
from store import accounts, audit

blueprint = Blueprint("audit", __name__, url_prefix="/desk/audit")

PAGE_SIZE = 50


@blueprint.get("")
def page() -> str:
    """Fifty entries, of one subject when asked for, with the head of the chain to note elsewhere."""
    main = service().store.main
    before = request.args.get("before", "")
    subject = request.args.get("subject", "")[:200]
    entries = audit.listed(
        main,
        subject=subject or None,
        before=int(before) if re.fullmatch("[0-9]{1,18}", before) else None,
        limit=PAGE_SIZE + 1,
    )
    newest = audit.listed(main, limit=1)
    return desk_page(
        "desk/audit.html",
        entries=entries[:PAGE_SIZE],
        older=entries[PAGE_SIZE - 1].number if len(entries) > PAGE_SIZE else None,
        subject=subject,
        names={audit.by_account(one.id): one.name for one in accounts.listed(main)},
        head=newest[0] if newest else None,
        action=action_in_words,
    )
