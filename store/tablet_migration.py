"""Migration 3 of svarboks.db: tablets, how they are enrolled, and what they last said of themselves."""

from __future__ import annotations

MAIN = """
"""
