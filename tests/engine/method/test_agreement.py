"""Levels of latents in agreement: what is given stays, and what is not does not show."""

from __future__ import annotations

import pytest
import torch

from engine.contract.errors import ZoomStackError
from engine.contract.geometry import Placement
from engine.contract.job import SamplerSettings
from engine.method.agreement import Agreed, agreement
from engine.method.footprint import footprint
from engine.method.latent_footprint import Fit
from engine.method.pinning import Pin, surrounded
from engine.method.sampler import sample
from tests.engine.method.block_codec import BlockCodec

SIZE = (64, 64)


class Wiener:
    """The best estimate of latents that are white."""

    channels = 16

    def __init__(self) -> None:
        self.codec = BlockCodec()

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return z / (1.0 + sigma.view(-1, 1, 1, 1) ** 2)


@pytest.mark.parametrize("usable", [True, False])
@pytest.mark.parametrize("focus", [(0.5, 0.5), (0.4, 0.6), (0.31, 0.42)])
def test_what_a_kept_level_showed_where_the_next_one_lies_is_gone(
    focus: tuple[float, float], usable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fit, "usable", property(lambda _: usable))
    placements = [Placement(), Placement(2.0, focus)]
    place = footprint(placements[1], SIZE)
    mask = torch.ones(1, *SIZE)
    place.crop(mask).fill_(0.0)
    ring = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(2)) - 0.5

    def made(shown: float) -> torch.Tensor:
        target = torch.where(mask > 0, ring, torch.full_like(ring, shown))
        pin = Pin(0, target, mask, sampled=False)
        settings = SamplerSettings(steps=8)
        return sample(Wiener(), placements, size=SIZE, seed=5, settings=settings, pins=[pin])

    light, dark = made(1.0), made(-1.0)
    assert torch.allclose(light, dark, atol=1e-4)
    grey = ring.mean(0)
    assert torch.allclose(light[0].mean(0)[mask[0] > 0], grey[mask[0] > 0], atol=1e-3)


def test_surroundings_go_on_where_nothing_is_given() -> None:
    picture = torch.linspace(-1.0, 1.0, 32).expand(3, 24, 32).clone()
    mask = torch.ones(1, 24, 32)
    mask[:, 8:16, 10:20] = 0.0
    hidden = torch.where(mask > 0, picture, torch.full_like(picture, 9.0))
    went_on = surrounded(hidden, mask)
    assert torch.equal(went_on[:, :8], picture[:, :8])
    assert float((went_on - picture).abs().max()) < 0.25
    assert torch.equal(surrounded(picture, torch.zeros(1, 24, 32)), torch.zeros_like(picture))


def test_sides_that_are_no_whole_blocks_are_refused() -> None:
    with pytest.raises(ZoomStackError, match="multiples of 4"):
        sample(Wiener(), [Placement(), Placement(2.0)], size=(66, 64), seed=1)


def test_one_level_is_decoded_only_when_it_is_seen() -> None:
    denoiser = Wiener()
    sample(denoiser, [Placement()], size=SIZE, seed=1, settings=SamplerSettings(steps=24))
    assert denoiser.codec.visits == 6


def test_where_pixels_are_seen_fits_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a few rounds of fitted maps leave of the latents' grid, pixels do not inherit."""
    placements = [Placement(), Placement(2.0), Placement(1.7, (0.4, 0.6))]
    latents = torch.randn(3, 16, 16, 16, generator=torch.Generator().manual_seed(1))

    def agreed(usable: bool) -> Agreed:
        monkeypatch.setattr(Fit, "usable", property(lambda _: usable))
        levels = agreement(BlockCodec(), placements, SIZE, False, SamplerSettings(), [], "cpu")
        return levels.agree(latents, 2.0, True, None)

    fitted, not_fitted = agreed(True), agreed(False)
    assert torch.equal(fitted.x, not_fitted.x)
    assert torch.equal(fitted.picture, not_fitted.picture)
    assert fitted.carried is not None
    assert not_fitted.carried is None
