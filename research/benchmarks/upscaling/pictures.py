"""What is enlarged: photographs that a package brings, and a zoom of the bundled model."""

from __future__ import annotations

import importlib.util
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.geometry import Placement
from engine.contract.job import BUNDLED_SECOND
from engine.contract.job_parser import load_job
from engine.method.sampler import sample
from engine.models.registry import open_bundled
from engine.models.upscalers import Upscalers
from engine.pictures.back_projection import area_mean
from engine.pictures.colour import Floats
from engine.pictures.files import to_unit
from engine.run.plan import make_plan
from engine.run.stages import StageInputs, first_stage, second_stage, texts_of

from ..comparing.chains import PRESETS

TIMES = 4
"""How much smaller a true picture is made before it is enlarged."""

_PRESET = "powers_of_ten"
_PACKAGE = "scikit-image"
_LARGEST = 512  # side of what is cut out of a photograph's middle
# Files of the package, with what the contact sheet shows closely: its centre, as shares of the cut.
_PHOTOGRAPHS = {
    "astronaut.png": (0.42, 0.22),
    "chelsea.png": (0.34, 0.40),
    "motorcycle_left.png": (0.78, 0.40),
    "ihc.png": (0.58, 0.72),
    "hubble_deep_field.jpg": (0.52, 0.50),
    "coffee.png": (0.62, 0.60),
    "rocket.jpg": (0.50, 0.75),
}


@dataclass(frozen=True)
class Truth:
    """A true picture and what it is reduced to.

    Attributes:
        focus: (x, y) of what is worth a close look, as shares of the sides; None for all of it.
        large: (h * TIMES, w * TIMES, 3), sRGB values of 0 to 1.
        small: (h, w, 3), the area means.
    """

    name: str
    focus: tuple[float, float] | None
    large: Floats
    small: Floats


@dataclass(frozen=True)
class SampledZoom:
    """A preset, sampled at the sizes of both stages.

    Attributes:
        prompts, placements: of all N levels.
        small: (N, 3, h, w), about -1 to 1: of the first stage.
        large: (N, 3, H, W): of the second, as the engine would finish them.
        seconds: that the second stage took.
    """

    prompts: list[str]
    placements: list[Placement]
    small: torch.Tensor
    large: torch.Tensor
    seconds: float

    def small_pictures(self) -> list[Floats]:
        """(h, w, 3) each, 0 to 1."""
        return [to_unit(level) for level in self.small.numpy()]

    def truths(self) -> list[Truth]:
        """The second stage's levels, taken for true."""
        return [
            truth(level_name(number), None, to_unit(level))
            for number, level in enumerate(self.large.numpy())
        ]


def level_name(number: int) -> str:
    """For people, who count from 1."""
    return f"level {number + 1}"


def photographs(quick: bool) -> list[Truth]:
    """Photographs of scikit-image, whose files its wheel has; the package is not imported.

    Args:
        quick: the middles of two.

    Raises:
        ZoomStackError: code ``no_package``.
    """
    folder = _folder_of_photographs()
    names = list(_PHOTOGRAPHS)[: 2 if quick else None]
    largest = _LARGEST // 2 if quick else _LARGEST
    result = []
    for name in names:
        with Image.open(folder / name) as file:
            picture = np.asarray(file.convert("RGB"), np.float32) / np.float32(255.0)
        shown = Path(name).stem.replace("_", " ")
        result.append(truth(shown, _PHOTOGRAPHS[name], _middle(picture, largest)))
    return result


def truth(name: str, focus: tuple[float, float] | None, large: Floats) -> Truth:
    """A picture with what it is reduced to."""
    size = (large.shape[1] // TIMES, large.shape[0] // TIMES)
    small = [area_mean(np.ascontiguousarray(large[..., c]), size) for c in range(3)]
    return Truth(name, focus, large, np.stack(small, axis=-1))


def sampled_zoom(quick: bool) -> SampledZoom:
    """Sample the preset at 64 and 256 pixels, with all that a job of its own would decide.

    Args:
        quick: the first three levels.
    """
    device = torch.device("cpu")
    job = load_job(PRESETS / f"{_PRESET}.json")
    job = replace(job, levels=job.levels[:3]) if quick else job
    model = open_bundled(device)
    stage = Upscalers((), device, False, print).open(BUNDLED_SECOND, model, None).stage
    assert stage is not None
    plan = make_plan(job, model, stage)

    def sampled(inputs: StageInputs) -> torch.Tensor:
        return sample(
            inputs.denoiser,
            plan.placements,
            size=inputs.size,
            seed=inputs.seeds,
            settings=inputs.settings,
        )

    small = sampled(first_stage(model, plan, [], texts_of(model, plan.job, [])))
    started = time.perf_counter()
    large = sampled(second_stage(stage, plan, [], small))
    seconds = time.perf_counter() - started
    prompts = [level.prompt for level in job.levels]
    return SampledZoom(prompts, plan.placements, small, large, seconds)


def _folder_of_photographs() -> Path:
    spec = importlib.util.find_spec("skimage")
    folder = Path(spec.origin).parent / "data" if spec and spec.origin else None
    if folder is None or not all((folder / name).is_file() for name in _PHOTOGRAPHS):
        raise ZoomStackError(
            "no_package",
            f"The photographs are those of {_PACKAGE}, which this Python does not have.",
            f"Install it: {sys.executable} -m pip install --no-deps {_PACKAGE}",
        )
    return folder


def _middle(picture: Floats, largest: int) -> Floats:
    """The middle, both sides whole multiples of ``TIMES``."""
    height, width = (min(side, largest) // TIMES * TIMES for side in picture.shape[:2])
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return np.ascontiguousarray(picture[top : top + height, left : left + width])
