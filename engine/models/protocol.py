"""What a job needs of a model: from prompts to a :class:`~engine.method.denoiser.Denoiser`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import torch

from ..contract.job import Job
from ..contract.vocabulary import Vocabulary
from ..method.denoiser import Denoiser


class Model(Protocol):
    """A loaded model, before it knows the prompts.

    Attributes:
        name: as in a job's ``"model"``.
        revision: identifies the weights, for ``stack.json``.
        native_size: (width, height) in pixels at which it was trained.
        default_guidance: the recommended classifier-free guidance scale.
        default_steps: the recommended number of steps.
        avoids_above: the guidance scale above which negative prompts act; None where none do.
        default_context: the recommended context strength; see ``blending.lead_early``.
        vocabulary: the words that a small model knows; None for one that reads everything. What
            a model with one is given for a job's prompts, see ``prompting``.
        second_stage: the upscaler that was trained to follow it, for "automatic"; or None.
    """

    name: str
    revision: str
    native_size: tuple[int, int]
    default_guidance: float
    default_steps: int
    avoids_above: float | None
    default_context: float
    vocabulary: Vocabulary | None
    second_stage: str | None

    def sample_size(self, aspect: float) -> tuple[int, int]:
        """The (width, height) at which to sample for pictures of an aspect (width / height)."""
        ...

    def condition(
        self, prompts: Sequence[str], negative_prompts: Sequence[str], guidance_scale: float
    ) -> Denoiser:
        """Encode the prompts of a zoom, one per level."""
        ...

    def unread(self, prompts: Sequence[str]) -> list[str]:
        """The end of each prompt that is more than the model can read; empty where it is not."""
        ...


class SuperResolution(Protocol):
    """A loaded model that enlarges the pictures of a first stage.

    Attributes:
        name: as in a job's ``"upscaler"``.
        revision: identifies the weights, for ``stack.json``.
        native_size: (width, height) in pixels of its pictures.
        steps_share: of a job's steps, how many it needs.
    """

    name: str
    revision: str
    native_size: tuple[int, int]
    steps_share: float

    def condition(
        self,
        prompts: Sequence[str],
        negative_prompts: Sequence[str],
        small: torch.Tensor,
        noise: torch.Tensor,
    ) -> Denoiser:
        """Encode the prompts and prepare the small pictures.

        Args:
            prompts: one per level.
            small: (N, 3, h, w), about -1 to 1: the levels of the stage before.
            noise: (N, 3, H, W), standard normal and shared between the levels, for a model that
                wants noise in the small pictures; H x W is the size to sample at.
        """
        ...


# (job, model folders, device): loads the model of a job's "model".
OpenModel = Callable[[Job, Sequence[Path], torch.device], Model]
