"""How much memory one large picture takes: ``python -m research.benchmarks.upscaling.memory``.

Its own process, so that what the benchmark holds besides does not count. Linux alone tells how much
a process has ever held.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from engine.contract.job import REAL_ESRGAN, REAL_ESRGAN_QUICK
from engine.models.ncnn_network import PROCESSOR
from engine.models.real_esrgan import RealESRGAN
from engine.models.upscaling import Lanczos

ROOT = Path(__file__).parents[3]
MOST_GIGABYTES = 2.0
"""What is asked of an upscaler, beside the enlarged picture itself."""

_TIMES = 4
_TILES = {REAL_ESRGAN: 3, REAL_ESRGAN_QUICK: 0}
"""After how many tiles a network is left alone, 0 for never: those of a picture are alike."""

_PEAK = "VmHWM:"


@dataclass(frozen=True)
class Memory:
    """Of one picture, in bytes.

    Attributes:
        side: of the enlarged picture, in pixels.
        picture: of the enlarged picture, as floats.
        network: the most that the network's process held.
        engine: the most that the engine's held, less what it held before; None where the network
            was left alone after a few tiles.
    """

    upscaler: str
    side: int
    picture: int
    network: int
    engine: int | None


@dataclass(frozen=True)
class Beside:
    """A network's memory beside the enlarged picture."""

    memory: Memory
    gigabytes: float


def measure(side: int) -> list[Beside]:
    """Both networks, enlarging a picture four times; empty where the system does not tell.

    What is around the network is the same for both, and measured with the quick one alone.
    """
    if not Path("/proc/self/status").is_file():
        return []
    found = [_in_process(name, side) for name in (REAL_ESRGAN_QUICK, REAL_ESRGAN)]
    around = next(each.engine for each in found if each.engine is not None)
    return [Beside(each, (each.network + around - each.picture) / 1e9) for each in found]


def _in_process(name: str, side: int) -> Memory:
    command = [sys.executable, "-m", __name__, name, str(side), str(_TILES[name])]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return Memory(**json.loads(said))


def _enlarge(name: str, side: int, tiles: int) -> Memory:
    class Enough(Exception):
        """So many tiles are done."""

    shares: set[float] = set()
    network = 0

    def watch(share: float) -> None:
        nonlocal network
        shares.add(share)
        network = max(network, _children_peak())
        if 0 < tiles < len(shares):
            raise Enough

    rough = np.random.default_rng(0).random((side // 8, side // 8, 3), np.float32)
    picture = Lanczos().resize(rough, (side, side))
    upscaler = RealESRGAN(name, PROCESSOR, lambda sentence: print(sentence, file=sys.stderr))
    before = _peak("self")
    large = _TIMES * side
    engine: int | None = None
    try:
        upscaler.resize(picture, (large, large), watch)
        network = max(network, _children_peak())
        engine = _peak("self") - before
    except Enough:
        pass
    finally:
        upscaler.close()
    return Memory(name, large, large * large * 3 * 4, network, engine)


def _peak(process: str) -> int:
    """The most bytes that a process has held; 0 for one that is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith(_PEAK)]
    return int(lines[0].split()[1]) * 1024 if lines else 0


def _children_peak() -> int:
    found = 0
    for file in Path("/proc/self/task").glob("*/children"):
        for process in file.read_text(encoding="utf-8").split():
            found += _peak(process)
    return found


if __name__ == "__main__":
    print(json.dumps(asdict(_enlarge(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))))
