"""What was fitted to a model's VAE, kept on the disk: a file for each model and zoom factor."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ...method.latent_footprint import Fit, Taps
from ..cache_folder import cache_folder

_FORMAT = "zoom_stack_fit_1"  # another one where fits mean something else
_TENSORS = ("reduce", "enlarge", "colours")


def fit_file(revision: str, factor: float, aligned: bool, size: tuple[int, int]) -> Path:
    """Where a fit is kept."""
    key = json.dumps([_FORMAT, revision, factor, aligned, size])
    name = hashlib.blake2b(key.encode(), digest_size=12).hexdigest()
    return cache_folder() / "fits" / f"{name}.safetensors"


def read_fit(file: Path) -> Fit | None:
    """A kept fit; None where there is none that can be read."""
    try:
        with safe_open(file, framework="pt") as saved:
            notes = json.loads((saved.metadata() or {})["fit"])
            reduce, enlarge, colours = (saved.get_tensor(name) for name in _TENSORS)
        return Fit(
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
