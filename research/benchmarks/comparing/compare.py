"""Five methods side by side: the same zooms, the same model, the same machine, in one run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch

from engine.contract.job import SamplerSettings
from engine.method.denoiser import Denoiser
from engine.method.footprint import footprint
from engine.method.nesting import footprints, holding
from engine.models.prompting import texts_for
from engine.models.protocol import Model
from research.training.drawing.images import CONCEPTS, draw

from ..exact.conditional import Resampling
from . import methods
from .chains import Chain
from .continuity import Scale, context, departures, disagreement, scale, seam
from .methods import Made, Zoom
from .recognition import SEED, Judge, recognised

OURS = SamplerSettings()
PAPER = SamplerSettings(solver="ddpm", steps=methods.PAPER_STEPS, blending="uniform")

# The progressive ones are the strongest of their `variants`, by the mean of recognised, context and
# 1 / seam.
METHODS: dict[str, Callable[[Zoom], Made]] = {
    "ours": lambda zoom: methods.joint(zoom, OURS),
    "the paper's": lambda zoom: methods.joint(zoom, PAPER),
    "independent levels": lambda zoom: methods.independent(zoom, OURS),
    "outpainting": lambda zoom: methods.outpainting(zoom, OURS, Resampling()),
    "super-resolution": lambda zoom: methods.super_resolution(zoom, OURS, None, project=True),
}

_PICTURES_A_SUBJECT = 10  # of the scale's single pictures


@dataclass(frozen=True)
class Measured:
    """One stack of one method.

    Attributes:
        seams: of each nesting border.
        disagreements: of each pair of neighbours, in steps of 255.
        departures: of each pair.
        scale: to compare them with.
        recognised: each level.
        evaluations: of the model a level.
    """

    method: str
    chain: str
    seed: int
    seams: list[float]
    disagreements: list[float]
    departures: list[dict[str, float]]
    scale: Scale
    recognised: list[bool]
    evaluations: float
    seconds: float


@dataclass(frozen=True)
class Figures:
    """A method over all its stacks; see the functions of ``continuity`` and ``recognition``."""

    stacks: int
    seam: float
    disagreement: float
    context: float
    colour: float
    light: float
    direction: float
    recognised: float
    evaluations: float
    seconds: float


def compare(
    model: Model,
    chains: Sequence[Chain],
    seeds: Sequence[int],
    judge: Judge,
    chosen: dict[str, Callable[[Zoom], Made]] | None = None,
    workers: int = 1,
) -> Iterator[tuple[Chain, int, dict[str, Made], list[Measured]]]:
    """Make every zoom with every method and measure it; yields after each chain and seed.

    Args:
        workers: zooms made at the same time, a thread each. Seconds are then those of a machine
            that is busy with the others, alike for all methods.
    """
    size = model.native_size
    singles = single_pictures()
    shown = (singles.shape[-1], singles.shape[-2])
    guidance = model.default_guidance

    def read(chain: Chain) -> Zoom:
        holds = holding(len(chain.levels), chain.loop)

        def bound(holds: Sequence[bool]) -> tuple[Denoiser, list[Denoiser]]:
            """With all prompts, and with each alone, of levels that hold the next one or not."""
            texts = texts_for(model.vocabulary, chain.prompts, [""] * len(holds), holds)
            with torch.inference_mode():
                each = [
                    model.condition([text], [avoided], guidance)
                    for text, avoided in zip(*texts, strict=True)
                ]
                return model.condition(*texts, guidance), each

        together, each_holding = bound(holds)
        alone, each_alone = bound([False] * len(holds))
        return Zoom(
            together=together,
            alone=alone,
            each_holding=each_holding,
            each_alone=each_alone,
            placements=chain.placements,
            size=size,
            seed=0,
            context_strength=model.default_context,
            loop=chain.loop,
        )

    def make(work: tuple[Chain, Zoom]) -> tuple[Chain, int, dict[str, Made], list[Measured]]:
        chain, zoom = work
        seed = zoom.seed
        known = scale(singles, footprint(chain.placements[1], shown))
        made, rows = {}, []
        for name, method in (chosen or METHODS).items():
            made[name] = method(zoom)
            rows.append(measure(name, chain, seed, made[name], known, judge))
        return chain, seed, made, rows

    # Prompts are read before: while transformers loads, it changes classes for all threads.
    zooms = [
        (chain, replace(zoom, seed=seed))
        for chain, zoom in zip(chains, map(read, chains), strict=True)
        for seed in seeds
    ]
    # torch's number of threads is each thread's own: without this every one would take all cores.
    with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield from pool.map(make, zooms)


def measure(
    method: str, chain: Chain, seed: int, made: Made, known: Scale, judge: Judge
) -> Measured:
    """All measures of one stack."""
    height, width = made.levels.shape[-2:]
    nesting = footprints(chain.placements, (width, height))
    pairs = list(zip(made.levels[:-1], nesting, strict=True))
    return Measured(
        method=method,
        chain=chain.title,
        seed=seed,
        seams=[seam(parent, place) for parent, place in pairs],
        disagreements=disagreement(made.estimates, nesting),
        departures=[departures(parent, place) for parent, place in pairs],
        scale=known,
        recognised=recognised(judge, made.levels, chain.subjects),
        evaluations=made.evaluations,
        seconds=made.seconds,
    )


def figures(rows: Sequence[Measured]) -> Figures:
    """A method's figures over its stacks: every border, pair and level counts alike."""
    shares = context([(pair, row.scale) for row in rows for pair in row.departures])
    return Figures(
        stacks=len(rows),
        # The logarithm's mean: a seam twice and one half as strong make no seam on average.
        seam=math.exp(_mean([math.log(each) for row in rows for each in row.seams])),
        disagreement=_mean([each for row in rows for each in row.disagreements]),
        recognised=_mean([float(each) for row in rows for each in row.recognised]),
        evaluations=_mean([row.evaluations for row in rows]),
        seconds=_mean([row.seconds for row in rows]),
        **shares,
    )


def errors(rows: Sequence[Measured]) -> dict[str, float]:
    """Standard errors of the figures over stacks, by the jackknife; none of a single stack."""
    if len(rows) < 2:
        return {}
    left_out = [vars(figures([*rows[:index], *rows[index + 1 :]])) for index in range(len(rows))]
    result = {}
    for name in ("seam", "disagreement", "context", "colour", "light", "direction", "recognised"):
        values = np.asarray([each[name] for each in left_out])
        result[name] = float(np.sqrt((len(rows) - 1) * values.var()))
    return result


def single_pictures(count: int = _PICTURES_A_SUBJECT) -> torch.Tensor:
    """(n, 3, 64, 64), -1 to 1: pictures of one scale each, neighbours of different subjects."""
    rng = np.random.default_rng((SEED, 1))
    drawn = [draw(rng, subject)[0] for _ in range(count) for subject in CONCEPTS]
    return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).float() * 2.0 - 1.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
