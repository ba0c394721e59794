"""The map of the départements."""

import re

from allant.geography import departement_paths, departements, map_view_box


def test_one_shape_for_each_of_the_101_departements() -> None:
    shapes = departement_paths()
    assert set(shapes) == {code for code, place in departements().items() if place.zone != "com"}
    assert {code for code, shape in shapes.items() if shape.inset} == {"971", "972", "973", "974", "976"}


def test_shapes_stand_inside_the_view_box() -> None:
    left, top, width, height = (float(number) for number in map_view_box().split())
    for shape in departement_paths().values():
        points = re.findall(r"(-?[\d.]+)[, ](-?[\d.]+)", shape.path)
        assert len(points) >= 1, shape.code
        assert all(left <= float(x) <= left + width and top <= float(y) <= top + height for x, y in points), shape.code
