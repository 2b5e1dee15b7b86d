"""What is fitted to a codec, against a codec whose latents are known exactly."""

from __future__ import annotations

import math

import pytest
import torch

from engine.contract.geometry import Placement
from engine.method.fit_pictures import dead_leaves
from engine.method.fitting import agreeing_pair, is_aligned
from engine.method.footprint import footprint
from engine.method.latent_footprint import LatentFootprint, latent_footprints
from engine.method.noise import draw, drawn_beyond, share
from tests.engine.method.block_codec import BlockCodec

SIZE = (64, 64)
GRID = (16, 16)
PLACES = {
    "twice": Placement(2.0),
    "three times": Placement(3.0),
    "1.7 times": Placement(1.7),
    "aside": Placement(2.0, (0.3, 0.45)),
}
CODEC = BlockCodec()


def fitted(placement: Placement, codec: BlockCodec = CODEC) -> LatentFootprint:
    fit = codec.fit(placement.zoom_factor, is_aligned(placement, GRID), SIZE)
    (place,) = latent_footprints([placement], GRID, SIZE, [fit])
    return place


def relative(difference: torch.Tensor, whole: torch.Tensor) -> float:
    return float((difference.square().mean() / whole.square().mean()).sqrt())


@pytest.mark.parametrize("name", PLACES)
def test_a_parents_latents_are_told_from_its_childs(name: str) -> None:
    placement = PLACES[name]
    parent, child = agreeing_pair(footprint(placement, SIZE), dead_leaves, 64, seed=99)
    place = fitted(placement)
    seen, told = place.crop(CODEC.encode(parent)), place.reduce(CODEC.encode(child))
    limit = 1e-4 if is_aligned(placement, GRID) else 0.1
    assert relative(told - seen, seen) < limit


@pytest.mark.parametrize("name", PLACES)
def test_enlarging_is_undone_by_reducing(name: str) -> None:
    place = fitted(PLACES[name])
    patch = place.crop(torch.randn(32, *GRID))
    assert torch.allclose(place.reduce(place.enlarge(patch)), patch, atol=2e-3)


@pytest.mark.parametrize("name", PLACES)
def test_noise_is_what_noise_of_pixels_would_be(name: str) -> None:
    """The codec is orthonormal, so the noise of pixels is white in latents as well."""
    placement = PLACES[name]
    noise = draw(3, 0, (2, 16 * 40, *GRID), "cpu")
    place = fitted(placement)
    ours = share(noise, [place], drawn_beyond(3, 0, noise.shape, "cpu"))[0]
    codec, pixel_place = CODEC, footprint(placement, SIZE)
    pixels = codec.decode(noise[1].unflatten(0, (-1, 16)))
    seen = pixel_place.reduce_noise(pixels)
    wanted = codec.encode(pixel_place.paste(torch.zeros_like(pixels), seen))
    wanted, got = (place.crop(each).flatten() for each in (wanted, ours.unflatten(0, (-1, 16))))
    alike = float((wanted * got).mean() / (wanted.square().mean() * got.square().mean()).sqrt())
    assert alike > (0.99999 if is_aligned(placement, GRID) else 0.95)


@pytest.mark.parametrize("name", PLACES)
def test_noise_stays_white(name: str) -> None:
    placement = PLACES[name]
    shape = (2, 16 * 120, *GRID)
    noise = draw(5, 0, shape, "cpu")
    parent = share(noise, [fitted(placement)], drawn_beyond(5, 0, shape, "cpu"))[0]
    assert float(parent.std()) == pytest.approx(1.0, abs=0.01)
    for axis in (1, 2):
        length = parent.shape[axis]
        left, right = parent.narrow(axis, 0, length - 1), parent.narrow(axis, 1, length - 1)
        assert abs(float((left * right).mean())) < 0.01
    channels = parent.unflatten(0, (-1, 16)).permute(1, 0, 2, 3).flatten(1)
    covariance = channels @ channels.T / channels.shape[1]
    assert torch.allclose(covariance, torch.eye(16), atol=0.03)


def test_large_maps_give_what_small_ones_give_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chebyshev's polynomials in the place of the whole matrix."""
    placement = PLACES["1.7 times"]
    exact = fitted(placement)
    patch = torch.randn(16, *exact.crop(torch.zeros(16, *GRID)).shape[1:])
    noise = torch.randn(16, *(side + 2 * exact.margin for side in GRID))
    wanted = exact.reduce_noise(noise), exact.enlarge(patch)
    monkeypatch.setattr("engine.method.local_map._SMALL", 0)
    streamed = fitted(placement)
    for got, each in zip(
        (streamed.reduce_noise(noise), streamed.enlarge(patch)), wanted, strict=True
    ):
        assert relative(got - each, each) < 1e-3


def test_slow_waves_of_an_orthonormal_codec_are_those_of_the_pixels() -> None:
    assert fitted(PLACES["twice"]).fit.gain == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("factor", [2.0, 4.0, 8.0])
@pytest.mark.parametrize("offset", [0.0, 3.0])
def test_a_codec_that_tells_nothing_is_not_usable(factor: float, offset: float) -> None:
    """However few equations there are for the weights, and wherever its latents lie."""

    class Scrambled(BlockCodec):
        def encode(self, pixels: torch.Tensor) -> torch.Tensor:
            latents = super().encode(pixels)
            generator = torch.Generator().manual_seed(int(latents.abs().sum() * 1e3))
            return offset + torch.randn(latents.shape, generator=generator)

    assert Scrambled().fit(factor, True, SIZE).unexplained > 0.9
    assert CODEC.fit(factor, True, SIZE).unexplained < 0.1


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0])
def test_a_codec_without_sound_latents_is_not_usable(value: float) -> None:
    class Unsound(BlockCodec):
        def encode(self, pixels: torch.Tensor) -> torch.Tensor:
            return super().encode(pixels) * value

    fit = Unsound().fit(2.0, True, SIZE)
    assert (fit.usable, fit.gain) == (False, 1.0)


def test_the_same_pictures_make_the_same_fit() -> None:
    """Of larger ones than it takes, only a part is looked at."""
    codec = BlockCodec(side=8, channels=4)
    assert codec.fit(2.0, True, (1024, 1024)) is codec.fit(2.0, True, (1024, 768))


def test_a_factor_that_would_need_huge_pictures_is_not_fitted() -> None:
    assert not BlockCodec(side=8, channels=4).fit(60.0, True, (1024, 1024)).usable


@pytest.mark.parametrize("factor", [1.1, 1.7, 2.4])
def test_the_eigenvalues_of_a_large_map_lie_within_its_bounds(
    factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.method.local_map._SMALL", 1 << 26)
    codec = BlockCodec(side=4, channels=1)
    fit = codec.fit(factor, False, (320, 320))
    grid, size = (80, 80), (320, 320)
    (place,) = latent_footprints([Placement(factor, (0.47, 0.52))], grid, size, [fit])
    values = torch.linalg.eigvalsh(place._reduce.matrix.double() @ place._reduce.matrix.double().T)
    low, high = place._reduce._bounds
    assert float(values[-1]) < high
    assert low < max(float(values[0]), 1.01 * high / 100.0)


def test_a_fit_is_the_same_each_time() -> None:
    one, other = (BlockCodec().fit(2.0, True, SIZE) for _ in range(2))
    assert torch.equal(one.reduce, other.reduce)
    assert torch.equal(one.enlarge, other.enlarge)
