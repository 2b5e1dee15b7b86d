"""The upscalers side by side: each picture by all of them, one after another, in one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from engine.contract.geometry import Placement
from engine.contract.job import BUNDLED_SECOND, LANCZOS, THEN
from engine.method.nesting import footprints
from engine.models.upscaling import Lanczos, Upscaler
from engine.pictures.colour import Bytes, Floats
from engine.run.finishing import final_pictures

from ..comparing.continuity import seam
from .candidates import Watched
from .measures import drift, gmsd, halo, inside_to_outside, psnr, sharpness
from .pictures import SampledZoom, Truth, level_name

ALONE = ", network alone"
"""After an upscaler's name: before the back projection."""

AS_SAMPLED = "not enlarged"
"""In the place of an upscaler's name: a zoom at the size at which it was sampled."""

ORIGINAL = "the original"


@dataclass(frozen=True)
class Likeness:
    """One true picture, reduced and enlarged again; see ``measures``.

    Attributes:
        upscaler: or ``ORIGINAL``, whose figures are those of a perfect upscaler.
        psnr: None of the original.
        seconds: None where they are another row's.
    """

    picture: str
    upscaler: str
    psnr: float | None
    gmsd: float
    sharpness: float
    drift: float
    halo: float
    seconds: float | None


@dataclass(frozen=True)
class Sharpening:
    """One level of the first stage enlarged, of which no true picture is known.

    Attributes:
        side: in pixels, of the enlarged picture.
        sharpness: relative to Lanczos at the same size.
        seconds: with the level's share of the second stage.
    """

    picture: str
    upscaler: str
    side: int
    sharpness: float
    drift: float
    halo: float
    seconds: float


@dataclass(frozen=True)
class Border:
    """One level as it is finished, around the border of the level in it.

    Attributes:
        ratio: ``measures.inside_to_outside``.
        seam: ``continuity.seam``.
    """

    picture: str
    upscaler: str
    side: int
    ratio: float
    seam: float


@dataclass(frozen=True)
class Enlarged:
    """What one upscaler made of all pictures, and the seconds that each took."""

    pictures: list[Floats]
    seconds: list[float]


def likeness(
    truths: Sequence[Truth], upscalers: Sequence[Watched]
) -> tuple[list[Likeness], dict[str, list[Floats]]]:
    """Enlarge what the true pictures were reduced to, and compare.

    Returns:
        the figures, and the pictures by what enlarged them.
    """
    rows: list[Likeness] = []
    made: dict[str, list[Floats]] = {}

    def judge(true: Truth, name: str, picture: Floats, seconds: float | None) -> None:
        rows.append(
            Likeness(
                picture=true.name,
                upscaler=name,
                psnr=None if name == ORIGINAL else psnr(picture, true.large),
                gmsd=gmsd(picture, true.large),
                sharpness=sharpness(picture, true.large),
                drift=drift(picture, true.small),
                halo=halo(picture, true.small),
                seconds=seconds,
            )
        )
        made.setdefault(name, []).append(picture)

    for true in truths:
        judge(true, ORIGINAL, true.large, None)
        for upscaler in upscalers:
            upscaler.forget()
            picture = upscaler.resize(true.small, (true.large.shape[1], true.large.shape[0]))
            if upscaler.raw:
                judge(true, upscaler.name + ALONE, upscaler.raw[0], None)
            judge(true, upscaler.name, picture, upscaler.seconds[0])
    return rows, made


def enlarged(
    pictures: Sequence[Floats], upscalers: Sequence[Watched], side: int
) -> dict[str, Enlarged]:
    """Each picture by itself, brought to a size."""
    for upscaler in upscalers:
        upscaler.forget()
    for picture in pictures:
        for upscaler in upscalers:
            upscaler.resize(picture, (side, side))
    return {each.name: Enlarged(each.made, each.seconds) for each in upscalers}


def finished(
    zoom: SampledZoom, upscalers: Sequence[Watched], side: int
) -> tuple[dict[str, Enlarged], dict[str, list[Bytes]]]:
    """The second stage's levels as the engine finishes them.

    Returns:
        as a job names them: what the upscalers made of the levels, and the pictures in which each
        level holds the next.
    """
    levels, pictures = {}, {}
    for upscaler in upscalers:
        upscaler.forget()
        name = after_stage(upscaler.name)
        pictures[name] = _pictures(zoom, side, upscaler)
        # The engine begins with the deepest level.
        seconds = [zoom.seconds / len(zoom.large) + own for own in reversed(upscaler.seconds)]
        levels[name] = Enlarged(upscaler.made[::-1], seconds)
    return levels, pictures


def as_sampled(zoom: SampledZoom) -> tuple[Enlarged, list[Bytes]]:
    """The second stage's levels at their own size, and with each holding the next."""
    count = len(zoom.large)
    levels = [true.large for true in zoom.truths()]
    own = Enlarged(levels, [zoom.seconds / count] * count)
    return own, _pictures(zoom, zoom.large.shape[-1], Lanczos())


def sharpening(small: Sequence[Floats], levels: dict[str, Enlarged]) -> list[Sharpening]:
    """What has become of the first stage's levels.

    Args:
        levels: by what enlarged them, Lanczos among these.
    """
    return [
        Sharpening(
            picture=level_name(number),
            upscaler=name,
            side=picture.shape[1],
            sharpness=sharpness(picture, levels[LANCZOS].pictures[number]),
            drift=drift(picture, small[number]),
            halo=halo(picture, small[number]),
            seconds=each.seconds[number],
        )
        for name, each in levels.items()
        for number, picture in enumerate(each.pictures)
    ]


def borders(placements: Sequence[Placement], pictures: dict[str, list[Bytes]]) -> list[Border]:
    """All levels that hold another, by what enlarged them."""
    rows = []
    for name, levels in pictures.items():
        side = levels[0].shape[1]
        for number, place in enumerate(footprints(placements, (side, side))):
            picture = levels[number].astype(np.float32) / np.float32(255.0)
            channels_first = torch.from_numpy(picture.transpose(2, 0, 1) * 2.0 - 1.0)
            rows.append(
                Border(
                    picture=level_name(number),
                    upscaler=name,
                    side=side,
                    ratio=inside_to_outside(picture, place),
                    seam=seam(channels_first, place),
                )
            )
    return rows


def after_stage(upscaler: str) -> str:
    """How a job names the second stage and what goes on from it."""
    return BUNDLED_SECOND if upscaler == LANCZOS else f"{BUNDLED_SECOND}{THEN}{upscaler}"


def _pictures(zoom: SampledZoom, side: int, upscaler: Upscaler) -> list[Bytes]:
    """Widest first."""
    return [
        picture
        for _, picture in sorted(
            final_pictures(zoom.large, zoom.placements, (side, side), upscaler),
            key=lambda indexed: indexed[0],
        )
    ]
