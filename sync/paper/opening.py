"""Opens what was uploaded and gives page after page as grey pixels. Sizes are looked at before anything is decoded.

This runs in a child process only (child.py): the libraries that decode are large, and files come from anywhere.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from forms.problems import Problem
from sync.paper.corner_marks import Grey
from sync.paper.page_reading import PageImage
from sync.paper.pages import Limits

#: JPEGs with more pixels along their long side than this are decoded at half their size: 400 dpi and more.
_REDUCE_FROM = 4600


@dataclass(eq=False)
class UnreadableError(Exception):
    """A file, or one page of it, that is not read: the entry of the catalogue, and what was found."""

    problem: Problem
    detail: str = ""


class Scans(ABC):
    """An opened file: how many pages it has, and each page's picture."""

    count: int

    @abstractmethod
    def page(self, index: int) -> PageImage:
        """One page, from 0. Raises UnreadableError."""


def open_scans(path: Path, limits: Limits) -> Scans:
    """Open a file by what is in it; its name and ending say nothing. Raises UnreadableError."""
    size = path.stat().st_size
    if size == 0:
        raise UnreadableError(Problem.BROKEN_SCAN, "It is empty.")
    if size > limits.bytes:
        raise UnreadableError(Problem.SCAN_TOO_LARGE, f"It has {size // 10**6} MB.")
    with path.open("rb") as file:
        head = file.read(1024)
    if head.startswith(b"\xff\xd8\xff"):
        return _Single(path.read_bytes(), "JPEG", limits)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _Single(path.read_bytes(), "PNG", limits)
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return _Tiff(path, limits)
    if b"%PDF-" in head:
        from sync.paper.pdf_pages import PdfScans  # noqa: PLC0415 - its libraries only for a PDF

        return PdfScans(path, limits)
    raise UnreadableError(Problem.NO_SCAN)


def check_pixels(width: float, height: float, limits: Limits) -> None:
    """Refuse a page of more pixels than allowed, or none."""
    if width < 1 or height < 1:
        raise UnreadableError(Problem.BROKEN_SCAN, "A page has no size.")
    if width * height > limits.pixels:
        raise UnreadableError(
            Problem.SCAN_TOO_LARGE, f"A page has {width * height / 1e6:.0f} million pixels."
        )


def decode_jpeg(raw: bytes, limits: Limits) -> PageImage:
    """A JPEG's picture. Raises UnreadableError."""
    with _opened(raw, "JPEG") as header:
        width, height = header.size
        check_pixels(width, height, limits)
    half = max(width, height) > _REDUCE_FROM
    flags = cv2.IMREAD_REDUCED_GRAYSCALE_2 if half else cv2.IMREAD_GRAYSCALE
    grey = cv2.imdecode(np.frombuffer(raw, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if grey is None:
        raise UnreadableError(Problem.BROKEN_SCAN)
    return PageImage(grey.astype(np.uint8, copy=False), False, _digest(raw), width)


def from_pillow(image: Image.Image, limits: Limits, raw: bytes | None = None) -> PageImage:
    """A picture that Pillow has opened but not decoded yet. Raises UnreadableError."""
    check_pixels(*image.size, limits)
    one_bit = image.mode == "1"
    try:
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            seen = image.convert("RGBA")
            paper = Image.new("RGBA", seen.size, "white")
            grey = Image.alpha_composite(paper, seen).convert("L")
        elif image.mode.startswith("I;16"):
            grey = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        else:
            grey = image.convert("L")
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise UnreadableError(Problem.BROKEN_SCAN) from error
    pixels = np.asarray(grey)
    return PageImage(pixels, one_bit, _digest(raw) if raw else digest_of(pixels), image.width)


def digest_of(grey: Grey) -> str:
    """The digest of a page that has no bytes of its own: of its pixels."""
    return hashlib.sha256(repr(grey.shape).encode() + np.ascontiguousarray(grey).data).hexdigest()


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _opened(raw: bytes, form: str) -> ImageFile.ImageFile:
    """Pillow's reading of a header; no pixel is decoded."""
    Image.MAX_IMAGE_PIXELS = None  # ours is checked in its place
    try:
        return Image.open(io.BytesIO(raw), formats=[form])
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, OverflowError) as error:
        raise UnreadableError(Problem.BROKEN_SCAN) from error


class _Single(Scans):
    """A JPEG or a PNG."""

    count = 1

    def __init__(self, raw: bytes, form: str, limits: Limits) -> None:
        self._raw, self._form, self._limits = raw, form, limits
        with _opened(raw, form) as header:
            check_pixels(*header.size, limits)

    def page(self, index: int) -> PageImage:
        assert index == 0
        if self._form == "JPEG":
            return decode_jpeg(self._raw, self._limits)
        with _opened(self._raw, self._form) as image:
            return from_pillow(image, self._limits, self._raw)


class _Tiff(Scans):
    """A TIFF of one page or many."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        Image.MAX_IMAGE_PIXELS = None
        # Pillow says much of odd tags; the pages are what counts.
        warnings.filterwarnings("ignore", module="PIL")
        try:
            self._image = Image.open(path, formats=["TIFF"])
            self.count = self._counted(limits.pages)
        except (
            UnidentifiedImageError,
            OSError,
            ValueError,
            SyntaxError,
            KeyError,
            TypeError,
        ) as error:
            raise UnreadableError(Problem.BROKEN_SCAN) from error

    def _counted(self, most: int) -> int:
        count = 0
        try:
            while True:
                self._image.seek(count)
                count += 1
                if count > most:
                    raise UnreadableError(Problem.SCAN_TOO_LARGE, f"It has more than {most} pages.")
        except EOFError:
            return count

    def page(self, index: int) -> PageImage:
        try:
            self._image.seek(index)
            return from_pillow(self._image, self._limits)
        except (OSError, EOFError, ValueError, SyntaxError, KeyError, TypeError) as error:
            raise UnreadableError(Problem.BROKEN_SCAN) from error
