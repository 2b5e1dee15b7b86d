"""The two halves of a pipeline, out of one file in the original layout of Stable Diffusion."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch

from ...contract.model_folder import CONFIG_FILE, INDEX_FILE
from ..pipelines.halves import Halves
from .clip_vocabulary import clip_tokenizer
from .conversion import CLIP, OPEN_CLIP, UNET, VAE, convert_part
from .weights_file import WeightsFile

_CONFIGURATIONS = Path(__file__).with_name("configurations")
_REST = {"unet": UNET, "vae": VAE}
#: By kind of file: each text encoder, and where it lies.
_TEXT = {
    "sd15": {"text_encoder": CLIP[0]},
    "sd2": {"text_encoder": OPEN_CLIP[0]},
    "sdxl": {"text_encoder": CLIP[1], "text_encoder_2": OPEN_CLIP[1]},
}

KINDS = tuple(_TEXT)
PREDICTIONS = ("epsilon", "v_prediction")


class SingleFileHalves(Halves):
    """See ``Halves``. The file is opened once for each half, and only its half is read.

    Args:
        path: a ``.safetensors`` file.
        kind: one of ``KINDS``; "sd2" is 2.0 and 2.1, for 512 px (epsilon) and 768 px (v) alike.
        name: the model's, for complaints.
        prediction: one of ``PREDICTIONS``: what the denoiser was trained to answer.
        zero_snr: it was trained on a schedule that ends in pure noise (Lin et al. 2024, "Common
            Diffusion Noise Schedules and Sample Steps are Flawed", section 3.1).
        few_steps: it was distilled to a few steps, which end at the last of the training times.
        configuration: a folder in diffusers' format without weights, instead of the kind's own.

    The methods raise ZoomStackError, code ``bad_model``: the file is absent, cut short, incomplete
    or of another kind.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        name: str,
        prediction: str,
        *,
        zero_snr: bool = False,
        few_steps: bool = False,
        configuration: Path | None = None,
    ) -> None:
        if kind not in KINDS or prediction not in PREDICTIONS:
            raise ValueError(f"{kind!r}, {prediction!r}")
        self._path = path
        self._called = f'the model "{name}"' + ("" if path.name in name else f" ({path.name})")
        self._text = _TEXT[kind]
        self._prediction = prediction
        self._zero_snr = zero_snr
        self._few_steps = few_steps
        self._folder = configuration or _CONFIGURATIONS / kind
        index = json.loads((self._folder / INDEX_FILE).read_text(encoding="utf-8"))
        self._class = str(index.pop("_class_name"))
        self._made_by = {part: what for part, what in index.items() if isinstance(what, list)}
        self._options = {key: what for key, what in index.items() if key not in self._made_by}

    @property
    def parts(self) -> Collection[str]:
        """See ``Halves``."""
        return self._made_by

    def text(self, dtype: torch.dtype) -> Any:
        """The stock pipeline with tokenizers and text encoders alone."""
        tokenizers = [part for part in self._made_by if part.startswith("tokenizer")]
        parts = {part: self.tokenizer(part) for part in tokenizers}
        return self._pipeline({**parts, **self._models(self._text, dtype)})

    def rest(self, dtype: torch.dtype) -> Any:
        """The stock pipeline with UNet, VAE and scheduler alone."""
        return self._pipeline({"scheduler": self._scheduler(), **self._models(_REST, dtype)})

    def tokenizer(self, part: str) -> Any:
        """One of the tokenizers; the file is not looked at."""
        return clip_tokenizer(self._folder / part)

    def _models(self, prefixes: dict[str, str], dtype: torch.dtype) -> dict[str, Any]:
        file = WeightsFile(self._path, self._called)
        models = {}
        for part, prefix in prefixes.items():
            model = self._without_weights(part)
            weights = convert_part(file, part, prefix, model, dtype)
            model.load_state_dict(weights, strict=True, assign=True)
            models[part] = model.eval()
        return models

    def _without_weights(self, part: str) -> Any:
        import transformers
        from accelerate import init_empty_weights

        kind = self._class_of(part)
        config = json.loads((self._folder / part / CONFIG_FILE).read_text(encoding="utf-8"))
        with init_empty_weights():  # on "meta", but for buffers that no file holds
            if part in self._text:
                return kind(transformers.CLIPTextConfig.from_dict(config))
            return kind.from_config(config)

    def _scheduler(self) -> Any:
        # The configurations name Euler's scheduler, not PNDM and DDIM as published: it has the same
        # times, and its noise levels are what joint sampling asks for, to the last: PNDM repeats
        # one, and DDIM's are infinite on a schedule that ends in pure noise.
        file = self._folder / "scheduler" / "scheduler_config.json"
        config = json.loads(file.read_text(encoding="utf-8"))
        config["prediction_type"] = self._prediction
        if self._zero_snr:
            config["rescale_betas_zero_snr"] = True
        if self._zero_snr or self._few_steps:
            config["timestep_spacing"] = "trailing"
        return self._class_of("scheduler").from_config(config)

    def _class_of(self, part: str) -> Any:
        import diffusers
        import transformers

        library, name = self._made_by[part]
        return getattr({"diffusers": diffusers, "transformers": transformers}[library], name)

    def _pipeline(self, parts: dict[str, Any]) -> Any:
        import diffusers

        options: dict[str, Any] = {**dict.fromkeys(self._made_by), **self._options, **parts}
        if self._class == "StableDiffusionPipeline":
            options |= {"safety_checker": None, "feature_extractor": None}
        pipeline = getattr(diffusers, self._class)(**options)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline
