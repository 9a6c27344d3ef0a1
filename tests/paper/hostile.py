"""Files that somebody made to do harm, or that a machine broke: each with what it is, and whether it may hold pages."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf
from PIL import Image

from tests.paper.generator.files import A4


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file. `fine` files may be read without a word (a script in a PDF is not run, and harms nobody)."""

    what: str
    raw: bytes
    fine: bool = False


def hostile_files(count: int, honest: dict[str, bytes], rng: random.Random) -> Iterator[Hostile]:
    """So many files, all kinds in turn; `honest` are good scans by form (pdf, tiff, png, jpeg) to break."""
    kinds = list(_kinds(honest, rng))
    for n in range(count):
        yield kinds[n]() if n < len(kinds) else _broken(honest, rng)


def _kinds(honest: dict[str, bytes], rng: random.Random) -> Iterator:
    yield lambda: Hostile("empty", b"")
    yield lambda: Hostile("a PNG of 144 million pixels in a few KB", png_bomb(12_000, 12_000))
    yield lambda: Hostile("a PDF page of 1,600 million pixels in 191 bytes", page_bomb())
    yield lambda: Hostile("a PDF of 100,000 pages", many_pages(100_000))
    yield lambda: Hostile(
        "a PDF that says it has 100,000 pages", many_pages(1, said=100_000), fine=True
    )
    yield lambda: Hostile("a locked PDF", _pdf(encryption=pikepdf.Encryption(user="a", owner="b")))
    yield lambda: Hostile("a PDF with a script", _script(honest["pdf"]), fine=True)
    yield lambda: Hostile("a PDF with a file inside", _attached(honest["pdf"]), fine=True)
    yield lambda: Hostile(
        "a web page that says it is a PDF", b"<html>%PDF-1.7<script>alert(1)</script></html>"
    )
    yield lambda: Hostile("a JPEG and a PDF in one", honest["jpeg"] + honest["pdf"], fine=True)
    yield lambda: Hostile(
        "a PDF and a zip in one", honest["pdf"] + b"PK\x03\x04" + bytes(500), fine=True
    )
    yield lambda: Hostile("a zip", b"PK\x03\x04" + rng.randbytes(3000))
    yield lambda: Hostile("a program", b"\x7fELF" + rng.randbytes(3000))
    yield lambda: Hostile("an SVG", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
    yield lambda: Hostile("a picture in a PDF that says it is small and is not", lying_picture())
    yield lambda: Hostile("a stream that unpacks to a gigabyte", stream_bomb())
    yield lambda: Hostile("a drawing without end", _endless())
    yield lambda: Hostile("pages that go round in a circle", circle())
    yield lambda: Hostile("a TIFF that goes round in a circle", tiff_circle(), fine=True)
    yield lambda: Hostile("a TIFF of 10^9 pixels", tiff_bomb())
    yield lambda: Hostile(
        "a JPEG that says it has 65,535 x 65,535 pixels", jpeg_bomb(honest["jpeg"])
    )
    yield lambda: Hostile("a TIFF with a wrong ending", honest["tiff"][:-2000])
    yield lambda: Hostile("only the start of a PDF", b"%PDF-1.7\n")
    yield lambda: Hostile("noise that says it is a PNG", b"\x89PNG\r\n\x1a\n" + rng.randbytes(4000))


def _broken(honest: dict[str, bytes], rng: random.Random) -> Hostile:
    """A good scan cut short or with bytes changed; what is left may be read."""
    form = rng.choice(sorted(honest))
    raw = bytearray(honest[form])
    how = rng.choice(["cut short", "with changed bytes", "with a hole", "with a changed head"])
    if how == "cut short":
        raw = raw[: rng.randrange(1, len(raw))]
    elif how == "with changed bytes":
        for _ in range(rng.choice([3, 30, 3000])):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
    elif how == "with a hole":
        start = rng.randrange(len(raw))
        del raw[start : start + rng.randrange(1, 5000)]
    else:
        for _ in range(6):
            raw[rng.randrange(min(400, len(raw)))] = rng.randrange(256)
    return Hostile(f"{form} {how}", bytes(raw), fine=True)


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of one colour, as small as it gets."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    packed = zlib.compress(bytes(width // 8 + 1) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def page_bomb() -> bytes:
    """A PDF of one page that is 200 metres wide."""
    return (
        b"%PDF-1.4\n1 0 obj<</Pages 2 0 R/Type/Catalog>>endobj\n2 0 obj<</Kids[3 0 R]/Count 1/Type/Pages>>endobj\n"
        b"3 0 obj<</Parent 2 0 R/MediaBox[0 0 14400 14400]/Type/Page>>endobj\ntrailer<</Root 1 0 R>>"
    )


def many_pages(count: int, said: int | None = None) -> bytes:
    """A PDF, whole and well made, whose one page stands in its tree so many times, or that says so."""
    kids = b" ".join([b"3 0 R"] * count)
    total = str(said or count).encode()
    objects = (
        b"1 0 obj<</Pages 2 0 R/Type/Catalog>>endobj\n",
        b"2 0 obj<</Kids[" + kids + b"]/Count " + total + b"/Type/Pages>>endobj\n",
        b"3 0 obj<</Parent 2 0 R/MediaBox[0 0 595 842]/Type/Page>>endobj\n",
    )
    raw, places = b"%PDF-1.4\n", []
    for one in objects:
        places.append(len(raw))
        raw += one
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(
        b"%010d 00000 n \n" % at for at in places
    )
    return raw + table + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(raw)


def _pdf(**saving: object) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=A4)
    out = io.BytesIO()
    pdf.save(out, **saving)  # type: ignore[arg-type]
    return out.getvalue()


def _script(raw: bytes) -> bytes:
    with pikepdf.Pdf.open(io.BytesIO(raw)) as pdf:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="while (true) {}")
        pdf.Root.AA = pikepdf.Dictionary(WC=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="/bin/sh"))
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _attached(raw: bytes) -> bytes:
    with pikepdf.Pdf.open(io.BytesIO(raw)) as pdf:
        pdf.attachments["run.exe"] = b"MZ" + bytes(1000)
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _with_picture(body: bytes, **about: object) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=A4)
    picture = pikepdf.Stream(pdf, body)
    for name, value in about.items():
        picture[f"/{name}"] = value
    picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    picture.ColorSpace = pikepdf.Name.DeviceGray
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=picture))
    page.obj.Contents = pikepdf.Stream(pdf, b"q 595 0 0 842 0 0 cm /Im0 Do Q")
    out = io.BytesIO()
    pdf.save(out, compress_streams=False)
    return out.getvalue()


def lying_picture() -> bytes:
    """A JPEG of 200 million pixels, said to be 100 x 100."""
    small = io.BytesIO()
    Image.new("L", (16, 16)).save(small, "JPEG")
    return _with_picture(
        jpeg_bomb(small.getvalue()),
        Width=100,
        Height=100,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )


def stream_bomb() -> bytes:
    """A picture of 1,000 x 1,000 whose stream unpacks to a gigabyte."""
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(10_000_000)) for _ in range(100)) + packer.flush()
    return _with_picture(
        body, Width=1000, Height=1000, BitsPerComponent=8, Filter=pikepdf.Name.FlateDecode
    )


def _endless() -> bytes:
    """A page that draws itself many million times over."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=A4)
    inner, last = b"0 0 500 800 re f\n" * 40, None
    for _ in range(6):
        form = pikepdf.Stream(pdf, inner)
        form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        form.BBox = [0, 0, 595, 842]
        if last is not None:
            form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=last))
        last = pdf.make_indirect(form)
        inner = b"/F Do\n" * 40
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=last))
    page.obj.Contents = pikepdf.Stream(pdf, b"/F Do " * 40)
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def circle() -> bytes:
    """A page tree that holds itself."""
    return (
        b"%PDF-1.4\n1 0 obj<</Pages 2 0 R/Type/Catalog>>endobj\n"
        b"2 0 obj<</Kids[2 0 R 2 0 R]/Count 2/Type/Pages>>endobj\ntrailer<</Root 1 0 R>>"
    )


def tiff_circle() -> bytes:
    """A TIFF whose only directory follows itself."""
    entries = [
        (256, 3, 1, 10),
        (257, 3, 1, 10),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (278, 3, 1, 10),
        (279, 4, 1, 100),
    ]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *one) for one in entries)
    return b"II*\0" + struct.pack("<I", 108) + bytes(100) + body + struct.pack("<I", 108)


def tiff_bomb() -> bytes:
    """A TIFF that says it has 40,000 x 25,000 pixels."""
    entries = [
        (256, 4, 1, 40_000),
        (257, 4, 1, 25_000),
        (258, 3, 1, 1),
        (259, 3, 1, 4),
        (262, 3, 1, 0),
        (273, 4, 1, 8),
        (278, 4, 1, 25_000),
        (279, 4, 1, 100),
    ]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *one) for one in entries)
    return b"II*\0" + struct.pack("<I", 108) + bytes(100) + body + struct.pack("<I", 0)


def jpeg_bomb(raw: bytes) -> bytes:
    """A JPEG whose head says that it has 65,535 x 65,535 pixels."""
    at = raw.index(b"\xff\xc0")
    return raw[: at + 5] + b"\xff\xff\xff\xff" + raw[at + 9 :]
