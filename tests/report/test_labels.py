"""The maps' labels: what is written never covers what else is written."""

import itertools

import pytest

from gangso.planning import plan
from gangso.report.maps import alliances_map, diagnosis_map
from gangso.report.sheet import png_bytes, svg_bytes
from gangso.territory.model import Territory


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_alliance_heads_do_not_overlap(korea: Territory, lang: str) -> None:
    made = plan(territory=korea)
    figure = alliances_map(korea, made.partition, lang)
    figure.canvas.draw()  # type: ignore[no-untyped-call, unused-ignore]
    wanted = set(made.partition.alliances.index)
    heads = [text for text in figure.findobj(match=lambda a: hasattr(a, "get_text"))
             if text.get_text() in wanted and text.axes is not None]  # fmt: skip
    boxes = [text.get_window_extent() for text in heads]
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)


def test_figures_are_the_same_bytes_twice(korea: Territory) -> None:
    made = plan(territory=korea)
    pictures = []
    for _ in range(2):
        figure = diagnosis_map(korea, made.diagnosis, "ko")
        pictures.append((svg_bytes(figure), png_bytes(figure, 50)))
    assert pictures[0] == pictures[1]
