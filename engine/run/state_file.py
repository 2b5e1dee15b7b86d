"""A saved run as a file: safetensors, with a checksum over all that is in it. Imports torch.

Written here rather than by the library, which copies every tensor first, leaves files under names
of its own when it is killed, and tells a full disk from other faults in a sentence only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from ..contract.lasting import sync_file, sync_folder

FORMAT = "zoom_stack_state_3"
_FORMATS = "zoom_stack_state_"
_CHECKSUM = "sha256"
_HEADER_BYTES = 64 * 2**20  # that a job's texts can take up, besides the tensors
_DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
}


class DamagedState(Exception):
    """A file is no saved run, or not as it was written."""


class OtherFormat(Exception):
    """A file was saved by another version of the engine."""


def write_state(file: Path, tensors: Mapping[str, torch.Tensor], notes: Mapping[str, str]) -> None:
    """Write a saved run; whatever happens, the file is the old one or the new one, whole.

    Args:
        tensors: of floating-point numbers, on any device.
        notes: what else there is to keep.

    Raises:
        OSError: the old file stays.
    """
    whole = {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}
    header: dict[str, object] = {}
    end = 0
    for name, tensor in whole.items():
        begin, end = end, end + tensor.nbytes
        shape = list(tensor.shape)
        header[name] = {
            "dtype": _DTYPES[tensor.dtype],
            "shape": shape,
            "data_offsets": [begin, end],
        }
    header["__metadata__"] = {"format": FORMAT, **notes, _CHECKSUM: _checksum(whole, notes)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the numbers lie at multiples of 8 bytes
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        temporary.unlink(missing_ok=True)
        with temporary.open("xb") as target:
            target.write(len(text).to_bytes(8, "little") + text)
            for tensor in whole.values():
                target.write(_bytes(tensor))
            target.flush()
            sync_file(target.fileno())
        temporary.replace(file)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(file.parent)


def read_state(file: Path, most: int) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Read what ``write_state`` wrote: notes and tensors, in memory.

    Args:
        most: bytes that the tensors can have.

    Raises:
        DamagedState, OtherFormat.
    """
    try:
        about = file.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > most + _HEADER_BYTES:
            raise DamagedState("no ordinary file, or larger than any state")
        with safe_open(file, framework="pt") as saved:
            notes = dict(saved.metadata() or {})
            form = notes.pop("format", "")
            if form != FORMAT:
                raise OtherFormat(form) if form.startswith(_FORMATS) else DamagedState(form)
            # A copy: what is mapped from the file would keep Windows from replacing that.
            tensors = {name: saved.get_tensor(name).clone() for name in saved.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, RuntimeError, ValueError) as error:
        raise DamagedState(str(error)) from error
    if notes.pop(_CHECKSUM, "") != _checksum(tensors, notes):
        raise DamagedState("the checksum is another one")
    return notes, tensors


def _checksum(tensors: Mapping[str, torch.Tensor], notes: Mapping[str, str]) -> str:
    found = hashlib.sha256(json.dumps(notes, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        found.update(_bytes(tensor))
    return found.hexdigest()


def _bytes(tensor: torch.Tensor) -> memoryview:
    """The numbers of a contiguous tensor in memory, not copied."""
    numbers: memoryview = tensor.reshape(-1).view(torch.uint8).numpy().data
    return numbers
