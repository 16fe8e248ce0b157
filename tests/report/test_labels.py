"""The maps' labels: what is written never covers what else is written."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gangso.planning import plan
from gangso.report.colours import TINTS, colour_map, sequence
from gangso.report.labels import Label, place
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


_PAGE = (0.0, 0.0, 300.0, 400.0)
_COORDINATE = st.floats(0, 300, allow_nan=False)


@st.composite
def _labels(draw: st.DrawFn) -> list[Label]:
    out = []
    for _ in range(draw(st.integers(1, 30))):
        x, y = draw(_COORDINATE), draw(_COORDINATE)
        homes = [(x, y, 0.0), (x + 8, y, 1.0)] if draw(st.booleans()) else []
        size = draw(st.floats(5, 60)), draw(st.floats(4, 15))
        out.append(Label(x, y, *size, homes, optional=draw(st.booleans())))
    return out


@given(_labels(), st.lists(st.tuples(_COORDINATE, _COORDINATE), max_size=3))
def test_no_label_covers_another(labels: list[Label], corners: list[tuple[float, float]]) -> None:
    obstacles = [(x, y, x + 40, y + 20) for x, y in corners]
    placed, left_over = place(labels, _PAGE, obstacles)
    assert sorted([item.index for item in placed] + left_over) == list(range(len(labels)))
    boxes = list(obstacles)
    for item in placed:
        label = labels[item.index]
        box = (
            item.x - label.width / 2,
            item.y - label.height / 2,
            item.x + label.width / 2,
            item.y + label.height / 2,
        )
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= 300
        assert box[3] <= 400
        for other in boxes:
            apart = (
                box[0] >= other[2] or box[2] <= other[0] or box[1] >= other[3] or box[3] <= other[1]
            )
            assert apart
        boxes.append(box)


@given(st.integers(2, 40), st.data())
def test_neighbours_never_share_a_tint(count: int, data: st.DataObject) -> None:
    nodes = [str(number) for number in range(count)]
    node = st.sampled_from(nodes)
    links = data.draw(st.lists(st.tuples(node, node), max_size=2 * count))
    tint = colour_map(nodes, links)
    assert all(tint[a] != tint[b] for a, b in links if a != b)


def test_the_classes_can_be_told_apart_without_hue() -> None:
    for count in range(2, 9):
        light = [
            0.2126 * int(c[1:3], 16) + 0.7152 * int(c[3:5], 16) + 0.0722 * int(c[5:7], 16)
            for c in sequence(count)
        ]
        assert light == sorted(light, reverse=True)
        assert min(a - b for a, b in itertools.pairwise(light)) > 10
    assert len(set(TINTS)) == len(TINTS)


def test_everyone_who_is_alone_is_named(korea: Territory) -> None:
    made = plan(territory=korea)
    figure = alliances_map(korea, made.partition, "ko")
    written = " ".join(
        text.get_text() for text in figure.findobj(match=lambda a: hasattr(a, "get_text"))
    )
    alone = made.partition.membership.query("status == 'alone'").index
    for name in korea.municipalities.loc[alone, "name"]:
        assert name in written
