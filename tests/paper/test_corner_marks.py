"""The corner marks are those of AprilTag 36h11, so that any reader of that family finds them."""

import cv2
import numpy as np

from forms.paper.corner_marks import CELLS, MARGIN, MATRICES, QUIET, SIDE, dark_areas, marks, svg
from forms.paper.layout import HEIGHT, WIDTH


def test_the_bits_are_those_of_the_dictionary() -> None:
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    for id, matrix in enumerate(MATRICES):
        drawn = cv2.aruco.generateImageMarker(dictionary, id, CELLS, borderBits=1)
        ours = np.array([[0 if cell == "#" else 255 for cell in row] for row in matrix])
        assert (drawn == ours).all(), id


def test_they_stand_in_their_corners_with_white_around() -> None:
    placed = [(mark.area.x, mark.area.y) for mark in marks()]
    right, bottom = WIDTH - MARGIN - SIDE, HEIGHT - MARGIN - SIDE
    assert placed == [(MARGIN, MARGIN), (right, MARGIN), (right, bottom), (MARGIN, bottom)]
    assert 12 <= MARGIN <= 15
    assert SIDE == 10
    assert QUIET >= SIDE / CELLS  # the family asks for one cell


def test_what_is_drawn_is_found_again() -> None:
    scale = 8
    page = np.full((int(HEIGHT * scale), int(WIDTH * scale)), 255, np.uint8)
    for mark in marks():
        for area in dark_areas(mark):
            top, left = round(area.y * scale), round(area.x * scale)
            page[top : round((area.y + area.height) * scale),
                 left : round((area.x + area.width) * scale)] = 0  # fmt: skip
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    corners, ids, _ = cv2.aruco.ArucoDetector(dictionary).detectMarkers(page)
    assert sorted(ids.ravel()) == [0, 1, 2, 3]
    for found, id in zip(corners, ids.ravel(), strict=True):
        area = marks()[id].area
        assert np.allclose(found[0][0], [area.x * scale, area.y * scale], atol=2)


def test_the_svg_has_a_square_for_each_black_cell() -> None:
    assert svg(2).count("<rect") == sum(row.count("#") for row in MATRICES[2])
