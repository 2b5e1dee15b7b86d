"""What was fitted to a model's VAE, kept on the disk: a file for each model and zoom factor."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ...method.latent_footprint import Fit, Taps
from ..cache_folder import cache_folder

_FORMAT = "zoom_stack_fit_1"  # another one where fits mean something else
_TENSORS = ("reduce", "enlarge", "colours")


def fit_file(revision: str, factor: float, aligned: bool, side: int) -> Path:
    """Where a fit is kept; see ``fitting.fit``, of whose pictures ``side`` is the side."""
    key = json.dumps([_FORMAT, revision, factor, aligned, side])
    name = hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    return cache_folder() / "fits" / f"{name}.safetensors"


def read_fit(file: Path) -> Fit | None:
    """A kept fit; None where there is none that can be read."""
    try:
        with safe_open(file, framework="pt") as saved:
            notes = json.loads((saved.metadata() or {})["fit"])
            reduce, enlarge, colours = (saved.get_tensor(name) for name in _TENSORS)
        fit = Fit(
            Taps(*notes["reduce_taps"]),
            Taps(*notes["enlarge_taps"]),
            reduce,
            enlarge,
            float(notes["unexplained"]),
            float(notes["gain"]),
            colours,
        )
    except (OSError, SafetensorError, KeyError, ValueError, TypeError):
        return None
    return fit if _is_sound(fit) else None


def _is_sound(fit: Fit) -> bool:
    channels = len(fit.reduce)
    shapes = [
        (channels, channels * fit.reduce_taps.count**2),
        (channels, channels * fit.enlarge_taps.count**2),
        (3, channels + 1),
    ]
    tensors = (fit.reduce, fit.enlarge, fit.colours)
    whole = [tuple(each.shape) for each in tensors] == shapes
    finite = all(bool(torch.isfinite(each).all()) for each in tensors)
    return whole and finite and 0.0 <= fit.unexplained <= 1.0 and 0.0 < fit.gain < math.inf


def write_fit(file: Path, fit: Fit) -> None:
    """Keep a fit; where that cannot be done it is made again the next time."""
    notes = {
        "reduce_taps": [fit.reduce_taps.count, fit.reduce_taps.spacing],
        "enlarge_taps": [fit.enlarge_taps.count, fit.enlarge_taps.spacing],
        "unexplained": fit.unexplained,
        "gain": fit.gain,
    }
    tensors = {name: getattr(fit, name).contiguous().cpu() for name in _TENSORS}
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    with contextlib.suppress(OSError, SafetensorError):
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, temporary, {"fit": json.dumps(notes)})
        temporary.replace(file)
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
