"""What registering the extension and importing a zoom cost Blender: seconds, best of several.

Run with a Blender module's Python, after ``python dev.py setup``::

    .dev/bpy-5.2/bin/python tests/scene/measure_import.py --levels 16 --side 1024

Two versions are compared by their ratio, measured side by side: ``--checkout`` names another one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]


def main() -> None:
    """Print both, and with another checkout the ratios to it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--levels", type=int, default=16)
    parser.add_argument("--side", type=int, default=1024, help="of the square pictures, in pixels")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checkout", type=Path, help="another version of Zoom Stack")
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)  # the stack's folder
    options = parser.parse_args()
    sys.path.insert(0, str(options.checkout if options.once else REPO))
    if options.once is not None:
        print(json.dumps(_measured(options.once)))
        return
    with tempfile.TemporaryDirectory() as name:
        stack = _stack(Path(name) / "stack", options.levels, options.side)
        places = [REPO, *([options.checkout.resolve()] if options.checkout else [])]
        best: dict[Path, dict[str, float]] = {place: {} for place in places}
        for _ in range(options.rounds):
            for place in places:  # in turns: the machine's moods are shared
                for what, seconds in _in_another_process(place, stack).items():
                    best[place][what] = min(seconds, best[place].get(what, seconds))
    for what in ("register", "import"):
        print(f"{what}: {best[REPO][what] * 1000.0:.1f} ms", end="")
        print("".join(f", ratio {best[REPO][what] / best[p][what]:.2f}" for p in places[1:]))


def _in_another_process(place: Path, stack: Path) -> dict[str, float]:
    """What ``_measured`` says of a checkout."""
    command = [sys.executable, __file__, "--once", stack, "--checkout", place]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(result.stdout.strip().splitlines()[-1])
    return found


def _measured(stack: Path) -> dict[str, float]:
    from devtools import bpy_session

    bpy = bpy_session.start(from_checkout=True)
    preferences = bpy.ops.preferences
    preferences.addon_disable(module=bpy_session.MODULE)
    start = time.perf_counter()
    preferences.addon_enable(module=bpy_session.MODULE)
    registered = time.perf_counter() - start
    importing = bpy_session.submodule("scene.importing")
    read: Any = bpy_session.submodule("engine.contract.stack").read_stack
    start = time.perf_counter()
    importing.import_stack(read(stack))
    return {"register": registered, "import": time.perf_counter() - start}


def _stack(folder: Path, levels: int, side: int) -> Path:
    """Pictures of noise: PNG at its slowest."""
    import numpy as np

    folder.mkdir()
    random = np.random.default_rng(0)
    from devtools import bpy_session

    bpy = bpy_session.start(from_checkout=False)
    for level in range(levels):
        image = bpy.data.images.new("noise", side, side)
        image.pixels.foreach_set(random.random(side * side * 4, dtype=np.float32))
        image.filepath_raw, image.file_format = str(folder / f"{level}.png"), "PNG"
        image.save()
        bpy.data.images.remove(image)
    content = {"version": 1, "levels": [{"image": f"{level}.png"} for level in range(levels)]}
    (folder / "stack.json").write_text(json.dumps(content))
    return folder


if __name__ == "__main__":
    main()
