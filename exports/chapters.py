"""Chapters: the parts of a report that its shape or its plan asks for, beside the tables that every report has.

A maker (exports/chapter_makers.py lists them) turns an edition's figures into one chapter, or None where the figures hold nothing for it; figures of editions from
before a chapter existed hold nothing. PDF and web page show all chapters alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from exports.blocks import Block


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading, sentences that say what was found, and blocks as elsewhere. `landscape` for tables too wide upright.

    `findings` stand among those that are read aloud, where the tables of the questions leave room for them; `hidden` says
    what of the chapter is not shown; `since` the days that its figures stand from, where those are of earlier editions.
    """

    id: str
    heading: str
    lead: tuple[str, ...]
    blocks: tuple[Block, ...]
    landscape: bool = False
    findings: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
