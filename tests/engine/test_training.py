"""The picture program and the training of the bundled model, as far as a minute shows."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
import torch

from training.fields import UNITS, blur, canvas, canvas_side, grid, hillshade, noise, patch, warp
from training.images import CONCEPTS, draw, make_set
from training.measure import HUES, mean_hue
from training.optimiser import Muon, orthogonal
from training.train_second import HELD_OUT, SecondStage
from training.trainer import Schedule


@pytest.mark.parametrize("concept", list(CONCEPTS))
def test_every_subject_is_drawn_at_both_sizes(concept: str) -> None:
    for size in (64, 256):
        image, drawing = draw(np.random.default_rng(3), concept, size)
        assert image.shape == (size, size, 3) and np.isfinite(image).all()
        assert 0 <= image.min() < image.max() <= 1
        assert drawing.kind


def test_lengths_are_in_units_whatever_the_width() -> None:
    rng = np.random.default_rng(0)
    small = blur(noise(rng, 1.5), 4.0)  # smooth, so that enlarging it loses nothing
    large = np.repeat(np.repeat(small, 2, 0), 2, 1)

    def halved(field: np.ndarray) -> np.ndarray:
        return field.reshape(UNITS, 2, UNITS, 2).mean((1, 3))

    assert np.abs(halved(blur(large, 3.0)) - blur(small, 3.0)).max() < 0.02
    shift = np.full_like(small, 5.0)
    shifted = warp(large, *(np.full_like(large, 5.0),) * 2)
    inner = slice(0, UNITS - 8)
    assert np.abs(halved(shifted) - warp(small, shift, shift))[inner, inner].max() < 0.02
    light = (0.4, 0.7, 5.0)
    smooth_large = blur(large, 1.0)
    shade, expected = halved(hillshade(smooth_large, *light)), hillshade(blur(small, 1.0), *light)
    assert np.abs(shade - expected)[4:-4, 4:-4].max() < 0.05


def test_a_canvas_ends_with_its_block() -> None:
    with canvas(256):
        assert canvas_side() == 256 and grid()[0].shape == (256, 256)
        rows, columns = patch(0.0, 0.5, 0.25)
        assert rows.start <= 160 and rows.stop >= 224
        assert columns.start <= 96 and columns.stop >= 160
    assert canvas_side() == UNITS and grid()[0].shape == (UNITS, UNITS)


@pytest.mark.parametrize("shape", [(16, 40), (40, 16), (3, 200)])
def test_muon_brings_singular_values_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape) @ torch.randn(shape[1], shape[1])))
    assert values.min() > 0.3 and values.max() < 1.3


def test_muon_learns_what_a_convolution_does() -> None:
    torch.manual_seed(0)
    wanted, layer = torch.nn.Conv2d(4, 8, 3), torch.nn.Conv2d(4, 8, 3)
    optimiser = Muon([layer.weight], 0.02, 0.0)
    layer.bias.data.copy_(wanted.bias)
    losses = []
    for _ in range(120):
        x = torch.randn(8, 4, 6, 6)
        loss = (layer(x) - wanted(x)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_training_of_the_second_stage_goes_on_where_it_stopped(tmp_path: Path) -> None:
    make_set(HELD_OUT + 8, 1, tmp_path / "data")  # 64 px do for this
    begin = functools.partial(SecondStage, 2, 32, tmp_path / "data")

    def train(minutes: float) -> SecondStage:
        (tmp_path / "run").mkdir(exist_ok=True)
        schedule = Schedule(minutes, 1e-3, 1, 1)
        trainer = begin(schedule, tmp_path / "run", torch.device("cpu"), 0)
        trainer.train()
        return trainer

    first = train(0.02)
    second = train(0.05)
    assert second.step > first.step >= 1 and second.seen == 2 * second.step
    assert 1.2 <= first.spent < 3.0 <= second.spent


def test_hues_are_told_from_pictures() -> None:
    for word, colour in {"red": (1, 0, 0), "yellow": (1, 0.9, 0), "blue": (0.1, 0.4, 0.9)}.items():
        picture = np.broadcast_to(np.asarray(colour, np.float32), (1, 4, 4, 3))
        assert abs((mean_hue(picture) - HUES[word] + 180) % 360 - 180) < 8
