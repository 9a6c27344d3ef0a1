"""PDFs: a page that is one scanned picture gives that picture as it lies in the file; any other page is rendered.

Scripts, links and files inside a PDF are never run or opened: the libraries used have no engine for them, and nothing
here looks at them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2

from forms.problems import Problem
from sync.paper.opening import (
    Scans,
    UnreadableError,
    check_pixels,
    decode_jpeg,
    digest_of,
    from_pillow,
)
from sync.paper.page_reading import PageImage
from sync.paper.pages import Limits

#: Pages that are no scans are rendered at this.
_DPI = 200
#: A page larger than this along a side, in PDF points, is no sheet: 1.2 m.
_LONGEST = 3400
#: A page of a scan says little more than "draw this picture"; more is not looked through.
_SHORT = 100_000

#: Operators that paint nothing but the one picture. With text only where it is drawn invisibly, as OCR does.
_QUIET = frozenset(
    [
        "q",
        "Q",
        "cm",
        "Do",
        "gs",
        "w",
        "J",
        "j",
        "M",
        "d",
        "i",
        "ri",
        "n",
        "W",
        "W*",
        "re",
        "m",
        "l",
        "h",
        "BT",
        "ET",
        "Tf",
        "Tr",
        "Tm",
        "Td",
        "TD",
        "TL",
        "Tz",
        "Tc",
        "Tw",
        "T*",
        "Ts",
        "Tj",
        "TJ",
        "BMC",
        "BDC",
        "EMC",
        "MP",
        "DP",
        "g",
        "G",
        "rg",
        "RG",
        "k",
        "K",
        "cs",
        "CS",
        "sc",
        "SC",
        "scn",
        "SCN",
    ]
)
_SHOWING = frozenset(("Tj", "TJ"))


class PdfScans(Scans):
    """An opened PDF."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path, self._limits = path, limits
        self._rendering: pypdfium2.PdfDocument | None = None
        try:
            self._pdf = pikepdf.Pdf.open(path)
            told = int(self._pdf.Root.Pages.get("/Count", 0))
            if told > limits.pages:
                raise UnreadableError(Problem.SCAN_TOO_LARGE, f"It has {told} pages.")
            self.count = len(self._pdf.pages)
        except pikepdf.PasswordError as error:
            raise UnreadableError(Problem.LOCKED_SCAN) from error
        except _BROKEN as error:
            raise UnreadableError(Problem.BROKEN_SCAN) from error
        if self.count > limits.pages:
            raise UnreadableError(Problem.SCAN_TOO_LARGE, f"It has {self.count} pages.")
        if self.count == 0:
            raise UnreadableError(Problem.BROKEN_SCAN, "It has no pages.")

    def page(self, index: int) -> PageImage:
        try:
            page = self._pdf.pages[index]
            self._check_pictures(page)
            picture = _only_picture(page)
            if picture is not None:
                found = self._extracted(picture)
                if found is not None:
                    return found
        except _BROKEN:
            pass  # what one library cannot make out the other may
        return self._rendered(index)

    def _check_pictures(self, page: pikepdf.Page) -> None:
        for picture in page.get_images(recursive=False).values():
            check_pixels(int(picture.Width), int(picture.Height), self._limits)

    def _extracted(self, picture: Any) -> PageImage | None:
        """The picture as it lies in the file, or None where it has to be rendered."""
        filters = _filters(picture)
        if filters == ["/DCTDecode"]:
            space = str(picture.get("/ColorSpace", ""))
            raw = picture.read_raw_bytes()
            return None if "CMYK" in space else decode_jpeg(raw, self._limits)
        if filters == ["/FlateDecode"]:
            _check_unpacked(picture)
        if filters in (["/CCITTFaxDecode"], ["/FlateDecode"], ["/LZWDecode"], []):
            with pikepdf.PdfImage(picture).as_pil_image() as image:
                return from_pillow(image, self._limits)
        return None

    def _rendered(self, index: int) -> PageImage:
        try:
            if self._rendering is None:
                self._rendering = pypdfium2.PdfDocument(self._path)
            page = self._rendering[index]
            width, height = page.get_size()
            if not (0 < width <= _LONGEST and 0 < height <= _LONGEST):
                raise UnreadableError(
                    Problem.SCAN_TOO_LARGE,
                    f"A page measures {width / 72:.0f} x {height / 72:.0f} inches.",
                )
            scale = _DPI / 72
            check_pixels(width * scale, height * scale, self._limits)
            bitmap = page.render(scale=scale, grayscale=True)
            grey = bitmap.to_numpy().reshape(bitmap.height, bitmap.width).astype(np.uint8)
            page.close()
        except _BROKEN as error:
            raise UnreadableError(Problem.BROKEN_SCAN) from error
        return PageImage(grey, self._is_one_bit(index), digest_of(grey), grey.shape[1])

    def _is_one_bit(self, index: int) -> bool:
        """Whether a page that was rendered had no greys when it was scanned: all its pictures are black and white."""
        try:
            pictures = list(_pictures_in(self._pdf.pages[index]))
            return bool(pictures) and all(_has_one_bit(one) for one in pictures)
        except _BROKEN:
            return False


#: What the libraries raise for a broken or hostile file. Objects of a PDF have the type that the file gives them, so pikepdf
#: says TypeError or AttributeError where a number or a dictionary should stand and something else does (190 times over 973
#: files with one object exchanged), ValueError and NotImplementedError for pictures that contradict themselves. A fault
#: of this code that looks like these is not hidden by it: the page is then rendered, or refused, and good pages are tested.
_BROKEN = (
    pikepdf.PikepdfError, pypdfium2.PdfiumError,
    ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, NotImplementedError, OverflowError,
)  # fmt: skip


def _pictures_in(page: pikepdf.Page) -> Iterator[Any]:
    """The pictures of a page, also those that are masks (get_images leaves them out) and those within what is drawn on it."""
    holders: list[Any] = [page.obj]
    seen: set[tuple[int, int]] = set()
    while holders:
        for one in holders.pop().get("/Resources", {}).get("/XObject", {}).values():
            if one.objgen in seen:
                continue
            seen.add(one.objgen)
            if one.get("/Subtype") == "/Image":
                yield one
            else:
                holders.append(one)


def _has_one_bit(picture: Any) -> bool:
    # Fax and JBIG2 know nothing else, and say so nowhere else where a file leaves BitsPerComponent out.
    return (
        bool(picture.get("/ImageMask", False))
        or int(picture.get("/BitsPerComponent", 8)) == 1
        or bool({"/CCITTFaxDecode", "/JBIG2Decode"} & set(_filters(picture)))
    )


def _only_picture(page: pikepdf.Page) -> Any:
    """The one picture that the page consists of, or None."""
    if "/Annots" in page.obj and len(page.obj.Annots):
        return None
    resources: Any = page.obj.get("/Resources", {})
    pictures = list(resources.get("/XObject", {}).values())
    if len(pictures) != 1 or pictures[0].get("/Subtype") != "/Image":
        return None
    picture = pictures[0]
    if any(key in picture for key in ("/SMask", "/Mask", "/Decode")) or picture.get("/ImageMask"):
        return None
    return picture if _draws_only_pictures(page) else None


def _draws_only_pictures(page: pikepdf.Page) -> bool:
    contents = page.obj.get("/Contents")
    if contents is None:
        return False
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    if sum(int(stream.get("/Length", 0)) for stream in streams) > _SHORT:
        return False
    invisible, drawn = False, 0
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator not in _QUIET:
            return False
        if operator == "Tr":
            invisible = int(instruction.operands[0]) == 3
        elif operator == "Do":
            drawn += 1
        elif (operator == "cm" and _mirrors(instruction.operands)) or (
            operator in _SHOWING and not invisible
        ):
            return False
    return drawn == 1


def _check_unpacked(picture: Any) -> None:
    """Raises UnreadableError where a deflated picture unpacks to more than its size can need (a bomb): at most eight bytes a
    pixel (four colours of 16 bits) and one a row for the predictor."""
    most = int(picture.Height) * (8 * int(picture.Width) + 1)
    packed = zlib.decompressobj()
    with suppress(zlib.error):  # what is broken is found by the one that reads it
        unpacked = len(packed.decompress(picture.read_raw_bytes(), most + 1))
        if unpacked > most:
            raise UnreadableError(
                Problem.SCAN_TOO_LARGE, "A picture unpacks to more than it says that it holds."
            )


def _mirrors(matrix: Any) -> bool:
    a, b, c, d = (float(one) for one in list(matrix)[:4])
    return a * d - b * c < 0


def _filters(picture: Any) -> list[str]:
    filters = picture.get("/Filter", [])
    return [str(one) for one in filters] if isinstance(filters, pikepdf.Array) else [str(filters)]
