"""A reading child that never finishes the second page of a file: for the test of what happens then."""

from __future__ import annotations

from sync.paper import child
from sync.paper.page_reading import PageImage, PageReader
from sync.paper.pages import ReadPage

_read = PageReader.read


def _slow(self: PageReader, index: int, image: PageImage) -> ReadPage:
    while index == 1:
        pass
    return _read(self, index, image)


if __name__ == "__main__":
    PageReader.read = _slow  # type: ignore[method-assign]
    child.main()
