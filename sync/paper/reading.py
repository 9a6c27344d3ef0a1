"""Reads scanned files in child processes: each has limits on memory, CPU and time, and is killed and reaped at them.

A file of many pages is read by several children at once, each its part. A page that kills its child is set aside as
unreadable, and a new child goes on with the next. Nothing of one file can touch another.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from forms.paper.layout import PaperLayout, to_plain
from forms.problems import Problem
from sync.paper.child_process import Child, ChildFailedError
from sync.paper.pages import FileFault, Limits, ReadFile, ReadPage, Warned, page_from_plain

#: Gives a sheet's layout by its id, or None where there is no such sheet. Called in the thread that reads the results.
Layouts = Callable[[str], PaperLayout | None]

#: Fewer pages than this are read by one child: to start another costs as much as some pages.
PAGES_PER_CHILD = 24

_PROBLEMS = {
    problem.code: problem
    for problem in (
        Problem.NO_SCAN, Problem.BROKEN_SCAN, Problem.LOCKED_SCAN, Problem.SCAN_TOO_LARGE, Problem.READING_FAILED
    )
}  # fmt: skip


def read_file(path: Path, layouts: Layouts, limits: Limits | None = None) -> ReadFile:
    """All pages of a file in their order, and its faults. Never raises for what is in the file."""
    pages: list[ReadPage] = []
    faults: list[FileFault] = []
    for found in read_pages(path, layouts, limits):
        if isinstance(found, ReadPage):
            pages.append(found)
        else:
            faults.append(found)
    return ReadFile(tuple(sorted(pages, key=lambda page: page.index)), tuple(faults))


def read_pages(
    path: Path,
    layouts: Layouts,
    limits: Limits | None = None,
    *,
    skip: Callable[[int], bool] = lambda _: False,
) -> Iterator[ReadPage | FileFault]:
    """Pages and faults of a file as they are read, not always in order: a page's `index` says where it stood.

    A page with a fault of its own comes as both: the fault, and a page of status `unreadable`. `skip` names pages that
    need not be given again (after a restart); they may still be read. Closing the iterator kills the children.
    """
    limits = limits or Limits()
    with _Reading(path, layouts, limits) as reading:
        for found in reading.results():
            if not (isinstance(found, ReadPage) and skip(found.index)):
                yield found


class _Reading:
    """One file's children and what they found."""

    def __init__(self, path: Path, layouts: Layouts, limits: Limits) -> None:
        self._path, self._layouts, self._limits = path, layouts, limits
        self._found: queue.Queue[ReadPage | FileFault | _Question | None] = queue.Queue(maxsize=16)
        self._threads: list[threading.Thread] = []
        self._children: set[Child] = set()
        self._lock = threading.Lock()
        self._over = False
        self._restarts = limits.restarts

    def __enter__(self) -> _Reading:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._over = True
            for child in self._children:
                child.kill()
        while any(thread.is_alive() for thread in self._threads):
            try:
                waiting = self._found.get(timeout=0.05)
            except queue.Empty:
                continue
            if isinstance(waiting, _Question):
                waiting.answer.put(None)
        for thread in self._threads:
            thread.join()

    def results(self) -> Iterator[ReadPage | FileFault]:
        """What is found, until all children are done."""
        self._begin(0, None)
        done = 0
        while done < len(self._threads):
            found = self._found.get()
            if found is None:
                done += 1
            elif isinstance(found, _Question):
                self._answer(found)
            else:
                yield found

    def _answer(self, question: _Question) -> None:
        layout = None
        try:
            layout = self._layouts(question.layout)
        finally:
            question.answer.put(layout)

    def _layout_of(self, id: str) -> PaperLayout | None:
        question = _Question(id, queue.Queue(maxsize=1))
        self._found.put(question)
        return question.answer.get()

    def _begin(self, first: int, last: int | None) -> None:
        thread = threading.Thread(target=self._run, args=(first, last), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self, first: int, last: int | None) -> None:
        try:
            self._read_part(first, last)
        except Exception:  # a fault of ours must not leave the reader waiting for ever
            self._found.put(FileFault(Problem.READING_FAILED))
            raise
        finally:
            self._found.put(None)

    def _read_part(self, first: int, last: int | None) -> None:
        """Read pages `first` to `last` (all, shared out, when None), with a new child after each page that kills one."""
        while True:
            at = _At(first, last)
            try:
                self._with_child(at)
            except ChildFailedError as error:
                if at.last is None:  # it did not even open the file
                    self._found.put(FileFault(Problem.READING_FAILED, error.detail))
                    return
                self._failed(at.next, FileFault(Problem.READING_FAILED, error.detail, at.next))
                first, last = at.next + 1, at.last
                with self._lock:
                    self._restarts -= 1
                    exhausted = self._restarts < 0 or self._over
                if first >= last:
                    return
                if exhausted:
                    self._gave_up(first, last)
                    return
            else:
                return

    def _with_child(self, at: _At) -> None:
        with self._lock:
            if self._over:
                raise ChildFailedError("")
            child = Child(self._limits)
            self._children.add(child)
        try:
            child.tell({"path": str(self._path.resolve()), "limits": asdict(self._limits)})
            for head, picture in child.messages():
                if not self._heard(at, child, head, picture):
                    return
            raise ChildFailedError("It ended before its time.")
        finally:
            child.end()
            with self._lock:
                self._children.discard(child)

    def _heard(self, at: _At, child: Child, head: dict[str, Any], picture: bytes) -> bool:
        """Take in one message; False when it was the last."""
        try:
            if "pages" in head:
                if at.last is None:
                    at.last = self._shared_out(int(head["pages"]))
                child.tell([at.next, at.last])
            elif "layout" in head:
                layout = self._layout_of(str(head["layout"]))
                child.tell(None if layout is None else to_plain(layout))
            elif "read" in head:
                page = page_from_plain(head["read"], picture)
                self._found.put(replace(page, index=at.next))
                at.next += 1
            elif "fault" in head:
                fault = FileFault(_PROBLEMS[head["fault"]], str(head["detail"])[:200])
                if "page" not in head:
                    self._found.put(fault)
                    return False
                self._failed(at.next, replace(fault, page=at.next))
                at.next += 1
        except (KeyError, TypeError, ValueError) as error:
            raise ChildFailedError("It told nonsense.") from error
        return "done" not in head

    def _failed(self, index: int, fault: FileFault) -> None:
        self._found.put(fault)
        self._found.put(ReadPage(index, "unreadable", "", warnings=(Warned.FAILED,)))

    def _gave_up(self, first: int, last: int) -> None:
        """Pages that nobody reads any more are unreadable ones: each waits for a person's word, none is forgotten."""
        self._found.put(
            FileFault(Problem.READING_FAILED, f"Pages {first + 1} to {last} were not read.")
        )
        for index in range(first, last):
            if self._over:
                return
            self._found.put(ReadPage(index, "unreadable", "", warnings=(Warned.FAILED,)))

    def _shared_out(self, pages: int) -> int:
        """Start more children for a file of many pages; gives where the first one stops."""
        if not 0 < pages <= self._limits.pages:
            raise ValueError(pages)
        parts = max(1, min(self._limits.workers, os.cpu_count() or 1, pages // PAGES_PER_CHILD))
        ends = [pages * (part + 1) // parts for part in range(parts)]
        for first, last in itertools.pairwise(ends):
            self._begin(first, last)
        return ends[0]


class _At:
    """Where a child is: the page that comes next, and where it stops (None until the file's pages are known)."""

    def __init__(self, first: int, last: int | None) -> None:
        self.next, self.last = first, last


@dataclass(frozen=True, slots=True)
class _Question:
    """A child asks for a layout; the thread that reads the results has the store."""

    layout: str
    answer: queue.Queue[PaperLayout | None]
