"""Are the stand-in's samples recognised? It is sampled alone, through the engine's own adapter.

python -m research.training.latent.judging MODEL --sheet OUT.png
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch.nn import functional

from engine.contract.job import Job, SamplerSettings
from engine.method.noise import draw
from engine.method.solvers import SOLVERS, Update
from engine.models.pipelines.denoiser import PipelineDenoiser
from engine.models.pipelines.model import PipelineModel
from engine.models.registry import open_model
from research.benchmarks.comparing.recognition import Judge, judge

from ..drawing.images import SMALL
from ..judging.sample import PROMPTS, sheet

LEAST = 0.85  # of the samples are recognised: the stand-in is good enough to measure with
COUNT = 8  # samples of a subject
GUIDANCE = 2.0
"""Of 2, 3.5 and 6 the one with which most samples are recognised. A pipeline's folder says nothing
about guidance, and Stable Diffusion's own 7.5 is far too much for so small a model."""
_AT_ONCE = 10


@dataclass(frozen=True)
class Recognised:
    """What the judge says of a model's samples.

    Attributes:
        error: standard error of the share.
        subjects: of each the share, and what the judge takes the others for.
    """

    share: float
    error: float
    count: int
    guidance: float
    steps: int
    subjects: dict[str, tuple[float, dict[str, int]]]


def open_stand_in(folder: Path) -> PipelineModel:
    """The exported model, as a job opens it, with the guidance that suits it."""
    model = open_model(Job((), model=str(folder.resolve())), (), torch.device("cpu"))
    assert isinstance(model, PipelineModel)
    model.default_guidance = GUIDANCE
    return model


@torch.inference_mode()
def sample_alone(
    denoiser: PipelineDenoiser, count: int, size: tuple[int, int], steps: int, seed: int
) -> torch.Tensor:
    """Pictures (count, 3, H, W), -1 to 1, that do not know of each other.

    On the model's own noise levels, by the solver that a job begins with.

    Args:
        denoiser: bound to ``count`` prompts.
        size: (width, height) in pixels.
    """
    sigmas = denoiser.noise_levels(steps, size)
    update = SOLVERS[SamplerSettings().solver]
    width, height = denoiser.codec.latent_size(size)
    shape = (count, denoiser.channels, height, width)
    rounds = itertools.count(1)
    z = sigmas[0] * draw(seed, 0, shape, "cpu")
    x = z
    for step, sigma in enumerate(sigmas):
        previous = None if step == 0 else x
        x = denoiser.predict_x0(z, torch.full((count,), sigma))
        if step + 1 < len(sigmas):
            z = update(
                Update(
                    z, x, sigma, sigmas[step + 1], previous, sigmas[max(step - 1, 0)],
                    lambda: draw(seed, next(rounds), shape, "cpu"),
                )
            )  # fmt: skip
    return denoiser.codec.decode(x).clamp(-1.0, 1.0)


def recognise(
    folder: Path,
    count: int = COUNT,
    guidance: float = GUIDANCE,
    steps: int | None = None,
    seed: int = 1,
    judging: Judge | None = None,
) -> tuple[Recognised, torch.Tensor]:
    """Sample the plainest prompt of each subject and ask the judge.

    Args:
        folder: of the exported model.
        count: samples of a subject.
        steps: None is the model's own.

    Returns:
        What it says, and the pictures (subjects, count, 3, 128, 128).
    """
    judging, subjects = judging or judge(), list(PROMPTS)
    model = open_stand_in(folder)
    steps = model.default_steps if steps is None else steps
    asked = [name for name in subjects for _ in range(count)]
    pictures = []
    for start in range(0, len(asked), _AT_ONCE):
        prompts = [PROMPTS[name] for name in asked[start : start + _AT_ONCE]]
        denoiser = model.condition(prompts, [""] * len(prompts), guidance)
        denoiser.micro_batch = len(prompts)
        own = seed * 1000 + start
        pictures.append(sample_alone(denoiser, len(prompts), model.native_size, steps, own))
    made = torch.cat(pictures)
    seen = judging.names(functional.avg_pool2d(made, made.shape[-1] // SMALL))
    by_subject = {}
    for i, name in enumerate(subjects):
        named = seen[i * count : (i + 1) * count]
        others = Counter(each for each in named if each != name)
        by_subject[name] = (named.count(name) / count, dict(others))
    share = sum(a == b for a, b in zip(asked, seen, strict=True)) / len(asked)
    error = math.sqrt(share * (1 - share) / len(asked))
    result = Recognised(share, error, len(asked), guidance, steps, by_subject)
    return result, made.view(len(subjects), count, *made.shape[1:])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m research.training.latent.judging", description=__doc__.splitlines()[0]
    )
    parser.add_argument("model", type=Path, help="folder of the exported stand-in")
    parser.add_argument("--count", type=int, default=COUNT, help="samples a subject")
    parser.add_argument("--guidance", type=float, default=GUIDANCE)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--sheet", type=Path, help="picture of the samples, a row a subject")
    options = parser.parse_args(arguments)
    result, pictures = recognise(
        options.model, options.count, options.guidance, options.steps, options.seed
    )
    for name, (share, others) in result.subjects.items():
        print(f"{name:14} {share:.2f}  {' '.join(others)}")
    print(
        f"Recognised: {result.share:.3f} ± {result.error:.3f} of {result.count} samples alone, "
        f"guidance {result.guidance:g}, {result.steps} steps (at least {LEAST} is wanted).",
        flush=True,
    )
    if options.json:
        options.json.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")
    if options.sheet:
        sheet(list(pictures)).save(options.sheet)
    return 0 if result.share >= LEAST else 1


if __name__ == "__main__":
    raise SystemExit(main())
