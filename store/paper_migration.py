"""Migration 4 of svarboks.db: what is kept of questionnaires on paper."""

from __future__ import annotations

MAIN = """
"""
