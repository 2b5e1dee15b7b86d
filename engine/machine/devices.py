"""Which device computes. Imports torch."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

import torch

from ..contract.errors import ZoomStackError
from ..contract.options import DEVICE_NAMES


def choose_device(name: str) -> torch.device:
    """The device for a choice of the user's; "cuda" is also the name of AMD's ROCm.

    Raises:
        ZoomStackError: code ``no_device``.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        built_for_it = torch.version.cuda or torch.version.hip
        raise ZoomStackError(
            "no_device",
            "No CUDA or ROCm device can be used"
            + (": torch finds no card or no driver." if built_for_it else ": this torch has none."),
            "Choose another device"
            + (", or install the card's driver." if built_for_it else ", or install torch for it."),
        )
    if name == "mps" and not _has_mps():
        raise ZoomStackError(
            "no_device",
            "The device mps needs a Mac with Apple silicon and a torch made for it.",
            "Choose another device.",
        )
    if name not in DEVICE_NAMES:
        raise ZoomStackError(
            "no_device", f"There is no device {name!r}.", f"Choose {', '.join(DEVICE_NAMES)}."
        )
    return torch.device(name)


def make_repeatable(device: torch.device) -> None:
    """The same job gives the same bytes: no algorithms chosen by timing or summing in any order."""
    if device.type == "cuda":  # the other devices are repeatable as they are
        torch.backends.cudnn.benchmark = False
        # Some operations have no repeatable form; better a picture than none.
        torch.use_deterministic_algorithms(True, warn_only=True)


def free_memory() -> None:
    """Give the device's memory back after a job, for Blender's own rendering."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif _has_mps():
        torch.mps.empty_cache()


def total_memory(device: torch.device) -> int | None:
    """Bytes that a device has in all; None where that cannot be found out."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    return _system_memory()[0]


def device_name(device: torch.device) -> str:
    """For ``stack.json``: the kind, and the card's name where there is one."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return device.type


def list_devices() -> list[dict[str, Any]]:
    """Every usable device: name, label, and bytes of memory in total and free (or null)."""
    total, free = _system_memory()
    devices = [_entry("cpu", f"{os.cpu_count() or 1} cores", total, free)]
    if torch.cuda.is_available():
        kind = "ROCm" if torch.version.hip else "CUDA"
        for index in range(torch.cuda.device_count()):
            card_free, card_total = torch.cuda.mem_get_info(index)
            label = f"{torch.cuda.get_device_name(index)} ({kind})"
            devices.append(_entry("cuda", label, card_total, card_free))
    if _has_mps():
        devices.append(_entry("mps", "Apple GPU, memory shared with the system", total, free))
    return devices


def _entry(name: str, label: str, total: int | None, free: int | None) -> dict[str, Any]:
    return {"name": name, "label": label, "memory_total": total, "memory_free": free}


def _has_mps() -> bool:
    return bool(torch.backends.mps.is_available())


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = [
        ("dwLength", ctypes.c_ulong),
        ("dwMemoryLoad", ctypes.c_ulong),
        ("ullTotalPhys", ctypes.c_ulonglong),
        ("ullAvailPhys", ctypes.c_ulonglong),
        ("ullTotalPageFile", ctypes.c_ulonglong),
        ("ullAvailPageFile", ctypes.c_ulonglong),
        ("ullTotalVirtual", ctypes.c_ulonglong),
        ("ullAvailVirtual", ctypes.c_ulonglong),
        ("ullAvailExtendedVirtual", ctypes.c_ulonglong),
    ]


def _system_memory() -> tuple[int | None, int | None]:
    """Bytes of main memory: total, free."""
    if sys.platform == "win32":
        status = _MemoryStatus(dwLength=ctypes.sizeof(_MemoryStatus))
        if ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
            return int(status.ullTotalPhys), int(status.ullAvailPhys)
        return None, None
    else:  # noqa: RET505 - so that type checkers leave the other platform's branch out
        return _sysconf_bytes("SC_PHYS_PAGES"), _sysconf_bytes("SC_AVPHYS_PAGES")


def _sysconf_bytes(name: str) -> int | None:
    if sys.platform == "win32":
        return None
    else:  # noqa: RET505 - as above
        try:
            return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
        except (ValueError, OSError):  # macOS does not know the free pages
            return None
