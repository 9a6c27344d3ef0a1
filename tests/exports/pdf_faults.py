"""What can be checked by a machine of a tagged PDF for everybody (ISO 14289-1) and of one for the archive (ISO 19005-2).

No validator is at hand that covers either whole (docs/decisions/pdf-validation.md); these are points of the standards that follow
from the file alone. Each function gives a list of faults, empty where there are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pikepdf

#: What an element may hold, and what it may stand in (ISO 32000-1, 14.8.4.3).
_HOLDS = {
    "/Table": {"/TR", "/THead", "/TBody", "/TFoot", "/Caption"},
    "/THead": {"/TR"},
    "/TBody": {"/TR"},
    "/TFoot": {"/TR"},
    "/TR": {"/TH", "/TD"},
    "/L": {"/L", "/LI", "/Caption"},
    "/LI": {"/Lbl", "/LBody"},
}
_STANDS_IN = {
    "/TR": {"/Table", "/THead", "/TBody", "/TFoot"},
    "/THead": {"/Table"},
    "/TBody": {"/Table"},
    "/TFoot": {"/Table"},
    "/TH": {"/TR"},
    "/TD": {"/TR"},
    "/LI": {"/L"},
    "/Lbl": {"/LI"},
    "/LBody": {"/LI"},
}
#: Operators that show something: text, paths, images, shadings, inline images.
_PAINT = {"Tj", "TJ", "'", '"', "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "Do", "sh", "INLINE IMAGE"}  # fmt: skip
#: What may not be in a file for the archive: actions that run something, and what lies outside it (6.5.1, 6.6.1, 6.7, 6.8).
_FORBIDDEN = {"/JavaScript", "/JS", "/AA", "/Launch", "/Sound", "/Movie", "/XFA", "/NeedsRendering", "/EmbeddedFiles", "/EF", "/OCProperties", "/Perms", "/Requirements", "/LZWDecode", "/RichMedia", "/3D"}  # fmt: skip


def elements(node: Any) -> list[Any]:
    """The elements of structure under a node, itself first, in the order of reading."""
    found = [node]
    for child in kids(node):
        found += elements(child)
    return found


def kids(node: Any) -> list[Any]:
    """The elements that stand right under one."""
    children = node.get("/K", [])
    listed = children if isinstance(children, pikepdf.Array) else [children]
    return [one for one in listed if isinstance(one, pikepdf.Dictionary) and "/S" in one]


def structure_faults(pdf: pikepdf.Pdf) -> list[str]:
    """Elements that stand where they may not, skipped levels of headings, heading cells without direction, dangling ids."""
    found: list[str] = []
    level = 0
    ids = set()
    named: set[str] = set()
    for element in elements(pdf.Root.StructTreeRoot)[1:]:
        kind = str(element.S)
        found += [
            f"{kind} holds {one.S}"
            for one in kids(element)
            if kind in _HOLDS and str(one.S) not in _HOLDS[kind]
        ]
        found += [
            f"{one.S} in {kind}"
            for one in kids(element)
            if kind not in _STANDS_IN.get(str(one.S), {kind})
        ]
        if kind.startswith("/H") and kind[2:].isdigit():
            if int(kind[2:]) > level + 1:
                found.append(f"{kind} after level {level}")
            level = int(kind[2:])
        attributes = element.get("/A", {})
        if kind == "/TH" and str(attributes.get("/Scope")) not in {"/Row", "/Column"}:
            found.append("heading cell without direction")
        named |= {str(one) for one in attributes.get("/Headers", [])}
        if "/ID" in element:
            ids.add(str(element.ID))
    index = [str(name) for name in pdf.Root.StructTreeRoot.get("/IDTree", {"/Names": []})["/Names"][::2]]  # fmt: skip
    if not named <= ids or index != sorted(ids):
        found.append("ids of heading cells")
    return found


def content_faults(pdf: pikepdf.Pdf) -> list[str]:
    """What a page shows that is neither tagged nor said to be decoration, and tags whose element does not know them."""
    found: list[str] = []
    root = pdf.Root.StructTreeRoot
    read = {one.objgen for one in elements(root)}
    parents = {int(n): list(of) for n, of in _pairs(root.ParentTree.Nums) if isinstance(of, pikepdf.Array)}  # fmt: skip
    for number, page in enumerate(pdf.pages, 1):
        open_: list[Any] = []
        for operands, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            if name in {"BDC", "BMC"}:
                inside = operands[1] if name == "BDC" else {}
                open_.append(inside.get("/MCID") if isinstance(inside, pikepdf.Dictionary) else None)  # fmt: skip
                if str(operands[0]) == "/Artifact":
                    open_[-1] = "artifact"
            elif name == "EMC":
                open_.pop()
            elif name in _PAINT and not any(one is not None for one in open_):
                found.append(f"page {number}: {name} outside of tags")
            elif name in _PAINT and "artifact" not in open_:
                tag = next(int(one) for one in reversed(open_) if one is not None)
                known = parents.get(int(page.obj.StructParents), [])
                if tag >= len(known) or known[tag] is None or known[tag].objgen not in read:
                    found.append(f"page {number}: tag {tag} without an element")
    return found


def archive_faults(pdf: pikepdf.Pdf, raw: bytes) -> list[str]:
    """What a file for the archive may not have, or lacks (ISO 19005-2, by clause)."""
    found: list[str] = []
    if pdf.is_encrypted:
        found.append("6.1.3 encrypted")
    if "/ID" not in pdf.trailer or len(pdf.trailer.ID) != 2:
        found.append("6.1.3 no identifier")
    if not raw.startswith(b"%PDF-1.7\n%") or min(raw[10:14]) < 128:
        found.append("6.1.2 head of the file")
    if not raw.rstrip(b"\r\n").endswith(b"%%EOF"):
        found.append("6.1.3 end of the file")
    intents = [one for one in pdf.Root.get("/OutputIntents", []) if str(one.S) == "/GTS_PDFA1"]
    if len(intents) != 1 or "/DestOutputProfile" not in intents[0]:
        found.append("6.2.3 no colour profile")
    found += sorted({f"{name} in the file" for name in _names(pdf) if name in _FORBIDDEN})
    for one in pdf.objects:
        if not isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            continue
        kind, part = str(one.get("/Type")), str(one.get("/Subtype"))
        if kind == "/ExtGState" and (
            {"/TR", "/HTP"} & set(one.keys())
            or str(one.get("/TR2", "/Default")) != "/Default"
            or str(one.get("/BM", "/Normal")) not in {"/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge", "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color", "/Luminosity"}
        ):  # fmt: skip
            found.append("6.2.5 graphics state")
        if part == "/Image" and (one.get("/Interpolate", False) or {"/Alternates", "/OPI"} & set(one.keys())):  # fmt: skip
            found.append("6.2.8 image")
        if part == "/PS" or (part == "/Form" and {"/OPI", "/PS", "/Ref"} & set(one.keys())):
            found.append("6.2.9 form")
        if kind == "/Annot" and not int(one.get("/F", 0)) & 4:
            found.append("6.3.2 note that is not printed")
        if kind == "/Font" and part not in {"/Type0", "/CIDFontType0", "/CIDFontType2", "/TrueType", "/Type1", "/Type3"}:  # fmt: skip
            found.append(f"6.2.11 font {part}")
    return found + _metadata_faults(pdf)


def _metadata_faults(pdf: pikepdf.Pdf) -> list[str]:
    """6.6.2: what the file says of itself in two places agrees."""
    with pdf.open_metadata() as told:
        pairs = {"/Title": told.get("dc:title"), "/Producer": told.get("pdf:Producer")}
        found = [
            f"6.6.2.3 {name}"
            for name, said in pairs.items()
            if name in pdf.docinfo and str(pdf.docinfo[name]) != said
        ]
        if (told.get("pdfaid:part"), told.get("pdfaid:conformance")) != ("2", "A"):
            found.append("6.6.4 conformance")
    if "/Filter" in pdf.Root.Metadata and str(pdf.Root.Metadata.Filter) != "/FlateDecode":
        found.append("6.6.2 metadata")
    return found


def _names(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Every name in the file: keys and values."""
    for one in pdf.objects:
        yield from _names_in(one, 0)


def _names_in(one: Any, depth: int) -> Iterator[str]:
    if isinstance(one, pikepdf.Name):
        yield str(one)
    elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
        for name in one.keys():  # noqa: SIM118 - pikepdf's dictionaries are not iterated over
            yield name
            value = one[name]
            if depth < 8 and not getattr(value, "is_indirect", False):
                yield from _names_in(value, depth + 1)
    elif isinstance(one, pikepdf.Array):
        for value in one:
            if depth < 8 and not getattr(value, "is_indirect", False):
                yield from _names_in(value, depth + 1)


def _pairs(flat: Any) -> list[tuple[Any, Any]]:
    return list(zip(flat[::2], flat[1::2], strict=True))
