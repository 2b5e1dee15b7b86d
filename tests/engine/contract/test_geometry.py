"""Where levels lie in wider ones."""

from __future__ import annotations

import pytest

from engine.contract.geometry import Placement, levels_between, place_along


@pytest.mark.parametrize(
    ("wider", "deeper", "way"),
    [
        (0, 1, [1]),
        (0, 3, [1, 2, 3]),
        (2, 1, [3, 0, 1]),
        (3, 0, [0]),
        (1, 1, [2, 3, 0, 1]),
    ],
)
def test_the_way_to_a_deeper_level_may_lead_through_a_loops_end(
    wider: int, deeper: int, way: list[int]
) -> None:
    assert levels_between(wider, deeper, count=4) == way


def test_a_loop_of_one_level_holds_itself() -> None:
    assert levels_between(0, 0, count=1) == [0]


def test_a_place_is_the_sum_of_the_steps_to_it() -> None:
    way = [Placement(2.0, (0.25, 0.75)), Placement(4.0, (0.5, 0.25))]
    # The first lies in the lower left quarter; the second is centred a quarter of that above it.
    assert place_along(way) == (0.25, 0.625, 0.125)
    assert place_along(way[:1]) == (0.25, 0.75, 0.5)


def test_a_level_is_its_own_place() -> None:
    assert place_along([]) == (0.5, 0.5, 1.0)
