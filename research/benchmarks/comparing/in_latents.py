"""Ways to make the same zoom with a model of latents, the stand-in of ``research.training.latent``.

Its pictures are compared at the judge's 64 px.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import torch
from torch.nn import functional

from engine.contract.job import SamplerSettings
from engine.method import rounds
from engine.method.latent_footprint import Fit

from ..exact.conditional import Resampling
from . import methods
from .methods import Made, Zoom

SMALL = 64  # pixels to each side of what the judge knows
_OURS = SamplerSettings(steps=30)  # Stable Diffusion's own number
_FAINT = 0.015  # the bundled model's context strength


def _all_in_pixels(zoom: Zoom) -> Made:
    """Nothing fitted and nothing repeated: noise shared channel by channel, rounds in pixels."""
    unusable = mock.patch.object(Fit, "usable", property(lambda _: False))
    with unusable, mock.patch.object(rounds, "LATE", 0.0):
        return methods.joint(zoom, _OURS)


def _faintly(zoom: Zoom) -> Made:
    return methods.joint(replace(zoom, context_strength=_FAINT), _OURS)


def _uniform(zoom: Zoom) -> Made:
    return methods.joint(zoom, replace(_OURS, blending="uniform"))


def _small(method: Callable[[Zoom], Made]) -> Callable[[Zoom], Made]:
    """Whose pictures have the judge's size."""

    def run(zoom: Zoom) -> Made:
        made = method(zoom)
        levels, estimates = map(_reduced, (made.levels, made.estimates))
        return replace(made, levels=levels, estimates=estimates)

    return run


def _reduced(pictures: torch.Tensor) -> torch.Tensor:
    return functional.avg_pool2d(pictures, pictures.shape[-1] // SMALL)


METHODS: dict[str, Callable[[Zoom], Made]] = {
    "ours": _small(lambda zoom: methods.joint(zoom, _OURS)),
    "ours, context strength 0.015": _small(_faintly),
    "all in pixels, nothing fitted": _small(_all_in_pixels),
    "the paper's rule": _small(_uniform),
    "independent levels": _small(lambda zoom: methods.independent(zoom, _OURS)),
    "outpainting": _small(lambda zoom: methods.outpainting(zoom, _OURS, Resampling())),
}
"""For one zoom at a time: what is taken out of the engine is taken out for all threads."""
