"""The progressive baselines in several forms, from which the strongest were taken.

``python -m research.benchmarks compare --variants`` measures them; ``compare.METHODS`` holds the
choice.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.contract.job import SamplerSettings

from ..exact.conditional import Resampling
from . import methods
from .methods import Made, Zoom

_SETTINGS = SamplerSettings()


def _outpainting(resampling: Resampling) -> Callable[[Zoom], Made]:
    return lambda zoom: methods.outpainting(zoom, _SETTINGS, resampling)


def _super_resolution(start_sigma: float | None, project: bool) -> Callable[[Zoom], Made]:
    return lambda zoom: methods.super_resolution(zoom, _SETTINGS, start_sigma, project)


VARIANTS: dict[str, Callable[[Zoom], Made]] = {
    "outpainting, no jumps": _outpainting(Resampling()),
    "outpainting, 2 turns": _outpainting(Resampling(2)),
    "outpainting, 4 turns": _outpainting(Resampling(4)),
    "super-resolution, projected": _super_resolution(None, True),
    "super-resolution, projected from sigma 2": _super_resolution(2.0, True),
    "super-resolution, SDEdit 0.5": _super_resolution(0.5, False),
    "super-resolution, SDEdit 1": _super_resolution(1.0, False),
    "super-resolution, SDEdit 2": _super_resolution(2.0, False),
    "super-resolution, SDEdit 4": _super_resolution(4.0, False),
    "super-resolution, SDEdit 8": _super_resolution(8.0, False),
}
