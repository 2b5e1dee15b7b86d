"""The exact yardstick in latents: one row of figures for each codec, shape and grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

import torch

from engine.contract.geometry import Placement
from engine.contract.job import DEFAULT_STEPS, SamplerSettings
from engine.method import noise, rounds
from engine.method import sampler as engine_sampler
from engine.method.footprint import Footprint
from engine.method.nesting import footprints, render_with
from engine.method.rounds import Visits
from engine.method.sampler import StepReport, sample

from . import measures
from .grids import log
from .latent_worlds import BlockCode, BlockCodec, LatentWorld
from .limits import figures
from .worlds import FieldWorld, MeanPrior, spectrum

_LATE = 14.6  # where SD's and SDXL's grid begins
VISIT = 1.5  # one decode and two encodes, in SDXL's steps with guidance; counted at 1024 px
PLAIN_STEPS = 30


@dataclass(frozen=True)
class LatentCase:
    """What one row measures.

    Attributes:
        first: the first noise level; the grid falls from there to 0.01, uniformly in log.
        focus: of every level, in its parent.
    """

    code: BlockCode = field(default_factory=BlockCode)
    levels: int = 4
    factor: float = 2.0
    focus: tuple[float, float] = (0.5, 0.5)
    first: float = 80.0
    settings: SamplerSettings = field(default_factory=lambda: SamplerSettings(steps=24))

    @property
    def side(self) -> int:
        """Pixels of a level, to each side: sixteen blocks."""
        return 16 * self.code.side

    @property
    def sigmas(self) -> list[float]:
        return log(self.settings.steps or DEFAULT_STEPS, self.first)

    def placements(self, shift: int = 0) -> list[Placement]:
        """Moved by so many pixels."""
        focus = tuple(each + shift / self.side for each in self.focus)
        child = Placement(self.factor, (focus[0], focus[1]))
        return [Placement(), *[child] * (self.levels - 1)]


def measure_latents(case: LatentCase, seeds: int = 192) -> dict[str, Any]:
    """One row: all worlds sampled with one setting."""
    placements = case.placements()
    nesting = footprints(placements, (case.side, case.side))
    deeper = case.levels - 1
    plain, unblended, made = _run(case, [MeanPrior()] * case.levels, seeds)
    alone, _, _ = _run(replace(case, levels=1), [MeanPrior()], seeds)
    informed, _, _ = _run(
        case, [MeanPrior((1.0,), 0.05), *[MeanPrior((0.0,), 1.0)] * deeper], seeds
    )
    apart = [MeanPrior((0.2 * (-1) ** i,), 0.2) for i in range(case.levels)]
    clash, _, _ = _run(case, apart, seeds)
    modes = [MeanPrior((-0.6, 0.6), 0.15)] * case.levels
    either, _, _ = _run(case, modes, seeds)
    agreement, purity = measures.classes_of(either, modes)
    return {
        "kept": f"{case.code.kept}/{case.code.side**2}",
        "error": case.code.error,
        "levels": case.levels,
        "factor": case.factor,
        "focus": list(case.focus),
        "first": case.first,
        "seeds": seeds,
        "rounds": made,
        "power": measures.power(plain),
        "power_alone": measures.power(alone)[0],
        "agreement": measures.agreement(unblended, nesting),
        "seam": measures.seam(plain, nesting),
        "context": measures.context(informed),
        "conflict": measures.conflict_of(clash, apart),
        "class_agreement": agreement,
        "purity": purity,
    }


def difference_from_pixels(case: LatentCase, seeds: int = 16) -> float:
    """The largest difference of a pixel from what the sampler of pixels makes of the same noise.

    Where noise is made in pixels and every round is seen in them, latents that keep everything are
    only another way to write pixels.
    """
    priors = [MeanPrior((-0.6, 0.6), 0.15)] * case.levels
    size = (case.side, case.side)
    placements = case.placements()
    nesting = footprints(placements, size)
    latents = LatentWorld(case.code, priors, case.side, seeds)
    codec = latents.codec
    drawn_size = (case.side // case.code.side,) * 2

    def drawn_in_latents(seed: Any, round_: int, shape: Sequence[int], device: Any) -> torch.Tensor:
        shape = (shape[0], latents.channels, *drawn_size)
        return codec.decode(noise.draw(seed, round_, shape, device))

    def shared_in_pixels(own: torch.Tensor, *_: Any) -> torch.Tensor:
        return codec.encode(noise.share(codec.decode(own), nesting))

    def run(world: LatentWorld | FieldWorld) -> torch.Tensor:
        settings, sigmas = case.settings, case.sigmas
        return sample(world, placements, size=size, seed=1, settings=settings, sigmas=sigmas)

    with mock.patch.object(engine_sampler, "draw", drawn_in_latents):
        in_pixels = run(FieldWorld(priors, size, seeds))
    with (
        mock.patch.object(engine_sampler, "share", shared_in_pixels),
        mock.patch.object(codec, "fit", return_value=None),
    ):
        in_latents = run(latents)
    return float((in_latents - in_pixels).abs().max())


def measure_visits(case: LatentCase, visits: Visits, seeds: int = 48) -> dict[str, Any]:
    """What the border and the context cost: a few figures of other rounds in pixels."""
    nesting = footprints(case.placements(), (case.side, case.side))
    deeper = [MeanPrior((0.0,), 1.0)] * (case.levels - 1)
    with mock.patch.object(rounds, "VISITS", visits):
        plain, unblended, _ = _run(case, [MeanPrior()] * case.levels, seeds)
        informed, _, _ = _run(case, [MeanPrior((1.0,), 0.05), *deeper], seeds)
    count = len(visits.below) + visits.last
    return {
        "factor": case.factor,
        "focus": list(case.focus),
        "visits": count,
        "below": list(visits.below),
        "cost": count * VISIT / PLAIN_STEPS,
        "seam": measures.seam(plain, nesting),
        "agreement": measures.agreement(unblended, nesting),
        "context": measures.context(informed),
    }


def measure_lossy(case: LatentCase, seeds: int = 192) -> dict[str, Any]:
    """How a codec that drops detail shows, averaged over all positions of its grid.

    - *step*: the border's gradient over that of the same model's levels, each sampled alone, at the
      same place;
    - *detail*: mean gradient inside a footprint over that outside, beside the coded truth's.
    """
    steps, details, truths = [], [], []
    alone, _, _ = _run(replace(case, levels=1), [MeanPrior()], seeds)
    for shift in range(case.code.side):
        placements = case.placements(shift)
        nesting = footprints(placements, (case.side, case.side))
        levels, _, _ = _run(case, [MeanPrior()] * case.levels, seeds, shift)
        truth = coded_truth(case.code, nesting, case.side, seeds)
        for index, place in enumerate(nesting):
            steps.append(measures.step(levels[index], place) / measures.step(alone[0], place))
            details.append(_detail(levels[index], place))
            truths.append(_detail(truth[index], place))
    mean = sum(steps) / len(steps)
    return {
        "kept": f"{case.code.kept}/{case.code.side**2}",
        "factor": case.factor,
        "first": case.first,
        "seeds": seeds,
        "step": mean,
        "detail": sum(details) / len(details),
        "truth": sum(truths) / len(truths),
    }


def coded_truth(
    code: BlockCode, nesting: Sequence[Footprint], side: int, seeds: int
) -> torch.Tensor:
    """(N, seeds, H, W): true levels that agree, coded once, and nested."""
    generator = torch.Generator().manual_seed(2)

    def fields() -> torch.Tensor:
        noise = torch.randn(1, seeds, side, side, generator=generator)
        waves = torch.fft.fft2(noise, norm="ortho") * spectrum(side, side).sqrt()
        made: torch.Tensor = torch.fft.ifft2(waves, norm="ortho").real.float()
        return made

    levels = [fields()]
    for place in nesting:
        detail = fields()
        child = place.enlarge(place.crop(levels[-1])) + detail
        levels.append(child - place.enlarge(place.reduce(detail)))
    codec = BlockCodec(code)
    return render_with(codec.decode(codec.encode(torch.cat(levels))), nesting)


def misses(row: dict[str, Any]) -> list[str]:
    """Where a row of ``measure_latents`` falls short, in words; none where it holds."""
    # A decoder that errs enlarges waves by itself: what was sampled alone shows how much.
    own = row["power_alone"] if row["error"] else (1.0, 1.0, 1.0)
    low, middle, high = ([level[i] / own[i] for level in row["power"]] for i in range(3))
    late = row["first"] <= _LATE
    checks = [
        ("power low", min(low) >= 0.85, min(low)),
        ("power low over alone", not row["error"] or max(low) <= 1.05, max(low)),
        ("power middle", min(middle) >= 0.9 and max(middle) <= 1.15, (min(middle), max(middle))),
        ("power high", min(high) >= 0.9 and max(high) <= 1.15, (min(high), max(high))),
        ("context", row["context"][0] >= (0.9 if late else 0.93), row["context"][0]),
        ("conflict", row["conflict"] <= 7.0, row["conflict"]),
        ("class agreement", row["class_agreement"] >= 0.95, row["class_agreement"]),
        ("purity", row["purity"] >= (0.8 if late else 0.9), row["purity"]),
        ("seam", row["seam"] <= 1.08, row["seam"]),
        ("agreement", row["agreement"] <= 0.006, row["agreement"]),
    ]
    return [f"{name} {figures(value)}" for name, holds, value in checks if not holds]


def misses_lossy(row: dict[str, Any]) -> list[str]:
    """The same of ``measure_lossy``."""
    checks = [
        ("step", row["step"] <= 1.05, row["step"]),
        ("detail", abs(row["detail"] / row["truth"] - 1.0) <= 0.1, row["detail"] / row["truth"]),
    ]
    return [f"{name} {value:.4g}" for name, holds, value in checks if not holds]


def _run(
    case: LatentCase, priors: Sequence[MeanPrior], seeds: int, shift: int = 0
) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Levels, the model's own last estimates in pixels, and how many rounds it took."""
    world = LatentWorld(case.code, priors, case.side, seeds)
    reports: list[int] = []

    def count(report: StepReport) -> None:
        reports.append(report.step)

    levels = sample(
        world,
        case.placements(shift),
        size=(case.side, case.side),
        seed=1,
        settings=case.settings,
        sigmas=case.sigmas,
        on_step=count,
    )
    return levels, world.codec.decode(world.x0), len(reports)


def _detail(parent: torch.Tensor, place: Footprint) -> float:
    """Mean gradient inside a footprint over that outside; what touches the border left out."""
    down = (parent[..., 1:, :] - parent[..., :-1, :]).abs().mean((0, 1) if parent.ndim > 3 else 0)
    inside = torch.zeros(parent.shape[-2:], dtype=torch.bool)
    place.crop(inside).fill_(True)
    both, neither = inside[1:] & inside[:-1], ~inside[1:] & ~inside[:-1]
    return float(down[both].mean() / down[neither].mean())
