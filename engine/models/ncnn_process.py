"""One network of ncnn's format, served to the engine: a program of its own, run as a file.

Apart from the engine, since a driver that crashes then takes nothing along, a cancel ends it at
once, and its OpenMP does not meet torch's. It needs ncnn and numpy alone.

``ncnn_process.py WHERE`` tells in one line of JSON what computes, ``{"device": "cpu"}`` or a card's
name; WHERE is "card" or "cpu". ``ncnn_process.py WHERE PARAM BIN`` then serves pictures until its
standard input ends. A picture is height and width as little-endian 32-bit numbers, then the pixels:
(h, w, 3) 32-bit floats of 0 to 1. The answer has the same form, larger; a size of 0 by 0 says that
it did not work, for want of memory most likely.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import struct
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

import ncnn  # type: ignore[import-untyped]
import numpy as np

_SOFTWARE = 3  # the kind of a Vulkan device that is the processor in disguise: far slower than it
_SIZE = struct.Struct("<II")
_loaded: list[bytes] = []


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is meant for the engine, which ends this
    answers = _claim_stdout()
    where, *files = sys.argv[1:]
    card = _card() if where == "card" else None
    network = None
    if files:
        param, weights = files
        network = _load(param, weights, card)
    name = "cpu" if card is None else str(ncnn.get_gpu_info(card).device_name())
    answers.write((json.dumps({"device": name}) + "\n").encode())
    answers.flush()
    if network is not None:
        _serve(network, sys.stdin.buffer, answers)
    sys.stdout.flush()
    os._exit(0)


def _claim_stdout() -> BinaryIO:
    """Standard output for answers alone; libraries print to standard error."""
    private = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(private, "wb")


def _card() -> int | None:
    """The number of the best graphics card; None where there is none that Vulkan can use."""
    if ncnn.get_gpu_count() == 0:
        return None
    best: int = ncnn.get_default_gpu_index()
    return None if ncnn.get_gpu_info(best).type() == _SOFTWARE else best


def _load(param: str, weights: str, card: int | None) -> Any:
    network = ncnn.Net()
    network.opt.use_vulkan_compute = card is not None
    if card is not None:
        network.set_vulkan_device(card)
    # Full precision: a picture is the same on every device, but for rounding.
    for name in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage"):
        setattr(network.opt, f"use_{name}", False)
    # Not by their names, which ncnn can open on Windows in plain letters only.
    content = Path(weights).read_bytes()
    if network.load_param_mem(Path(param).read_text("utf-8")) != 0:
        sys.exit(f"{param} cannot be read")
    network.load_model_mem(content)
    _loaded.append(content)  # the network points into it
    return network


def _serve(network: Any, requests: BinaryIO, answers: BinaryIO) -> None:
    pictures: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests, pictures), daemon=True).start()
    while True:
        larger = _enlarged(network, pictures.get())
        if larger is None:
            answers.write(_SIZE.pack(0, 0))
        else:
            answers.write(_SIZE.pack(*larger.shape[:2]))
            answers.write(larger.tobytes())
        answers.flush()


def _read(requests: BinaryIO, pictures: queue.SimpleQueue[Any]) -> None:
    """In a thread: take pictures; at the end whoever asked is gone, and nobody wants an answer."""
    while len(head := requests.read(_SIZE.size)) == _SIZE.size:
        height, width = _SIZE.unpack(head)
        content = requests.read(height * width * 3 * 4)
        if len(content) < height * width * 3 * 4:
            break
        pictures.put(np.frombuffer(content, np.float32).reshape(height, width, 3))
    os._exit(0)  # drivers crash while they are taken apart


def _enlarged(network: Any, picture: Any) -> Any:
    """(h, w, 3) to (H, W, 3); None where the network gives nothing."""
    with network.create_extractor() as extractor:
        # A Mat made of an array only points into it.
        pixels = np.ascontiguousarray(picture.transpose(2, 0, 1))
        extractor.input("data", ncnn.Mat(pixels))
        failed, larger = extractor.extract("output")
        if failed or larger.empty():
            return None
        return np.ascontiguousarray(np.array(larger).transpose(1, 2, 0), np.float32)


if __name__ == "__main__":
    main()
