"""The two halves of a pipeline in diffusers' folder format: what reads prompts, and the rest.

The text half of the larger families has up to 18 GB. It is loaded first, used and given back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Protocol

import torch

from ...contract.model_folder import INDEX_FILE, listed_parts
from ..folder_part import from_folder, model_from_folder
from ..library.folder_parts import read_object

_READS = ("tokenizer", "text_encoder", "processor")
_UNUSED = ("safety_checker", "feature_extractor", "image_encoder")


class Halves(Protocol):
    """A model on the disk, from which either half of a pipeline can be loaded."""

    @property
    def parts(self) -> Collection[str]:
        """Names of all that it holds."""
        ...

    def text(self, dtype: torch.dtype) -> Any:
        """The stock pipeline with tokenizers and text encoders alone."""
        ...

    def rest(self, dtype: torch.dtype) -> Any:
        """The stock pipeline with everything else."""
        ...

    def tokenizer(self, part: str) -> Any:
        """One of the tokenizers."""
        ...


class FolderHalves:
    """See ``Halves``.

    Args:
        folder: holds ``model_index.json`` and a folder for each part.
        name: the model's, for complaints.
        prediction: what the scheduler is told that the denoiser predicts; empty leaves it.
    """

    def __init__(self, folder: Path, name: str, prediction: str = "") -> None:
        self._folder = folder
        self._name = name
        self._prediction = prediction
        index = read_object(folder / INDEX_FILE)
        self._class = str(index["_class_name"])
        self._made_by = listed_parts(index)
        self.parts = list(self._made_by)

    def text(self, dtype: torch.dtype) -> Any:
        return self._load(dtype, [part for part in self.parts if not part.startswith(_READS)])

    def rest(self, dtype: torch.dtype) -> Any:
        pipeline = self._load(dtype, [part for part in self.parts if part.startswith(_READS)])
        if self._prediction:
            scheduler = pipeline.scheduler
            pipeline.scheduler = type(scheduler).from_config(
                scheduler.config, prediction_type=self._prediction
            )
        return pipeline

    def tokenizer(self, part: str) -> Any:
        from transformers import AutoTokenizer

        return from_folder(AutoTokenizer, self._folder / part, self._name, trust_remote_code=False)

    def _load(self, dtype: torch.dtype, without: list[str]) -> Any:
        import diffusers

        diffusers.utils.logging.disable_progress_bar()  # of the parts of a folder
        options: dict[str, Any] = dict.fromkeys([*without, *self._unused()])
        if "safety_checker" in self.parts:
            options["requires_safety_checker"] = False
        for part, (library, class_name) in self._made_by.items():
            if part not in options and any((self._folder / part).glob("*.safetensors")):
                options[part] = self._model(part, library, class_name, dtype)
        pipeline = from_folder(
            getattr(diffusers, self._class),
            self._folder,
            self._name,
            dtype=dtype,
            trust_remote_code=False,
            **options,
        )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def _unused(self) -> Iterator[str]:
        return (part for part in self.parts if part in _UNUSED)

    def _model(self, part: str, library: str, class_name: str, dtype: torch.dtype) -> Any:
        import diffusers
        import transformers

        kind = getattr({"diffusers": diffusers, "transformers": transformers}[library], class_name)
        options = {"torch_dtype" if library == "diffusers" else "dtype": dtype}
        return model_from_folder(kind, self._folder / part, self._name, **options).eval()
