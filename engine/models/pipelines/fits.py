"""What was fitted to a model's VAE, kept on the disk: a file for each model and zoom factor."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ...method.latent_footprint import Fit, Taps
from ..cache_folder import cache_folder

_FORMAT = "zoom_stack_fit_2"  # another one where fits mean something else
_TENSORS = ("reduce", "enlarge", "colours")


def fit_file(revision: str, factor: float, aligned: bool, side: int, made_on: str) -> Path:
    """Where a fit is kept; see ``fitting.fit``, of whose pictures ``side`` is the side.

    Args:
        made_on: what decides the last digits of its numbers.
    """
    key = json.dumps([_FORMAT, revision, factor, aligned, side, made_on])
    name = hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    return cache_folder() / "fits" / f"{name}.safetensors"


def read_fit(file: Path) -> Fit | None:
    """A kept fit; None where there is none that is as it was written."""
    try:
        with safe_open(file, framework="pt") as saved:
            metadata = saved.metadata() or {}
            tensors = {name: saved.get_tensor(name) for name in _TENSORS}
    except (OSError, SafetensorError):
        return None
    text = metadata.get("fit", "")
    if metadata.get("digest") != _digest(file, text, tensors):
        return None
    notes = json.loads(text)
    return Fit(
        Taps(*notes["reduce_taps"]),
        Taps(*notes["enlarge_taps"]),
        **tensors,
        unexplained=notes["unexplained"],
        gain=notes["gain"],
    )


def write_fit(file: Path, fit: Fit) -> None:
    """Keep a fit; where that cannot be done it is made again the next time."""
    notes = {
        "reduce_taps": [fit.reduce_taps.count, fit.reduce_taps.spacing],
        "enlarge_taps": [fit.enlarge_taps.count, fit.enlarge_taps.spacing],
        "unexplained": fit.unexplained,
        "gain": fit.gain,
    }
    tensors = {name: getattr(fit, name).contiguous().cpu() for name in _TENSORS}
    text = json.dumps(notes)
    metadata = {"fit": text, "digest": _digest(file, text, tensors)}
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    with contextlib.suppress(OSError, SafetensorError):
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, temporary, metadata)
        temporary.replace(file)
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def _digest(file: Path, text: str, tensors: Mapping[str, torch.Tensor]) -> str:
    """Of what is kept and of its name: another one's, or a damaged one, is made again."""
    whole = hashlib.blake2b(f"{file.stem} {text}".encode(), digest_size=16)
    for name in _TENSORS:
        whole.update(f"{name} {tensors[name].dtype} {list(tensors[name].shape)}".encode())
        whole.update(tensors[name].contiguous().numpy().tobytes())
    return whole.hexdigest()
