"""Joint multi-scale sampling (Wang et al., algorithm 1).

One round, for all levels together::

    x0 = D(z, sigma)             each level's model estimate of the clean image; kept ones as given
    X  = decode(x0)              the same in pixels                       codec.py
    L  = blend(X)                levels brought into agreement            blending.py
    X' = Pi_image(L)             levels that agree exactly                nesting.py
    X' = pin(X')                 levels that show given pictures          pinning.py
    x  = x0 + E(X') - E(X)       what that means for the model            codec.py
    z  = update(z, x, Pi_noise)  the solver, with x in place of x0        solvers.py, noise.py

For a model of pixels X is x0, and x is X'. Noise is shared in the grid of z.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from ..contract.geometry import Placement
from ..contract.job import DEFAULT_STEPS, SamplerSettings
from .blending import blending
from .denoiser import Denoiser, OwnGrid
from .nesting import footprints, render_with
from .noise import draw, share
from .pinning import Pin, estimates, given, pinned
from .solvers import SOLVERS, Update, noise_levels

_START = 0  # the round whose noise is z_T; round k draws the noise of step k


@dataclass
class SamplerState:
    """Where a run stands after ``step`` finished steps; enough to go on bit for bit.

    Attributes:
        step: finished steps.
        z: (N, C, h, w) noisy images of all levels.
        previous_x: (N, C, h, w) the estimate of the step before that the solver was given, or None;
            after the last step the levels themselves, in pixels.
    """

    step: int
    z: torch.Tensor
    previous_x: torch.Tensor | None


@dataclass(frozen=True)
class StepReport:
    """What a caller sees after each step.

    Attributes:
        step: finished steps, from 1 to ``total``.
        x: (N, 3, H, W) rendered estimate in pixels, about -1 to 1.
        state: for going on later; its tensors are not changed afterwards.
    """

    step: int
    total: int
    x: torch.Tensor
    state: SamplerState


@torch.inference_mode()
def sample(
    denoiser: Denoiser,
    placements: Sequence[Placement],
    *,
    size: tuple[int, int],
    seed: int | Sequence[int],
    settings: SamplerSettings | None = None,
    sigmas: Sequence[float] | None = None,
    device: torch.device | str = "cpu",
    state: SamplerState | None = None,
    pins: Sequence[Pin] = (),
    loop: bool = False,
    on_step: Callable[[StepReport], None] | None = None,
) -> torch.Tensor:
    """Sample all levels of a zoom together.

    Args:
        denoiser: the model, bound to one prompt per level, or per sampled level with ``pins``.
        placements: how each level lies in the one before it; N of them.
        size: (width, height) in pixels at which the model samples.
        seed: decides all noise; one for each level gives a level detail of its own.
        settings: solver, steps, blending; guidance is the denoiser's own affair.
        sigmas: falling noise levels in the place of those of ``settings.steps``.
        state: go on from here.
        pins: pictures that levels shall show, in the values and the size of the sampling.
        loop: the deepest level holds level 0, as the first placement says.
        on_step: called after every step; an exception of its ends the run.

    Returns:
        (N, 3, H, W), about -1 to 1, exactly nested.

    Raises:
        ZoomStackError: code ``bad_geometry``.
    """
    settings = settings or SamplerSettings()
    width, height = size
    nesting = footprints(placements, size, loop)
    blend = blending(settings)
    fixed = given(pins, (len(placements), 3, height, width))
    codec = denoiser.codec
    latent_size = codec.latent_size(size)
    noise_nesting = nesting if latent_size == size else footprints(placements, latent_size, loop)
    shape = (len(placements), denoiser.channels, *reversed(latent_size))
    update = SOLVERS[settings.solver]
    sigmas = list(sigmas) if sigmas is not None else _grid(denoiser, settings, size)

    def shared_noise(round_: int) -> torch.Tensor:
        return share(draw(seed, round_, shape, device), noise_nesting)

    if state is None:
        state = SamplerState(0, sigmas[0] * shared_noise(_START), None)
    z = state.z.to(device)
    previous_x = None if state.previous_x is None else state.previous_x.to(device)
    x = z if previous_x is None else previous_x
    for step in range(state.step, len(sigmas)):
        sigma = sigmas[step]
        x0, pixels = estimates(denoiser, z, sigma, nesting, pins)
        blended = blend(pixels, nesting, sigma, fixed)
        agreed = pinned(render_with(blended, nesting), nesting, pins)
        last = step + 1 == len(sigmas)
        x = agreed if last else codec.moved(x0, pixels, agreed)
        if not last:
            z = update(
                Update(
                    z=z,
                    x=x,
                    sigma=sigma,
                    next_sigma=sigmas[step + 1],
                    previous_x=previous_x,
                    previous_sigma=sigmas[max(step - 1, 0)],
                    noise=functools.partial(shared_noise, step + 1),
                )
            )
        previous_x = x
        if on_step is not None:
            done = SamplerState(step + 1, z, x)
            on_step(StepReport(step + 1, len(sigmas), agreed, done))
    return x


def _grid(denoiser: Denoiser, settings: SamplerSettings, size: tuple[int, int]) -> list[float]:
    steps = settings.steps or DEFAULT_STEPS
    if isinstance(denoiser, OwnGrid):
        return denoiser.noise_levels(steps, size)
    return noise_levels(steps)
