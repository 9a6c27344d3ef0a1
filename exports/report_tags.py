"""What the tags of a report's PDF need beside what WeasyPrint writes.

The direction of each heading cell, and the index of its ids (ISO 32000-1, 14.8.5.7 and 14.7.2): a reader that does not follow the
ids from cell to heading, as some do not, goes by the direction. And what stands in the margins of a page is said to be
no part of the text (14.8.2.2.2), so that nobody hears the foot of each page in the middle of a sentence.
"""

from __future__ import annotations

from typing import Any

import pydyf


def complete_tags(_document: object, pdf: Any) -> None:
    """WeasyPrint's finisher: called with the laid-out document and the PDF before it is written."""
    elements = {one.reference: one for one in _of_type(pdf, "/StructElem")}
    if not elements:
        return
    [root] = _of_type(pdf, "/StructTreeRoot")
    read = _reached(root, elements)
    _give_directions([elements[one] for one in elements if one in read], elements)
    root["IDTree"] = _index(pdf, [elements[one] for one in elements if one in read])
    _leave_margins_out(pdf, [one for reference, one in elements.items() if reference not in read])


def _reached(root: Any, elements: dict[bytes, Any]) -> set[bytes]:
    """The elements that are read: those under the root. What stands in margins has elements that hang on nothing."""
    reached: set[bytes] = set()
    waiting = [one for one in root["K"] if one in elements]
    while waiting:
        reference = waiting.pop()
        if reference not in reached:
            reached.add(reference)
            waiting += [one for one in elements[reference]["K"] if one in elements]
    return reached


def _give_directions(read: list[Any], elements: dict[bytes, Any]) -> None:
    for element in read:
        if element["S"] == "/TH":
            over = elements[elements[element["P"]]["P"]]
            element["A"]["Scope"] = "/Column" if over["S"] == "/THead" else "/Row"


def _index(pdf: Any, read: list[Any]) -> bytes:
    """A tree's root has no limits; whoever reads it searches the names, which stand in the order of their bytes."""
    ids = {str(one["ID"].string): one for one in read if "ID" in one}
    index = pydyf.Dictionary({"Names": pydyf.Array()})
    for name in sorted(ids):
        index["Names"].extend((ids[name]["ID"], ids[name].reference))
    pdf.add_object(index)
    reference: bytes = index.reference
    return reference


def _leave_margins_out(pdf: Any, unread: list[Any]) -> None:
    """Marks what the unread elements tag on their pages as an artifact, and takes them out of the list of the page's tags."""
    pages = {one.reference: one for one in _of_type(pdf, "/Page")}
    streams = {one.reference: one.stream for one in pdf.objects if isinstance(one, pydyf.Stream)}
    [root] = _of_type(pdf, "/StructTreeRoot")
    [listed] = [one for one in pdf.objects if getattr(one, "reference", None) == root["ParentTree"]]
    numbers = listed["Nums"]
    of_page = dict(zip(numbers[::2], numbers[1::2], strict=True))
    for element in unread:
        page = pages[element["Pg"]]
        tags = {one for one in element["K"] if isinstance(one, int)}
        content = streams[page["Contents"]]
        for at, part in enumerate(content):
            if part == b"BDC" and content[at - 1].get("MCID") in tags:
                content[at - 2] = "/Artifact"
                content[at - 1] = pydyf.Dictionary({"Type": "/Pagination"})
        for tag in tags:
            of_page[page["StructParents"]][tag] = "null"


def _of_type(pdf: Any, kind: str) -> list[Any]:
    return [one for one in pdf.objects if isinstance(one, dict) and one.get("Type") == kind]
