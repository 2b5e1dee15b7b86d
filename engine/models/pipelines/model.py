"""A stock pipeline as a ``Model``: from prompts to a denoiser, one half after the other."""

from __future__ import annotations

import bisect
import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from ...contract.pipeline_families import PipelineFamily
from ...contract.vocabulary import Vocabulary
from ...machine.devices import free_memory
from ..sizes import sampling_size
from .denoiser import PipelineDenoiser
from .embeddings import embedded
from .halves import Halves

# Half precision in which a family was published: SD and SDXL overflow in no other way than fp16's
# VAE, which says so itself; transformers of flow matching overflow in fp16.
_HALF = {"StableDiffusionPipeline": torch.float16, "StableDiffusionXLPipeline": torch.float16}


def dtype_for(class_name: str, device: torch.device) -> torch.dtype:
    """The precision of a family on a device; a VAE may ask for more by itself."""
    return torch.float32 if device.type == "cpu" else _HALF.get(class_name, torch.bfloat16)


_FIRST_READER = ("tokenizer", 77)  # CLIP's


class PipelineModel:
    """See ``models.protocol.Model``.

    Args:
        halves: the model on the disk.
        class_name: of its pipeline.
        family: its row.
        name: as in a job's ``"model"``.
        revision: identifies the weights.
        native: side in pixels of the squares that it was trained on.
        draft: it is a few-step model.
        loras: files that change it, and how much each acts.
    """

    default_context = 1.0
    vocabulary: Vocabulary | None = None
    second_stage: str | None = None

    def __init__(
        self,
        halves: Halves,
        class_name: str,
        family: PipelineFamily,
        name: str,
        revision: str,
        native: int,
        device: torch.device,
        *,
        draft: bool = False,
        loras: Sequence[tuple[Path, float]] = (),
    ) -> None:
        self._halves = halves
        self._family = family
        self._device = device
        self._loras = loras
        self._dtype = dtype_for(class_name, device)
        self.name = name
        self.revision = revision
        self.native_size = (native, native)
        self.default_steps = family.draft[0] if draft else family.steps
        self.avoids_above = family.guides_above if family.negative else None
        self.default_guidance = family.draft[1] if draft else family.guidance

    def sample_size(self, aspect: float) -> tuple[int, int]:
        """See the protocol; by the family's size rule."""
        return sampling_size(self.native_size[0], aspect, self._family.multiple)

    def condition(
        self, prompts: Sequence[str], negative_prompts: Sequence[str], guidance_scale: float
    ) -> PipelineDenoiser:
        """Encode the prompts of all levels, then load what samples; see the protocol."""
        guidance_scale = max(guidance_scale, self._family.least)
        texts = self._encoded(prompts, negative_prompts, guidance_scale)
        gc.collect()
        free_memory()
        pipeline = self._halves.rest(self._dtype)
        self._apply_loras(pipeline)
        vae = getattr(pipeline, "vae", None)
        if vae is not None and vae.dtype == torch.float16 and vae.config.get("force_upcast", False):
            vae.to(torch.float32)
        pipeline.to(self._device)
        weights = self.revision.partition("+")[0]  # LoRAs leave the VAE as it is
        return PipelineDenoiser(pipeline, self._family, texts, guidance_scale, weights)

    def unread(self, prompts: Sequence[str]) -> list[str]:
        """The end of each prompt that is not read; see the protocol."""
        part, most = self._family.reads
        if part not in self._halves.parts:  # such as SD 3.5 without T5
            part, most = _FIRST_READER
        tokenizer = self._halves.tokenizer(part)
        return [_unread_end(tokenizer, prompt, most) for prompt in prompts]

    def _encoded(
        self, prompts: Sequence[str], negative_prompts: Sequence[str], guidance_scale: float
    ) -> dict[str, Any]:
        pipeline = self._halves.text(self._dtype)
        self._apply_loras(pipeline)
        pipeline.to(self._device)
        guided = guidance_scale > self._family.guides_above
        return embedded(pipeline, self._family, prompts, negative_prompts, guided, self._device)

    def _apply_loras(self, pipeline: Any) -> None:
        if self._loras:
            from ..single_file.loras import apply_loras

            apply_loras(pipeline, self._loras)


def _unread_end(tokenizer: Any, prompt: str, most: int) -> str:
    words = prompt.split()

    def fits(count: int) -> bool:
        return len(tokenizer(" ".join(words[:count])).input_ids) <= most

    # The first count that does not fit; more words never need fewer tokens.
    first = bisect.bisect_left(range(len(words) + 1), True, key=lambda count: not fits(count))
    return " ".join(words[max(first - 1, 0) :])
