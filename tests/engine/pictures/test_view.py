"""The reference view."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.stack import read_stack
from engine.pictures.view import render_view


def _stack(folder, pictures, levels=None, **top):
    for k, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{k}.png")
    levels = levels or [{} for _ in pictures]
    data = {
        "version": 1,
        "levels": [{"image": f"{k}.png", **level} for k, level in enumerate(levels)],
        **top,
    }
    (folder / "stack.json").write_text(json.dumps(data))
    return read_stack(folder)


def _flat(value, size=(64, 64)):
    return np.full((size[1], size[0], 3), value, np.uint8)


def _noise(seed, size=(64, 64)):
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)


def test_a_flat_picture_stays_exactly_flat(tmp_path):
    stack = _stack(tmp_path, [_flat(137), _flat(137)])
    for magnification in (1.0, 1.37, 2.0, 7.0):
        frame = render_view(stack, magnification, (40, 40))
        assert (frame[4:-4, 4:-4] == 137).all()


def test_the_frame_is_the_largest_rectangle_of_its_aspect(tmp_path):
    picture = _flat(0)
    picture[:16] = 255  # a white band in the top quarter lies outside a 2:1 frame
    stack = _stack(tmp_path, [picture])
    assert render_view(stack, 1.0, (64, 32))[2:].max() < 10
    assert render_view(stack, 1.0, (32, 64))[1:13].min() > 245


def test_a_child_fades_in_over_three_quarters_of_its_octaves(tmp_path):
    stack = _stack(tmp_path, [_flat(0), _flat(255)], display={"feather": 0.0, "fade": 0.75})
    centre = (slice(14, 18), slice(14, 18))
    light = [
        ((render_view(stack, 2.0**z, (32, 32))[centre].mean() / 255 + 0.055) / 1.055) ** 2.4
        for z in (0.1875, 0.375, 0.75)
    ]
    assert light == pytest.approx([0.25, 0.5, 1.0], abs=0.01)
    assert render_view(stack, 1.0, (32, 32))[centre].max() == 0


def test_light_is_averaged_not_code_values(tmp_path):
    stripes = _flat(0)
    stripes[:, ::2] = 255
    frame = render_view(_stack(tmp_path, [stripes]), 1.0, (16, 16))
    assert frame[4:-4, 4:-4].mean() == pytest.approx(188, abs=2)  # half the light


def test_the_deepest_levels_own_view_shows_its_picture(tmp_path):
    pictures = [_noise(k) for k in range(3)]
    levels = [{}, {"focus": [0.3, 0.6]}, {"zoom_factor": 3.0, "focus": [0.6, 0.35]}]
    stack = _stack(tmp_path, pictures, levels, display={"feather": 0.0, "fade": 0.75})
    frame = render_view(stack, 6.0, (256, 256))
    middle = frame[2::4, 2::4].astype(float)
    correlation = np.corrcoef(middle.ravel(), pictures[2].ravel())[0, 1]
    assert correlation > 0.93


def test_forty_levels_deep_it_still_shows_the_deepest(tmp_path):
    pictures = [_noise(k, (16, 16)) for k in range(40)]
    levels = [{}, *[{"zoom_factor": 4.0, "focus": [0.4, 0.55]}] * 39]
    stack = _stack(tmp_path, pictures, levels, display={"feather": 0.0, "fade": 0.75})
    frame = render_view(stack, 4.0**39, (64, 64))
    middle = frame[2::4, 2::4].astype(float)
    assert np.corrcoef(middle.ravel(), pictures[39].ravel())[0, 1] > 0.93


@pytest.mark.parametrize("magnification", [0.5, -1.0, float("nan"), float("inf")])
def test_a_magnification_below_one_is_refused(tmp_path, magnification):
    stack = _stack(tmp_path, [_flat(0)])
    with pytest.raises(ZoomStackError, match="must be 1 or more"):
        render_view(stack, magnification, (16, 16))


def test_a_picture_that_is_none_is_named(tmp_path):
    stack = _stack(tmp_path, [_flat(0), _flat(1)])
    (tmp_path / "1.png").write_bytes(b"not a picture")
    with pytest.raises(ZoomStackError, match=r"1\.png cannot be read"):
        render_view(stack, 2.0, (16, 16))


LOOPS = {
    "centred": [{"zoom_factor": 3.0}, {}, {"zoom_factor": 4.0}],
    "off centre": [
        {"zoom_factor": 2.5, "focus": [0.55, 0.4]},
        {"focus": [0.4, 0.6]},
        {"zoom_factor": 4.0, "focus": [0.3, 0.7]},
    ],
    "at a soft border": [{"focus": [0.74, 0.31]}, {"focus": [0.4, 0.5]}, {"focus": [0.3, 0.5]}],
    "inside itself": [{"zoom_factor": 2.5, "focus": [0.6, 0.55]}],
}


def _loop(folder, levels, turns=0, sizes=((64, 64),), **display):
    """A loop; with ``turns`` the same zoom written out, so many times, as an ordinary stack."""
    count = len(levels)
    written = [k % count for k in range(max(turns, 1) * count)]
    pictures = [_noise(k, sizes[k % len(sizes)]) for k in written]
    placed = [dict(levels[k]) for k in written]
    return _stack(folder, pictures, placed, **({} if turns else {"loop": True}), display=display)


def _octaves(levels):
    return sum(np.log2(level.get("zoom_factor", 2.0)) for level in levels)


def _difference(first, second):
    return np.abs(first.astype(int) - second.astype(int)).max()


@pytest.mark.parametrize("fade", [0.75, 0.2])
@pytest.mark.parametrize("levels", LOOPS.values(), ids=LOOPS.keys())
def test_a_loop_is_the_middle_of_a_stack_that_repeats(tmp_path, levels, fade):
    (tmp_path / "loop").mkdir()
    (tmp_path / "written").mkdir()
    loop = _loop(tmp_path / "loop", levels, fade=fade, feather=0.06)
    turns = 5 if len(levels) < 3 else 3
    written = _loop(tmp_path / "written", levels, turns=turns, fade=fade, feather=0.06)
    turn = _octaves(levels)
    for share in (0.0, 0.1, 0.35, 0.6, 0.99, 1.0):
        seen = render_view(loop, 2.0 ** (share * turn), (48, 36))
        middle = render_view(written, 2.0 ** ((turns // 2 + share) * turn), (48, 36))
        assert _difference(seen, middle) <= 1, share


@pytest.mark.parametrize("sizes", [((64, 64),), ((64, 48), (40, 40), (64, 40))])
@pytest.mark.parametrize("levels", LOOPS.values(), ids=LOOPS.keys())
@pytest.mark.parametrize("display", [{}, {"fade": 0.0, "feather": 0.2}])
def test_a_loop_repeats_without_a_jump(tmp_path, levels, sizes, display):
    stack = _loop(tmp_path, levels, sizes=sizes, **display)
    turn = _octaves(levels)
    # Just after the turn's end, where a rounding error cannot lead to just before it.
    for octaves in (1e-6, 0.4, turn - 0.3):
        here = render_view(stack, 2.0**octaves, (40, 40))
        for turns in (1, 90):
            again = render_view(stack, 2.0 ** (octaves + turns * turn), (40, 40))
            assert _difference(here, again) <= 1
    before = render_view(stack, 2.0 ** (turn - 1e-6), (40, 40))
    assert _difference(before, render_view(stack, 1.0, (40, 40))) <= 1


def test_where_every_focus_is_at_one_corner_hardly_anything_jumps(tmp_path):
    levels = [{"focus": [0.74, 0.26]}] * 3
    stack = _loop(tmp_path, levels)
    before = render_view(stack, 2.0 ** (_octaves(levels) - 1e-6), (40, 40)).astype(int)
    jump = np.abs(before - render_view(stack, 1.0, (40, 40)))
    assert jump.max() <= 16
    assert jump.mean() < 0.3


def test_only_a_loop_begins_again(tmp_path):
    levels = [{"zoom_factor": 4.0}, {}]
    stack = _stack(tmp_path, [_noise(0), _noise(1)], levels)
    assert _difference(render_view(stack, 8.0, (32, 32)), render_view(stack, 1.0, (32, 32))) > 50
