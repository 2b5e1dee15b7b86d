"""Whether a model fits into the memory, before it is loaded. Imports torch."""

from __future__ import annotations

import torch

from ..contract.errors import ZoomStackError
from ..machine.devices import total_memory

_GB = 1e9


def check_memory(name: str, values: int, dtype: torch.dtype, device: torch.device) -> None:
    """Refuse a model whose weights alone are more than the device can hold.

    Args:
        name: as in the job.
        values: that lie in the memory at once.
        dtype: that they are loaded as.

    Raises:
        ZoomStackError: code ``too_large``, with what it needs and what there is.
    """
    there = total_memory(device)
    needed = values * dtype.itemsize
    if there is None or needed <= there:
        return
    where = "this machine" if device.type in ("cpu", "mps") else "the graphics card"
    raise ZoomStackError(
        "too_large",
        f"The model {name!r} needs {needed / _GB:.1f} GB of memory for its weights, and {where} "
        f"has {there / _GB:.1f} GB.",
        "Choose a smaller model.",
    )
