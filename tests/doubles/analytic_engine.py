"""The engine's command line with an analytic model in the place of a trained one.

``python tests/doubles/analytic_engine.py generate JOB.json --out DIR`` and so on. The model answers
every job; ANALYTIC_LOAD and ANALYTIC_STEP are the seconds that loading and a step take. With
ANALYTIC_SECOND=1 it has a second stage, of twice the size.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine.commands import main
from engine.models import registry
from engine.models.entries import ModelEntry

if TYPE_CHECKING:
    import torch

    from engine.contract.vocabulary import Vocabulary
    from engine.method.codec import Codec
    from engine.models.upscalers import Enlargement

SIDE = 32
WORDS = 40  # that the model reads of a prompt


class AnalyticModel:
    """Pixels drawn from N(m, 0.25), m from the prompt: the best estimate is a Wiener filter."""

    name = "analytic"
    revision = "1"
    native_size = (SIDE, SIDE)
    default_guidance = 2.0
    default_steps = 24
    avoids_above = 1.0
    default_context = 1.0
    second_stage = None
    vocabulary: Vocabulary | None = None

    def sample_size(self, aspect: float) -> tuple[int, int]:
        return (round(SIDE * max(aspect, 1.0)), round(SIDE / min(aspect, 1.0)))

    def condition(
        self, prompts: Sequence[str], negative_prompts: Sequence[str], guidance_scale: float
    ) -> AnalyticDenoiser:
        if "break" in prompts:
            raise KeyError("a defect\nof the double")
        if "exhaust" in prompts:
            raise MemoryError
        return AnalyticDenoiser(prompts)

    def unread(self, prompts: Sequence[str]) -> list[str]:
        return [" ".join(prompt.split()[WORDS:]) for prompt in prompts]


class AnalyticDenoiser:
    channels = 3

    def __init__(self, prompts: Sequence[str]) -> None:
        self.prompts = prompts

    @property
    def codec(self) -> Codec:
        from engine.method.codec import PIXELS  # imports torch

        return PIXELS

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        import torch

        print("a library that prints")
        os.write(1, b"a C library that prints\n")
        time.sleep(float(os.environ.get("ANALYTIC_STEP", "0")))
        means = torch.tensor([(sum(map(ord, text)) % 17) / 17 - 0.5 for text in self.prompts])
        means = means.view(-1, 1, 1, 1).to(z)
        if "nan" in self.prompts:
            return z * torch.nan
        return means + (z - means) * (0.25 / (0.25 + sigma.view(-1, 1, 1, 1) ** 2))


class AnalyticSecondStage:
    """The same model, twice as large."""

    name = "analytic_x2"
    revision = "1"
    native_size = (2 * SIDE, 2 * SIDE)
    steps_share = 1.0

    def condition(
        self,
        prompts: Sequence[str],
        negative_prompts: Sequence[str],
        small: torch.Tensor,
        noise: torch.Tensor,
    ) -> AnalyticDenoiser:
        return AnalyticDenoiser(prompts)


_find_model = registry.find_model


def find_analytic_model(
    name: str, places: Sequence[Path] = (), enlarges: bool = False
) -> ModelEntry:
    """Stands for ``engine.models.registry.find_model``; upscalers are real ones."""
    # Its size is not known before it is loaded.
    return _find_model(name, places, enlarges) if enlarges else ModelEntry(name, Path())


def open_analytic_upscaler(*arguments: object) -> Enlargement:
    """Stands for ``engine.models.upscalers.Upscalers.open``."""
    from engine.models.upscalers import Enlargement
    from engine.models.upscaling import Lanczos

    return Enlargement(AnalyticSecondStage(), Lanczos())


def open_analytic_model(job: object, places: Sequence[Path], device: object) -> AnalyticModel:
    """Stands for ``engine.models.registry.open_model``."""
    print("a loader that prints")
    time.sleep(float(os.environ.get("ANALYTIC_LOAD", "0")))
    return AnalyticModel()


if __name__ == "__main__":
    registry.find_model = find_analytic_model
    registry.open_model = open_analytic_model
    if os.environ.get("ANALYTIC_SECOND") == "1":
        from engine.models.upscalers import Upscalers

        Upscalers.open = open_analytic_upscaler
    sys.exit(main())
