"""The four corner marks of a page: AprilTag 36h11, ids 0 to 3, ten millimetres of black with white around.

The bits are the dictionary's own (8 x 8 cells with the black border, '#' is black); tests/paper/test_corner_marks.py
holds them against cv2.aruco's. Which corner a mark stands in is told by its id, so that a page upside down, or one of
which a corner was cut off, is still known: 0 top left, 1 top right, 2 bottom right, 3 bottom left, also on pages that
are read from right to left.
"""

from __future__ import annotations

from forms.paper.layout import HEIGHT, WIDTH, Area, Mark

#: Side of the black square.
SIDE = 10.0
#: From the edge of the paper to the black square. Printers leave 3 to 6 mm white and feeders slip by 2 mm.
MARGIN = 12.5
#: White that is kept around the square: one and a half of its cells and the blur of a copier.
QUIET = 2.5
CELLS = 8

MATRICES: tuple[tuple[str, ...], ...] = (
    ("########", "###.####", "##..#.##", "####.#.#", "####..##", "#.#...##", "#.#.#..#", "########"),
    ("########", "#.##.###", "#.#..#.#", "####..##", "###....#", "#...#.##", "##..#..#", "########"),
    ("########", "##...###", "###.####", "#.##.###", "######.#", "##.##.##", "#...#..#", "########"),
    ("########", "####..##", "##.##..#", "#.##.#.#", "#...##.#", "#...####", "#.##...#", "########"),
)  # fmt: skip


def marks() -> tuple[Mark, ...]:
    """The marks of every page, by id."""
    left, right = MARGIN, WIDTH - MARGIN - SIDE
    top, bottom = MARGIN, HEIGHT - MARGIN - SIDE
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return tuple(Mark(id, Area(x, y, SIDE, SIDE)) for id, (x, y) in enumerate(corners))


def dark_areas(mark: Mark) -> tuple[Area, ...]:
    """The black parts of a mark as rectangles on its page, each as wide as the black goes on."""
    cell = mark.area.width / CELLS
    found = []
    for row, cells in enumerate(MATRICES[mark.id]):
        start = 0
        while start < CELLS:
            end = start
            while end < CELLS and cells[end] == "#":
                end += 1
            if end > start:
                x, y = mark.area.x + start * cell, mark.area.y + row * cell
                found.append(Area(x, y, (end - start) * cell, cell))
            start = end + 1
    return tuple(found)


def svg(id: int) -> str:
    """A mark as SVG, one unit a cell: for pages that explain it, and for tests."""
    rows = "".join(
        f'<rect x="{x}" y="{y}" width="1" height="1"/>'
        for y, cells in enumerate(MATRICES[id])
        for x, cell in enumerate(cells)
        if cell == "#"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CELLS} {CELLS}"'
        f' shape-rendering="crispEdges">{rows}</svg>'
    )
