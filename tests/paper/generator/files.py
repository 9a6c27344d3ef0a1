"""Scanned pages as files: what copiers and phones make of them."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

import pikepdf
from PIL import Image, ImageChops

from tests.paper.generator.copier import as_jpeg
from tests.paper.generator.sheet import Grey

A4 = (595, 842)


def pdf_of(jpegs: Sequence[bytes]) -> bytes:
    """A PDF as copiers make it: a page is one JPEG. Parts that are no JPEG become pages without anything."""
    pdf = pikepdf.new()
    for raw in jpegs:
        page = pdf.add_blank_page(page_size=A4)
        if raw:
            picture = pikepdf.Stream(pdf, raw)
            with Image.open(io.BytesIO(raw)) as header:
                picture.Width, picture.Height = header.size
            _draw(pdf, page, picture, "/DCTDecode")
    return _saved(pdf)


def one_bit_pdf(pages: Sequence[Grey]) -> bytes:
    """A PDF of fax-compressed black-and-white pictures."""
    pdf = pikepdf.new()
    for grey in pages:
        page = pdf.add_blank_page(page_size=A4)
        _draw(pdf, page, _fax(pdf, grey), "/CCITTFaxDecode", bits=1)
    return _saved(pdf)


def one_bit_pdfs_to_render(grey: Grey) -> dict[str, bytes]:
    """A black-and-white page as other copiers write it: none of these is one picture that can be taken out as it lies there."""
    found = {}
    for form in ("decode", "mask", "jbig2", "strips"):
        pdf = pikepdf.new()
        page = pdf.add_blank_page(page_size=A4)
        if form == "jbig2":
            picture = pikepdf.Stream(pdf, _jbig2(grey))
            picture.Width, picture.Height = grey.shape[1], grey.shape[0]
            _draw(pdf, page, picture, "/JBIG2Decode", bits=1)
            del picture.BitsPerComponent
        elif form == "strips":
            middle = grey.shape[0] // 2
            _draw(pdf, page, _fax(pdf, grey[:middle]), "/CCITTFaxDecode", bits=1)
            upper = page.obj.Resources.XObject.Im0
            _draw(pdf, page, _fax(pdf, grey[middle:]), "/CCITTFaxDecode", bits=1)
            page.obj.Resources.XObject.Im1 = upper
            page.obj.Contents = pikepdf.Stream(
                pdf, b"q 595 0 0 421 0 0 cm /Im0 Do Q q 595 0 0 421 0 421 cm /Im1 Do Q"
            )
        else:
            picture = _fax(pdf, grey)
            _draw(pdf, page, picture, "/CCITTFaxDecode", bits=1)
            if form == "mask":
                picture.ImageMask = True
                del picture.ColorSpace
            else:
                picture.Decode = pikepdf.Array([0, 1])
        found[form] = _saved(pdf)
    return found


def _fax(pdf: pikepdf.Pdf, grey: Grey) -> pikepdf.Stream:
    picture = pikepdf.Stream(pdf, _group4(_one_bit(grey)))
    picture.Width, picture.Height = grey.shape[1], grey.shape[0]
    picture.DecodeParms = pikepdf.Dictionary(
        K=-1, Columns=grey.shape[1], Rows=grey.shape[0], BlackIs1=True
    )
    return picture


def _group4(picture: Image.Image) -> bytes:
    """The picture as fax encodes it, with what is white in it as what fax calls black."""
    out = io.BytesIO()
    picture.save(out, "TIFF", compression="group4", strip_size=1 << 30)
    with Image.open(io.BytesIO(out.getvalue())) as tiff:
        start, length = tiff.tag_v2[273][0], tiff.tag_v2[279][0]
        strips = len(tiff.tag_v2[273])
    assert strips == 1, "one strip, as copiers write it"
    return out.getvalue()[start : start + length]


def _jbig2(grey: Grey) -> bytes:
    """JBIG2 as it lies in a PDF: a page, and on it one region that is encoded as fax does (MMR)."""
    height, width = grey.shape
    page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    region = struct.pack(">IIIIBB", width, height, 0, 0, 0, 1) + _group4(
        ImageChops.invert(_one_bit(grey))
    )
    return b"".join(
        struct.pack(">IBBBI", at, kind, 0, 1, len(data)) + data
        for at, (kind, data) in enumerate(((48, page), (38, region)))
    )


def tiff_of(pages: Sequence[Grey], *, one_bit: bool = False) -> bytes:
    """A TIFF of several pages."""
    images = [Image.fromarray(page) for page in pages]
    if one_bit:
        images = [_one_bit(page) for page in pages]
    out = io.BytesIO()
    images[0].save(
        out, "TIFF", save_all=True, append_images=images[1:],
        compression="group4" if one_bit else "tiff_lzw",
    )  # fmt: skip
    return out.getvalue()


def png_of(page: Grey) -> bytes:
    """A PNG."""
    out = io.BytesIO()
    Image.fromarray(page).save(out, "PNG")
    return out.getvalue()


def jpeg_of(page: Grey) -> bytes:
    """A JPEG of ordinary quality."""
    return as_jpeg(page, 75)


def _one_bit(grey: Grey) -> Image.Image:
    return Image.fromarray(grey).point(lambda value: 255 if value > 170 else 0).convert("1")


def _draw(
    pdf: pikepdf.Pdf, page: pikepdf.Page, picture: pikepdf.Stream, filter: str, bits: int = 8
) -> None:
    picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    picture.ColorSpace, picture.BitsPerComponent = pikepdf.Name.DeviceGray, bits
    picture.Filter = pikepdf.Name(filter)
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture))
    page.obj.Contents = pikepdf.Stream(pdf, b"q 595 0 0 842 0 0 cm /Im0 Do Q")


def _saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()
