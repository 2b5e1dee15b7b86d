"""Five ways to make the same zoom with the same model.

Joint sampling twice (ours and the paper's), and what people do without it: every level by itself,
outpainting from the deepest level outwards, super-resolution from the widest level inwards. The
two progressive ones use the solver, the steps and the guidance of ours.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from engine.contract.geometry import Placement
from engine.contract.job import SamplerSettings
from engine.method.codec import Codec
from engine.method.denoiser import Denoiser, OwnGrid
from engine.method.footprint import Footprint
from engine.method.nesting import footprints, render_with
from engine.method.sampler import sample

from ..exact.conditional import Given, Resampling, Start, sample_given

PAPER_STEPS = 256


@dataclass(frozen=True)
class Zoom:
    """What is to be made.

    Attributes:
        together: the model bound to all N prompts, as levels that hold the next one, where they do.
        alone: the model bound to all N prompts, as pictures that hold nothing.
        each_holding: N of them, each bound to one prompt as ``together`` has it.
        each_alone: N of them, each bound to one prompt as ``alone`` has it.
        size: (width, height) of every level.
        seed: decides all noise.
        context_strength: as the model recommends it; the default rule's.
        loop: the deepest level holds level 0; of the methods that sample together and alone only.
    """

    together: Denoiser
    alone: Denoiser
    each_holding: Sequence[Denoiser]
    each_alone: Sequence[Denoiser]
    placements: Sequence[Placement]
    size: tuple[int, int]
    seed: int
    context_strength: float = 1.0
    loop: bool = False

    @property
    def nesting(self) -> list[Footprint]:
        return footprints(self.placements, self.size, self.loop)


@dataclass(frozen=True)
class Made:
    """What a method made of a zoom.

    Attributes:
        levels: (N, C, H, W), nested: Π_image is the last thing that every method does.
        estimates: (N, C, H, W) in pixels, the model's own last estimate of each level, before
            anything was blended, projected or pasted.
        evaluations: of the model a level; guidance, which runs the network twice, counts once.
        seconds: of sampling, prompts not counted.
    """

    levels: torch.Tensor
    estimates: torch.Tensor
    evaluations: float
    seconds: float


class Watched:
    """Passes a denoiser through, counts its pictures and keeps its last estimate."""

    def __init__(self, denoiser: Denoiser, codec: Codec | None = None) -> None:
        self.denoiser = denoiser
        self.channels = denoiser.channels
        self.codec = codec or denoiser.codec
        if isinstance(denoiser, OwnGrid):
            self.noise_levels = denoiser.noise_levels
        self.pictures = 0
        self.x0 = torch.empty(0)

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        self.pictures += len(z)
        self.x0 = self.denoiser.predict_x0(z, sigma)
        return self.x0


def joint(zoom: Zoom, settings: SamplerSettings) -> Made:
    """All levels together: ours with the default settings, the paper's with its own."""
    watched = Watched(zoom.together)
    settings = replace(settings, context_strength=zoom.context_strength)
    started = time.perf_counter()
    levels = sample(
        watched,
        zoom.placements,
        size=zoom.size,
        seed=zoom.seed,
        settings=settings,
        loop=zoom.loop,
    )
    return _made(zoom, levels, _estimates([watched]), [watched], started)


def independent(zoom: Zoom, settings: SamplerSettings) -> Made:
    """Every prompt sampled alone; the levels meet only when they are pasted."""
    watched = Watched(zoom.alone)
    started = time.perf_counter()
    levels = sample_given(
        watched,
        lambda x0: x0,
        count=len(zoom.placements),
        size=zoom.size,
        seed=zoom.seed,
        settings=settings,
    )
    return _made(zoom, levels, _estimates([watched]), [watched], started)


def outpainting(zoom: Zoom, settings: SamplerSettings, resampling: Resampling) -> Made:
    """Deepest level first; each wider one is sampled around the reduced deeper picture.

    The deeper picture is kept exactly, at every step; RePaint's jumps back let what is around it
    adapt.
    """
    watched = [Watched(denoiser) for denoiser in zoom.each_holding]
    started = time.perf_counter()
    levels: list[torch.Tensor] = []
    for index in range(len(watched) - 1, -1, -1):
        keep = around(zoom.nesting[index], levels[0]) if levels else _nothing
        picture = sample_given(
            watched[index],
            keep,
            count=1,
            size=zoom.size,
            seed=level_seed(zoom.seed, index),
            settings=settings,
            # There is nothing to adapt to in the deepest level.
            resampling=resampling if levels else None,
        )
        levels.insert(0, picture[0])
    return _made(zoom, torch.stack(levels), _estimates(watched), watched, started)


def super_resolution(
    zoom: Zoom, settings: SamplerSettings, start_sigma: float | None, project: bool
) -> Made:
    """Widest level first; each deeper one is sampled as a sharper view of its parent's crop.

    Args:
        start_sigma: begin with the enlarged crop and this much noise (SDEdit); None begins with
            noise alone.
        project: whether the level, reduced, must equal the crop exactly, at every step.
    """
    watched = [Watched(denoiser) for denoiser in zoom.each_alone]
    started = time.perf_counter()
    levels: list[torch.Tensor] = []
    for index, denoiser in enumerate(watched):
        place = zoom.nesting[index - 1] if levels else None
        start: Start | None = None
        given: Given = _nothing
        if place is not None:
            crop = place.crop(levels[-1])[None]
            if start_sigma is not None:
                start = Start(place.enlarge(crop), start_sigma)
            if project:
                given = inside(place, levels[-1])
        picture = sample_given(
            denoiser,
            given,
            count=1,
            size=zoom.size,
            seed=level_seed(zoom.seed, index),
            settings=settings,
            start=start,
        )
        levels.append(picture[0])
    return _made(zoom, torch.stack(levels), _estimates(watched), watched, started)


def around(place: Footprint, deeper: torch.Tensor) -> Given:
    """Keeps the reduced deeper level (C, H, W) in the footprint of pictures (1, C, H, W)."""
    known = place.reduce(deeper)[None]
    return lambda x0: place.paste(x0, known)


def inside(place: Footprint, wider: torch.Tensor) -> Given:
    """Keeps pictures (1, C, H, W) equal, once reduced, to the crop of the wider level (C, H, W).

    The projection x0 + U (crop - R x0) with R U = 1, as in ``engine.method.pinning``: null-space
    sampling (DDNM, Wang et al. 2023) with the engine's smooth U.
    """
    crop = place.crop(wider)[None]
    return lambda x0: x0 + place.enlarge(crop - place.reduce(x0))


def level_seed(seed: int, index: int) -> int:
    """Noise of its own for a level that is sampled by itself."""
    return seed * 1000 + index


def _nothing(x0: torch.Tensor) -> torch.Tensor:
    return x0


@torch.inference_mode()
def _estimates(watched: Sequence[Watched]) -> torch.Tensor:
    return torch.cat([denoiser.codec.decode(denoiser.x0) for denoiser in watched])


def _made(
    zoom: Zoom,
    levels: torch.Tensor,
    estimates: torch.Tensor,
    watched: Sequence[Watched],
    started: float,
) -> Made:
    rendered = render_with(levels.clamp(-1.0, 1.0), zoom.nesting)
    return Made(
        levels=rendered,
        estimates=estimates,
        evaluations=sum(denoiser.pictures for denoiser in watched) / len(levels),
        seconds=time.perf_counter() - started,
    )
