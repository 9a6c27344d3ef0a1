"""The privacy notice of the bench's own rounds."""

from __future__ import annotations

from server.round_plan import NOTICE_FIELDS

NOTICE = {"da": dict.fromkeys(NOTICE_FIELDS, "En måling uden mennesker.")}
