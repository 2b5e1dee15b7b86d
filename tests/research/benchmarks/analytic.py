"""Zooms and pictures whose answer is known, in the place of a diffusion model and its pictures."""

from __future__ import annotations

import torch

from engine.contract.job import SamplerSettings
from engine.method.footprint import Footprint
from engine.method.nesting import footprints
from research.benchmarks.comparing import methods
from research.benchmarks.exact import worlds
from tests.engine.nestings import chain

SIZE = (32, 32)
LEVELS = 3
SETTINGS = SamplerSettings(steps=12)


class Quiet:
    """A world whose pictures keep well within -1 and 1, so that no value is clipped."""

    def __init__(self, world: worlds.FieldWorld, scale: float = 0.1) -> None:
        self.world, self.scale, self.channels = world, scale, world.channels
        self.codec = world.codec

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return self.scale * self.world.predict_x0(z / self.scale, sigma / self.scale)


def zoom(levels: int = LEVELS, seeds: int = 3, factor: float = 2.0) -> methods.Zoom:
    def bound(count: int) -> Quiet:
        return Quiet(worlds.gaussian(count, SIZE, seeds))

    together, each = bound(levels), [bound(1)] * levels
    return methods.Zoom(together, together, each, each, chain(levels, factor), SIZE, seed=4)


def big_pictures(count: int, side: int, seed: int = 0) -> torch.Tensor:
    """(count, 3, side, side): fields with colours of their own, as steep as pictures are."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.fft.fft2(torch.randn(count, 3, side, side, generator=generator), norm="ortho")
    field = torch.fft.ifft2(noise * worlds.spectrum(side, side).sqrt(), norm="ortho").real
    return (0.5 * field + 0.4 * torch.randn(count, 3, 1, 1, generator=generator)).float()


def zooms(count: int, side: int = 64) -> torch.Tensor:
    """(count, 3 levels, 3, side, side): views of one big picture each, at a factor of 2."""
    big = big_pictures(count, 4 * side)
    views = []
    for times in (4, 2, 1):
        border = (4 * side - times * side) // 2
        view = big[..., border : border + times * side, border : border + times * side]
        views.append(torch.nn.functional.avg_pool2d(view, times))
    return torch.stack(views, dim=1)


def nesting(side: int = 64) -> list[Footprint]:
    return footprints(chain(LEVELS, 2.0), (side, side))


class Model:
    """The exact world in the place of a diffusion model."""

    name, revision, native_size, default_guidance = "exact", "0", (64, 64), 1.0
    default_context = 1.0
    second_stage = None
    vocabulary = None

    def condition(self, prompts, _negative_prompts, _guidance_scale):
        return Quiet(worlds.gaussian(len(prompts), self.native_size, seeds=3), 0.3)


class OneName:
    """A judge that takes everything for a galaxy."""

    plain = nested = 1.0

    def names(self, levels):
        return ["galaxy"] * len(levels)
