"""Any stock pipeline as a ``Denoiser``: bound to the prompts of all levels, asked by the probe."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch

from ...contract.pipeline_families import PipelineFamily
from .codec import Codec
from .embeddings import WAYS
from .layouts import LAYOUTS
from .probe import answer, own_schedule
from .times import Diffusion, times_of


class PipelineDenoiser:
    """See ``method.denoiser.Denoiser``; images are the pipeline's latents.

    Args:
        pipeline: whole, or with its text half gone and ``embedded`` given.
        family: its row.
        embedded: of ``embeddings``, for all levels.
        guidance: the scale.
        size: (width, height) of the pictures in pixels.

    Attributes:
        micro_batch: levels evaluated at once; smaller needs less memory.
        codec: pixels to latents and back.
        shape: (channels, height, width) of the latents.
    """

    def __init__(
        self,
        pipeline: Any,
        family: PipelineFamily,
        embedded: dict[str, Any],
        guidance: float,
        size: tuple[int, int],
        micro_batch: int = 4,
    ) -> None:
        self.pipeline = pipeline
        self.family = family
        self.micro_batch = 1 if family.single else micro_batch
        self.codec = Codec(getattr(pipeline, "vae", None))
        self._embedded = embedded
        self._layout = LAYOUTS[family.layout]
        self._times = times_of(pipeline.scheduler)
        self._call = {
            **family.call,
            family.scale: guidance,
            "width": size[0],
            "height": size[1],
        }
        if "negative_prompt" in inspect.signature(type(pipeline).__call__).parameters:
            # Some refuse their own default beside embeddings.
            self._call["negative_prompt"] = None
        self.shape = self._latent_shape(size)

    @property
    def channels(self) -> int:
        return self.shape[0]

    def sigmas(self, steps: int) -> list[float]:
        """The pipeline's own falling noise levels for a number of steps."""
        scheduler = own_schedule(
            self.pipeline, steps, {**self._call, **self._of_levels(slice(0, 1))}
        )
        own = getattr(scheduler, "sigmas", None)
        if own is not None:
            count = len(scheduler.timesteps)
            return [self._times.sigma(float(sigma)) for sigma in own[:count]]
        assert isinstance(self._times, Diffusion)
        return [self._times.at(float(time)) for time in scheduler.timesteps]

    @torch.inference_mode()
    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Estimate the clean latents; see the protocol."""
        parts = [
            self._predict(z[first : first + self.micro_batch], float(sigma[first]), first)
            for first in range(0, len(z), self.micro_batch)
        ]
        return torch.cat(parts)

    def _predict(self, z: torch.Tensor, sigma: float, first: int) -> torch.Tensor:
        height, width = z.shape[-2:]
        scaled = (self._times.scale(sigma) * z).to(self._denoiser.dtype)
        arguments = {
            **self._call,
            **self._of_levels(slice(first, first + len(z))),
            "latents": self._layout.lay(scaled),
        }
        said = answer(self.pipeline, self._times.time(sigma), arguments).to(z.dtype)
        return self._times.estimate(z, self._layout.raised(said, height, width), sigma)

    def _of_levels(self, levels: slice) -> dict[str, Any]:
        return {
            name: None if value is None else value[levels]
            for name, value in self._embedded.items()
        }

    @property
    def _denoiser(self) -> Any:
        return getattr(self.pipeline, "transformer", None) or self.pipeline.unet

    def _latent_shape(self, size: tuple[int, int]) -> tuple[int, int, int]:
        vae = getattr(self.pipeline, "vae", None)
        side = 1 if vae is None else self.pipeline.vae_scale_factor * self._layout.side
        channels = self._denoiser.config.in_channels // self._layout.fold
        return channels, size[1] // side, size[0] // side


def embedded(
    pipeline: Any,
    family: PipelineFamily,
    prompts: Sequence[str],
    avoided: Sequence[str],
    guidance: float,
    device: Any,
) -> dict[str, Any]:
    """The prompts of all levels, encoded by the pipeline's text half."""
    with torch.inference_mode():
        return WAYS[family.embed](pipeline, prompts, avoided, guidance > 1.0, device)
