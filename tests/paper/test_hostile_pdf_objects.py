"""PDFs in which one object has a type or a value that it should not have.

R1 Each is read or refused with a problem of the catalogue, whatever the library raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.paper.opening import UnreadableError
from sync.paper.pages import Limits
from sync.paper.pdf_pages import PdfScans

VALUES = (
    "null", "true", "5", "-5", "1.5", "(x)", "/N", "[1 2]", "<< /A 1 >>", "[]", "<<>>", "9" * 20, "1e400",
)  # fmt: skip
FILTERS = ("/FlateDecode", "/DCTDecode", "[]", "/CCITTFaxDecode", "/LZWDecode")
#: A page that is one picture of 2 x 2 grey points; each name may be exchanged.
GOOD = {
    "pages": "2 0 R", "kids": "[3 0 R]", "count": "1", "box": "[0 0 200 200]", "contents": "4 0 R",
    "resources": "<< /XObject << /I 5 0 R >> >>", "pictures": "", "annotations": "", "kind": "/Image", "width": "2",
    "height": "2", "space": "/DeviceGray", "bits": "8", "parameters": "null", "filter": "/FlateDecode",
}  # fmt: skip


def pdf(**changes: str) -> bytes:
    """The good page with some of its objects exchanged; without a table of places, which readers make anew."""
    at = {**GOOD, **changes}
    resources = f"<< /XObject {at['pictures']} >>" if at["pictures"] else at["resources"]
    annotations = f"/Annots {at['annotations']}" if at["annotations"] else ""
    return f"""%PDF-1.4
1 0 obj << /Type /Catalog /Pages {at["pages"]} >> endobj
2 0 obj << /Type /Pages /Kids {at["kids"]} /Count {at["count"]} >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox {at["box"]} /Contents {at["contents"]} /Resources {resources} {annotations} >> endobj
4 0 obj << /Length 30 >> stream
q 100 0 0 100 0 0 cm /I Do Q %
endstream endobj
5 0 obj << /Type /XObject /Subtype {at["kind"]} /Width {at["width"]} /Height {at["height"]} /ColorSpace {at["space"]} /BitsPerComponent {at["bits"]} /DecodeParms {at["parameters"]} /Filter {at["filter"]} /Length 4 >> stream
abcd
endstream endobj
trailer << /Root 1 0 R /Size 6 >>
""".encode()


def exchanged(filtered: str) -> Iterator[bytes]:
    """The page with each of its objects exchanged for each value."""
    for name in GOOD:
        for value in VALUES:
            yield pdf(**{"filter": filtered, name: value})


@pytest.mark.parametrize("filtered", FILTERS)
def test_any_object_may_be_another_R1(tmp_path: Path, filtered: str) -> None:
    path = tmp_path / "scan.pdf"
    ends = {"read": 0, "refused": 0}
    for raw in exchanged(filtered):
        path.write_bytes(raw)
        try:
            scans = PdfScans(path, Limits())
            for index in range(min(scans.count, 2)):
                scans.page(index)
            ends["read"] += 1
        except UnreadableError:
            ends["refused"] += 1
    assert min(ends.values()) > 0, ends
