"""The measures of enlarged pictures, where the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from engine.contract.geometry import Placement
from engine.method.footprint import Footprint, footprint
from engine.models.upscaling import Lanczos
from engine.pictures.back_projection import back_projected
from research.benchmarks.comparing.continuity import seam
from research.benchmarks.upscaling import measures
from research.benchmarks.upscaling.pictures import truth


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((*shape, 3), np.float32)


def smooth(*shape: int) -> np.ndarray:
    small = 0.2 + 0.6 * noise(*(side // 16 for side in shape))
    return Lanczos().resize(small, (shape[1], shape[0]))


def child(placement: Placement, side: int = 128) -> Footprint:
    return footprint(placement, (side, side))


def test_a_known_error_has_a_known_psnr():
    grey = np.full((8, 8, 3), 0.5, np.float32)
    assert measures.psnr(grey + np.float32(0.1), grey) == pytest.approx(20.0, abs=1e-4)
    assert measures.psnr(grey, grey) == math.inf


def test_gmsd_is_0_for_equal_pictures_and_for_a_change_of_brightness_and_grows_with_blur():
    picture = noise(64, 64)
    assert measures.gmsd(picture, picture) == 0.0
    assert measures.gmsd(picture * np.float32(0.5) + 0.1, picture * np.float32(0.5)) < 1e-6
    blurred = [Lanczos().resize(truth("", None, smooth(64, 64)).small, (64, 64))]
    blurred.append(np.full_like(blurred[0], 0.5))
    found = [measures.gmsd(each, smooth(64, 64)) for each in blurred]
    assert 0.0 < found[0] < found[1]


def test_gmsd_of_one_edge_that_is_lost():
    # A step of 1 in a picture of 64 columns: at half size Prewitt sees it, with magnitude 1, in two
    # of 30 columns, where the similarity to nothing is c / (1 + c); elsewhere it is 1.
    step = np.zeros((64, 64, 3), np.float32)
    step[:, 32:] = 1.0
    c = 170.0 / 255.0**2
    share = 2 / 30
    lost = 1.0 - c / (1.0 + c)
    expected = lost * math.sqrt(share * (1.0 - share))
    assert measures.gmsd(np.zeros_like(step), step) == pytest.approx(expected, rel=1e-6)


def test_sharpness_is_1_of_equal_pictures_and_follows_the_contrast():
    picture = noise(32, 48)
    assert measures.sharpness(picture, picture) == 1.0
    assert measures.sharpness(picture * np.float32(0.25), picture) == pytest.approx(0.25)


def test_a_true_picture_does_not_drift_and_another_does_by_its_difference():
    true = truth("", None, 0.2 + 0.6 * noise(64, 96))
    assert measures.drift(true.large, true.small) < 1e-4
    shifted = true.large + np.float32(5 / 255)
    assert measures.drift(shifted, true.small) == pytest.approx(5.0, abs=1e-3)
    assert measures.drift(back_projected(shifted, true.small), true.small) < 1.0


def test_a_halo_is_what_goes_beyond_the_small_pixels_around():
    small = smooth(32, 32)
    repeated = small.repeat(4, axis=0).repeat(4, axis=1)
    assert measures.halo(repeated, small) == 0.0
    repeated[40, 40] = small[9:12, 9:12].max(axis=(0, 1)) + np.float32(0.1)
    beyond = 25.5 / math.sqrt(128 * 128)
    assert measures.halo(repeated, small) == pytest.approx(beyond, rel=1e-4)
    repeated[40, 40] = small[9:12, 9:12].min(axis=(0, 1)) - np.float32(0.1)
    assert measures.halo(repeated, small) == pytest.approx(beyond, rel=1e-4)


@pytest.mark.parametrize(
    "placement", [Placement(2.0), Placement(4.0, (0.68, 0.36)), Placement(2.0, (0.25, 0.5))]
)
def test_noise_is_as_rough_inside_as_outside(placement):
    found = [
        measures.inside_to_outside(noise(128, 128, seed=seed), child(placement))
        for seed in range(4)
    ]
    assert np.mean(found) == pytest.approx(1.0, abs=0.02)


def test_a_child_of_half_the_contrast_is_half_as_rough_inside():
    parent = noise(128, 128)
    parent[32:96, 32:96] *= np.float32(0.5)
    assert measures.inside_to_outside(parent, child(Placement(2.0))) == pytest.approx(0.5, rel=0.03)


def test_the_border_itself_is_neither_inside_nor_outside():
    ramp = np.linspace(0.0, 1.0, 128, dtype=np.float32)
    parent = np.stack([np.add.outer(ramp, ramp) / 4.0] * 3, axis=-1)
    parent[32:96, 32:96] += np.float32(0.5)
    assert measures.inside_to_outside(parent, child(Placement(2.0))) == pytest.approx(1.0, rel=1e-4)


def test_a_planted_step_is_a_seam():
    place = child(Placement(2.0))
    parent = torch.zeros(3, 128, 128)
    parent[:, 32:96, 32:96] = 2 * 9 / 255
    # Nothing beside it, and one step of 255 is added to both.
    assert seam(parent, place) == pytest.approx(10.0, rel=1e-4)
    assert seam(torch.zeros(3, 128, 128), place) == 1.0
