"""Joint multi-scale sampling (Wang et al., algorithm 1).

One round, for all levels together::

    x0 = D(z, sigma)             each level's model estimate of the clean image; kept ones as given
    x  = pin(Pi_image(blend(x0)))    levels that agree and show given pictures    agreement.py
    z  = update(z, x, Pi_noise)  the solver, with x in place of x0    solvers.py, noise.py

blend brings levels into agreement (``blending.py``), Pi_image makes it exact (``nesting.py``). For
a model of pixels that is all. One of latents does the same in latents, by maps that were fitted to
its codec (``fitting.py``), and is seen in pixels in a few rounds (``agreement.py``). Which rounds
there are, ``rounds.py`` says: also the clock that blending goes by, and that grids which begin too
late repeat their first noise level.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from ..contract.errors import Remedy, ZoomStackError
from ..contract.geometry import Placement
from ..contract.job import DEFAULT_STEPS, SamplerSettings
from .agreement import Agreed, agreement
from .denoiser import Denoiser, OwnGrid
from .noise import draw, drawn_beyond, share
from .pinning import Pin, estimates
from .rounds import rounds, taken_on
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
        carried: (N, C, h, w) of a model of latents, or None; see ``agreement.Agreed``.
    """

    step: int
    z: torch.Tensor
    previous_x: torch.Tensor | None
    carried: torch.Tensor | None = None


@dataclass(frozen=True)
class StepReport:
    """What a caller sees after each step.

    Attributes:
        step: finished steps, from 1 to ``total``, repeated ones among them.
        x: (N, 3, ., .) rendered estimate in pixels, about -1 to 1; smaller and rougher in rounds
            where a model of latents is not seen in pixels.
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
        ZoomStackError: codes ``bad_geometry``, ``bad_state``.
    """
    settings = settings or SamplerSettings()
    levels = agreement(denoiser.codec, placements, size, loop, settings, pins, device)
    width, height = denoiser.codec.latent_size(size)
    shape = (len(placements), denoiser.channels, height, width)
    update = SOLVERS[settings.solver]
    sigmas = list(sigmas) if sigmas is not None else _grid(denoiser, settings, size)
    strength = _lead(settings) if levels.nesting else 0.0
    plan = rounds(sigmas, size[0] * size[1], strength, levels.gain)

    def shared_noise(round_: int) -> torch.Tensor:
        beyond = drawn_beyond(seed, round_, shape, device)
        return share(draw(seed, round_, shape, device), levels.nesting, beyond)

    if state is not None and not (0 <= state.step <= len(plan) and state.z.shape == shape):
        raise ZoomStackError(
            "bad_state",
            "The saved run does not fit its job.",
            "Start the run anew.",
            Remedy.START_ANEW,
        )
    if state is None:
        state = SamplerState(0, sigmas[0] * shared_noise(_START), None)
    z, previous_x, carried = (
        None if each is None else each.to(device)
        for each in (state.z, state.previous_x, state.carried)
    )
    assert z is not None
    x = z if previous_x is None else previous_x
    for step in range(state.step, len(plan)):
        now, last = plan[step], step + 1 == len(plan)
        predict = functools.partial(_predicted, denoiser, now.ahead)
        x0 = estimates(predict, z, now.sigma, levels.nesting, levels.pins)
        agreed: Agreed = levels.agree(x0, now.clock, now.in_pixels, carried)
        carried = agreed.carried
        x = agreed.picture if last else agreed.x
        if now.repeated:
            z = x + now.sigma * shared_noise(step + 1)
        elif not last:
            z = update(
                Update(
                    z=z,
                    x=x,
                    sigma=now.sigma,
                    next_sigma=now.next_sigma,
                    previous_x=previous_x,
                    previous_sigma=plan[max(step - 1, 0)].sigma,
                    noise=functools.partial(shared_noise, step + 1),
                )
            )
        previous_x = None if now.repeated else x
        if on_step is not None:
            done = SamplerState(step + 1, z, previous_x, carried)
            on_step(StepReport(step + 1, len(plan), agreed.picture, done))
    return x


def _predicted(
    denoiser: Denoiser, ahead: float, z: torch.Tensor, sigma: torch.Tensor
) -> torch.Tensor:
    x0 = denoiser.predict_x0(z, sigma)
    return taken_on(x0, z, ahead) if ahead else x0


def _lead(settings: SamplerSettings) -> float:
    """How much wide views lead; see ``rounds``. Only the default rule does."""
    if settings.blending != "default":
        return 0.0
    return 1.0 if settings.context_strength is None else settings.context_strength


def _grid(denoiser: Denoiser, settings: SamplerSettings, size: tuple[int, int]) -> list[float]:
    steps = settings.steps or DEFAULT_STEPS
    if isinstance(denoiser, OwnGrid):
        return denoiser.noise_levels(steps, size)
    return noise_levels(steps)
