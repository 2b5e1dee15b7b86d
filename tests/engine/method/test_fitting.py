"""What is fitted to a codec, against a codec whose latents are known exactly."""

from __future__ import annotations

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
    inside = ~place.partly()
    wanted, got = (place.crop(each.unflatten(0, (-1, 16)) if each.ndim == 3 else each)
                   for each in (wanted, ours))  # fmt: skip
    assert bool(inside.any())
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


def test_a_codec_that_tells_nothing_is_not_usable() -> None:
    class Scrambled(BlockCodec):
        def encode(self, pixels: torch.Tensor) -> torch.Tensor:
            latents = super().encode(pixels)
            generator = torch.Generator().manual_seed(int(latents.abs().sum() * 1e3))
            return torch.randn(latents.shape, generator=generator)

    fit = Scrambled().fit(2.0, True, SIZE)
    assert not fit.usable
    assert CODEC.fit(2.0, True, SIZE).usable


def test_a_fit_is_the_same_each_time() -> None:
    one, other = (BlockCodec().fit(2.0, True, SIZE) for _ in range(2))
    assert torch.equal(one.reduce, other.reduce)
    assert torch.equal(one.enlarge, other.enlarge)
