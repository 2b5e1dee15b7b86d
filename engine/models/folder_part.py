"""One part of a model folder, loaded by the library that made its format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..contract.errors import ZoomStackError
from ..machine.failures import is_out_of_memory

# A damaged configuration may fail in any of a library's lines.
_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def model_from_folder(kind: Any, folder: Path, name: str, **options: Any) -> Any:
    """A part with weights; those that the files lack are not left to chance.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    model, told = from_folder(kind, folder, name, output_loading_info=True, **options)
    missing = sorted(told["missing_keys"])
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ZoomStackError(
            "bad_model",
            f'The "{folder.name}" part of the model "{name}" lacks weights: {missing[0]}{more}.',
            f"Check the folder {folder}, or download the model again.",
        )
    return model


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
    except _FAILURES as error:
        if is_out_of_memory(error):
            raise
        what = f'The model "{name}"'
        if folder.name != name:
            what = f'The "{folder.name}" part of the model "{name}"'
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ZoomStackError(
            "bad_model",
            f"{what} cannot be loaded: {reason}",
            f"Check the folder {folder}, or download the model again.",
        ) from error
