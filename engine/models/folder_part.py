"""One part of a model folder, loaded by the library that made its format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..contract.errors import ZoomStackError


def from_folder(kind: Any, folder: Path, name: str, **options: Any) -> Any:
    """One part of a model folder, from safetensors only.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    weights = sorted(folder.glob("*.safetensors"))
    if weights and all(".fp16." in path.name for path in weights):
        options["variant"] = "fp16"
    if weights:
        options["use_safetensors"] = True
    try:
        return kind.from_pretrained(folder, local_files_only=True, **options)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        what = f'The model "{name}"'
        if folder.name != name:
            what = f'The "{folder.name}" part of the model "{name}"'
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ZoomStackError(
            "bad_model",
            f"{what} cannot be loaded: {reason}",
            f"Check the folder {folder}, or download the model again.",
        ) from error
