"""Measures of sampled stacks, (N, seeds, H, W)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.method.footprint import Footprint

from .worlds import FieldWorld, MeanPrior, spectrum


def power(levels: torch.Tensor, windowed: bool = False) -> list[list[float]]:
    """Sampled power over the field's true power in the low, middle and high third, per level.

    Args:
        windowed: through a Hann window, which the borders of the picture do not disturb.
    """
    height, width = levels.shape[-2:]
    true = spectrum(height, width)
    window = torch.ones(height, width, dtype=torch.float64)
    if windowed:
        window = torch.outer(
            torch.hann_window(height, dtype=torch.float64),
            torch.hann_window(width, dtype=torch.float64),
        )
        leak = torch.fft.fft2(window).abs() ** 2 / (height * width) ** 2
        spread = torch.fft.fft2(true) * torch.fft.fft2(leak)
        true = torch.fft.ifft2(spread).real
    pictures = levels.double() - levels.double().mean(dim=(-2, -1), keepdim=True)
    seen = torch.fft.fft2(pictures * window, norm="ortho").abs() ** 2
    rows = torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    columns = torch.fft.fftfreq(width, dtype=torch.float64)[None, :]
    radius = torch.sqrt(rows**2 + columns**2) / 0.5
    thirds = [(0.0, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1.0)]
    least = 3.0 / min(height, width) if windowed else 0.0
    result = []
    for level in seen.mean(dim=1):
        shares = []
        for low, high in thirds:
            ring = (radius > max(low, least)) & (radius <= high)
            shares.append(float((level[ring] / true[ring]).mean()))
        result.append(shares)
    return result


def agreement(x0: torch.Tensor, nesting: Sequence[Footprint]) -> float:
    """Worst root mean square difference between neighbours' views of the same place."""
    differences = [
        place.crop(x0[i]) - place.reduce(x0[(i + 1) % len(x0)]) for i, place in enumerate(nesting)
    ]
    return max(float(d.square().mean().sqrt()) for d in differences)


def seam(levels: torch.Tensor, nesting: Sequence[Footprint]) -> float:
    """Worst mean gradient across a nesting border over the mean gradient inside it.

    Measured in the parent: its own pixels on one side, the child's reduced on the other.
    """
    return max(_border_gradient(levels[i], place) for i, place in enumerate(nesting))


def _border_gradient(parent: torch.Tensor, place: Footprint) -> float:
    rows, columns = place.rows, place.columns
    top, bottom = rows.start, rows.start + rows.count
    left, right = columns.start, columns.start + columns.count
    down = (parent[..., 1:, :] - parent[..., :-1, :]).abs()
    across = (parent[..., :, 1:] - parent[..., :, :-1]).abs()
    inside = torch.cat(
        [
            down[..., top : bottom - 1, left:right].flatten(),
            across[..., top:bottom, left : right - 1].flatten(),
        ]
    )
    return step(parent, place) / float(inside.mean())


def step(parent: torch.Tensor, place: Footprint) -> float:
    """Mean gradient across a nesting border."""
    rows, columns = place.rows, place.columns
    top, bottom = rows.start, rows.start + rows.count
    left, right = columns.start, columns.start + columns.count
    down = (parent[..., 1:, :] - parent[..., :-1, :]).abs()
    across = (parent[..., :, 1:] - parent[..., :, :-1]).abs()
    border = []
    if not rows.at_edge[0]:
        border.append(down[..., top - 1, left:right])
    if not rows.at_edge[1]:
        border.append(down[..., bottom - 1, left:right])
    if not columns.at_edge[0]:
        border.append(across[..., top:bottom, left - 1])
    if not columns.at_edge[1]:
        border.append(across[..., top:bottom, right - 1])
    return float(torch.cat([b.flatten() for b in border]).mean())


def level_means(levels: torch.Tensor) -> torch.Tensor:
    """(N, seeds) mean of each level."""
    return levels.mean(dim=(-2, -1))


def context(levels: torch.Tensor) -> list[float]:
    """World 2: the share of the wide view's known mean that each deeper level adopts."""
    return [float(m) for m in level_means(levels)[1:].mean(dim=1)]


def conflict(levels: torch.Tensor, world: FieldWorld) -> float:
    """World 3: the worst level's mean squared z-score of its mean under its own prior."""
    return conflict_of(levels, world.priors)


def conflict_of(levels: torch.Tensor, priors: Sequence[MeanPrior]) -> float:
    """The same with each level's prior."""
    means = level_means(levels)
    scores = [
        (((means[i] - prior.modes[0]) / prior.deviation) ** 2).mean()
        for i, prior in enumerate(priors)
    ]
    return float(max(scores))


def classes(levels: torch.Tensor, world: FieldWorld) -> tuple[float, float]:
    """World 4: (class agreement of neighbours, purity), the worst level of each."""
    return classes_of(levels, world.priors)


def classes_of(levels: torch.Tensor, priors: Sequence[MeanPrior]) -> tuple[float, float]:
    """The same with each level's prior."""
    means = level_means(levels)
    bright = means > 0
    agree = [(bright[i] == bright[i + 1]).float().mean() for i in range(len(means) - 1)]
    prior = priors[0]
    modes = torch.tensor(prior.modes)
    near = (means[..., None] - modes).abs().amin(dim=-1) < 2.5 * prior.deviation
    return float(min(agree, default=1.0)), float(near.float().mean(dim=1).min())
