"""Any stock pipeline as a ``Denoiser``: bound to the prompts of all levels, asked by the probe."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from ...contract.errors import ZoomStackError
from ...contract.pipeline_families import PipelineFamily
from ...machine.devices import free_memory
from ...machine.failures import is_out_of_memory
from ...machine.noticing import notice
from ...method.codec import PIXELS, Codec
from .codec import VaeCodec
from .layouts import LAYOUTS
from .probe import answer, own_schedule
from .times import times_of

_SMALLER = "The memory ran short, so the model is asked for {} at once."


class PipelineDenoiser:
    """See ``method.denoiser.Denoiser``; images are the pipeline's latents.

    Args:
        pipeline: with its denoiser, its scheduler and its VAE.
        family: its row.
        embedded: the prompts of all levels; see ``embeddings``.
        guidance: the scale.
        revision: identifies the weights; with it, what was fitted to the VAE is kept.
        micro_batch: levels evaluated at once; smaller needs less memory.
    """

    def __init__(
        self,
        pipeline: Any,
        family: PipelineFamily,
        embedded: Mapping[str, Any],
        guidance: float,
        revision: str = "",
        micro_batch: int = 4,
    ) -> None:
        self.pipeline = pipeline
        self.micro_batch = 1 if family.single else micro_batch
        self._embedded = embedded
        self._layout = LAYOUTS[family.layout]
        self._times = times_of(pipeline.scheduler, pipeline.config.get("noise_scale", 1.0))
        self._call = {**family.call, family.scale: guidance}
        if "negative_prompt" in inspect.signature(type(pipeline).__call__).parameters:
            # Some refuse their own default beside embeddings.
            self._call["negative_prompt"] = None
        vae = getattr(pipeline, "vae", None)
        self.codec: Codec = PIXELS
        self._side = 1  # in pixels, of what one of the latents stands for
        if vae is not None:
            self._side = pipeline.vae_scale_factor * self._layout.side
            self.codec = VaeCodec(vae, self._side, revision)
        self.channels = self._denoiser.config.in_channels // self._layout.fold

    def noise_levels(self, steps: int, size: tuple[int, int]) -> list[float]:
        """The pipeline's own, which may depend on the size; see ``method.denoiser.OwnGrid``."""
        arguments = {**self._arguments(slice(0, 1)), "width": size[0], "height": size[1]}
        try:
            schedule = own_schedule(self.pipeline, steps, arguments)
        except ValueError as error:
            raise ZoomStackError(
                "bad_model",
                f"The model's scheduler ({type(self.pipeline.scheduler).__name__}) does not take "
                f"{steps} steps: {str(error).splitlines()[0]}",
                "Choose another number of steps.",
            ) from error
        return self._times.grid(schedule)

    @torch.inference_mode()
    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Estimate the clean latents; see the protocol. All noise levels are the same."""
        level = float(sigma[0])
        parts: list[torch.Tensor] = []
        first = 0
        while first < len(z):
            count = min(self.micro_batch, len(z) - first)
            try:
                parts.append(self._predict(z[first : first + count], level, first))
                first += count
            except Exception as error:
                if not is_out_of_memory(error) or count == 1:
                    raise
                self.micro_batch = count // 2
            else:
                continue
            # Outside of the handler: its exception holds what the memory is needed for.
            notice(_SMALLER.format("a level" if count < 4 else f"{count // 2} levels"))
            free_memory()
        return torch.cat(parts)

    def _predict(self, z: torch.Tensor, sigma: float, first: int) -> torch.Tensor:
        height, width = z.shape[-2:]
        scaled = (self._times.scale(sigma) * z).to(self._denoiser.dtype)
        arguments = {
            **self._arguments(slice(first, first + len(z))),
            "width": width * self._side,
            "height": height * self._side,
            "latents": self._layout.lay(scaled),
        }
        said = answer(self.pipeline, self._times.time(sigma), arguments).to(z.dtype)
        return self._times.estimate(z, self._layout.raised(said, height, width), sigma)

    def _arguments(self, levels: slice) -> dict[str, Any]:
        # Copies of lists: some pipelines write into those that they are given.
        return self._call | {
            name: None if value is None else value[levels] for name, value in self._embedded.items()
        }

    @property
    def _denoiser(self) -> Any:
        return getattr(self.pipeline, "transformer", None) or self.pipeline.unet
