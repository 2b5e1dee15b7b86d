"""Pins: a level that shows a given picture, whole or through a mask. Imports torch.

The paper grounds the widest level in a photograph with five Adam steps a round on
sum_i |D_i(x0_i) - M_i * xi|^2 (section 4.4). Reduction is linear, so the same is had exactly in one
step: the residual of the pinned level is added to it and, enlarged, to every deeper level::

    c_i = M (target - x_i)        c_j = U crop(c_{j-1})        x_j += c_j      for j > i

Since R U = I, levels that agreed agree afterwards as well, and level i is the target where M = 1.

A level that is pinned wholly is not asked of the model: its picture stands for the estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from .footprint import Footprint
from .nesting import is_loop, render_with


@dataclass(frozen=True)
class Pin:
    """A target for one level.

    Attributes:
        level: which level is pinned.
        target: (C, H, W) in the values of the levels that it is applied to.
        mask: (1, H, W), 1 where the level shall be the target, 0 where it is free.
        sampled: whether the model is asked for the level; if not, ``mask`` is 1 everywhere, or
            everywhere but in the next level's footprint.
    """

    level: int
    target: torch.Tensor
    mask: torch.Tensor
    sampled: bool = True


def given(pins: Sequence[Pin], shape: Sequence[int]) -> torch.Tensor | None:
    """(N, 1, H, W), 1 where a level shows its pin; None without pins.

    A level that the model is not asked for counts as given wholly: where its next level lies, it
    has nothing of its own.

    Args:
        shape: N, C, H, W of all levels.
    """
    if not pins:
        return None
    count, _, height, width = shape
    result = torch.zeros(count, 1, height, width)
    for pin in pins:
        result[pin.level] = pin.mask.cpu() if pin.sampled else 1.0
    return result


def estimates(
    predict: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    z: torch.Tensor,
    sigma: float,
    nesting: Sequence[Footprint],
    pins: Sequence[Pin],
) -> torch.Tensor:
    """x0 of all levels: the model's estimates, or the pins of levels that are not sampled.

    Args:
        predict: as a denoiser's ``predict_x0``, of the sampled levels.
        z: (N, C, h, w) at noise level ``sigma``.
        nesting, pins: in the values and the grid of z.
    """
    given = {pin.level: pin for pin in pins if not pin.sampled}
    count = len(z)
    asked = [i for i in range(count) if i not in given]
    x0 = torch.empty_like(z)
    if asked:
        levels_of_noise = torch.full((len(asked),), sigma, device=z.device)
        x0[asked] = predict(z[asked], levels_of_noise)
    for level, pin in given.items():
        x0[level] = pin.target
    return filled(x0, nesting, pins)


def filled(x: torch.Tensor, nesting: Sequence[Footprint], pins: Sequence[Pin]) -> torch.Tensor:
    """Levels (N, C, H, W) of which those that are not sampled show the next one where it lies.

    Such a level knows nothing of its own there, and so leads the next one nowhere.
    """
    given = {pin.level: pin for pin in pins if not pin.sampled}
    count = len(x)
    asked = [i for i in range(count) if i not in given]
    x = x.clone() if given else x
    # Deep to shallow. In a loop that order begins before a sampled level, which is known already;
    # there is one, or nothing would have to be filled.
    first = asked[0] if asked else 0
    for level in ((first - step) % count for step in range(1, count + 1)):
        if level in given and not bool(given[level].mask.all()):
            place = nesting[level]
            x[level] = place.paste(x[level], place.reduce(x[(level + 1) % count]))
    return x


def surrounded(picture: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """A picture (C, H, W) whose surroundings go on where it is not given.

    By means over ever larger blocks (pull-push; Gortler et al., "The lumigraph", 1996).

    Args:
        mask: (1, H, W), 1 where it is given.
    """
    mask = mask.to(picture)

    def pulled(weighted: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        if bool(weights.min() >= 1.0) or max(weights.shape[-2:]) == 1:
            return weighted / weights.clamp(min=1e-6)
        coarse = [
            functional.avg_pool2d(each, 2, ceil_mode=True, count_include_pad=False)
            for each in (weighted, weights)
        ]
        around = pulled(coarse[0], coarse[1])
        around = functional.interpolate(around, weights.shape[-2:], mode="bilinear")
        return weighted + (1.0 - weights) * around

    return pulled((picture * mask)[None], mask[None])[0]


def pinned(
    x: torch.Tensor,
    nesting: Sequence[Footprint],
    pins: Sequence[Pin],
    check: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """The rendered levels nearest to ``x`` that show every pin's target.

    Where two pins contradict each other the deeper one prevails inside its own footprint: it is
    what one sees there. In a loop every level lies inside every other one, once round.

    Args:
        x: (N, C, H, W), rendered: its levels agree.
        nesting: where each level holds the next.
        check: called before each level; an exception of its ends the work.

    Returns:
        (N, C, H, W), rendered; the input itself without pins.
    """
    if not pins:
        return x
    count, levels = len(x), list(x)
    loop = is_loop(nesting, count)
    whole = {pin.level for pin in pins if not loop and bool((pin.mask >= 1.0).all())}
    for pin in sorted(pins, key=lambda pin: pin.level):
        own = levels[pin.level]
        correction = pin.mask.to(own) * (pin.target.to(own) - own)
        levels[pin.level] = own + correction
        reach = count - 1 if loop else count - 1 - pin.level
        for wider in range(pin.level, pin.level + reach):
            check()
            place = nesting[wider % count]
            correction = place.enlarge(place.crop(correction))
            deeper = (wider + 1) % count
            if deeper in whole:
                break  # it becomes its own target, whatever comes, and corrects all below by that
            levels[deeper] = levels[deeper] + correction
    return render_with(torch.stack(levels), nesting, check)
