"""The report of ``python -m engine check``: whether the engine can work here, and with what.

It says what is wrong and never fails because of it: that is what it is for.
"""

from __future__ import annotations

import importlib
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..contract.errors import ZoomStackError
from ..machine import environment
from ..machine.failures import summary
from ..models.registry import list_models
from ..models.upscaler_names import has_real_esrgan

# Packages that can be there and still not work, with a class whose import shows it.
_NEEDED = {"diffusers": "UNet2DConditionModel", "transformers": "T5EncoderModel"}


def build_report(places: Sequence[Path] = ()) -> dict[str, Any]:
    """The report; documented in ``docs/formats.md``."""
    problems: list[str] = []
    devices, chosen = _devices(problems)
    found = list_models(places)
    problems += found.problems
    return {
        "engine": __version__,
        "python": {"version": platform.python_version(), "executable": sys.executable},
        "platform": platform.platform(),
        "torch": environment.version_of("torch"),
        "packages": environment.versions(),
        "devices": devices,
        "device": chosen,
        "models": [entry.listed().to_dict() for entry in found.entries],
        "notes": _notes(devices),
        "ok": not problems,
        "problems": problems,
    }


def _devices(problems: list[str]) -> tuple[list[dict[str, Any]], str | None]:
    """The devices and which of them "auto" is; finds out whether the packages really load."""
    try:
        environment.require()
        environment.prepare_libraries()
        environment.import_torch()
    except ZoomStackError as error:
        problems.append(str(error))
        return [], None
    from ..machine.devices import choose_device, list_devices

    for package, needed in _NEEDED.items():
        try:
            getattr(importlib.import_module(package), needed)
        except Exception as error:  # whatever a broken package raises is what to report
            problems.append(f"{package} cannot be loaded: {summary(error)}")
    return list_devices(), choose_device("auto").type


def _notes(devices: list[dict[str, Any]]) -> list[str]:
    """What works, but not as well as it could."""
    notes = []
    cards = any(device["name"] == "cuda" for device in devices)
    if devices and not cards and shutil.which("nvidia-smi"):
        notes.append(
            "There is an NVIDIA card, and this torch cannot use it: install torch with CUDA."
        )
    if devices and not has_real_esrgan():
        notes.append("Real-ESRGAN is not installed: pictures are enlarged plainly.")
    return notes
