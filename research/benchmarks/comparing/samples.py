"""Is every subject recognised where its plainest prompt is sampled alone, as it is shipped?"""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from transformers.utils import logging

from engine.contract.job import SamplerSettings
from engine.models.deepfloyd_if import IFDenoiser
from research.training.drawing.images import CONCEPTS
from research.training.judging.sample import PROMPTS, sheet

from ..exact.conditional import sample_given
from .candidate import open_stage_one
from .recognition import judge

# What is asked of the bundled model: of all samples, and of the worst subject's.
LEAST_MEAN, LEAST_OF_ONE = 0.9, 0.75
_SHOWN = 6  # of a subject, on the sheet


@dataclass(frozen=True)
class Subject:
    """The samples of one subject.

    Attributes:
        right: how many the judge names rightly.
        others: what it takes the others for.
    """

    name: str
    prompt: str
    count: int
    right: int
    others: dict[str, int]

    @property
    def share(self) -> float:
        return self.right / self.count


def run(
    count: int, folder: Path | None, file: Path | None, picture: Path | None, workers: int
) -> int:
    """Sample, judge, print; 1 where the limits are missed.

    Args:
        count: samples of each subject.
        folder: of the model; None is the bundled one.
        file: for the figures, as JSON.
        picture: for some of the samples, one row a subject in two columns.
    """
    logging.disable_progress_bar()
    model = open_stage_one(folder)
    judging = judge()
    known = set(model.vocabulary.subjects) if model.vocabulary else set()
    names = [name for name in CONCEPTS if name.replace("_", " ") in known]
    print(
        f"Model {model.revision}, guidance {model.default_guidance:g}; the judge names "
        f"{judging.plain:.3f} of drawn pictures rightly.",
        flush=True,
    )
    with torch.inference_mode():
        bound = {
            name: model.condition([PROMPTS[name]] * count, [""] * count, model.default_guidance)
            for name in names
        }

    def make(work: tuple[int, tuple[str, IFDenoiser]]) -> tuple[str, torch.Tensor]:
        seed, (name, denoiser) = work
        pictures = sample_given(
            denoiser,
            lambda x0: x0,
            count=count,
            size=model.native_size,
            seed=seed,
            settings=SamplerSettings(),
        )
        return name, pictures.clamp(-1.0, 1.0)

    subjects, rows = [], []
    with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for name, pictures in pool.map(make, enumerate(bound.items(), start=1)):
            seen = judging.names(pictures)
            right = seen.count(name)
            others = Counter(each for each in seen if each != name)
            subjects.append(Subject(name, PROMPTS[name], count, right, dict(others)))
            rows.append(pictures[:_SHOWN])
            print(f"{name:14} {subjects[-1].share:.2f}  {' '.join(others)}", flush=True)
    mean = sum(each.right for each in subjects) / (count * len(subjects))
    worst = min(subjects, key=lambda each: each.share)
    holds = mean >= LEAST_MEAN and worst.share >= LEAST_OF_ONE
    print(
        f"{'holds' if holds else 'misses the limits'}: mean {mean:.3f} (at least {LEAST_MEAN}), "
        f"worst {worst.name} {worst.share:.2f} (at least {LEAST_OF_ONE})"
    )
    if file:
        report = {
            "model": model.revision,
            "guidance": model.default_guidance,
            "judge": judging.plain,
            "mean": mean,
            "subjects": [asdict(each) for each in subjects],
        }
        file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if picture:
        half = -(-len(rows) // 2)
        rows += [torch.full_like(rows[0], -1.0)] * (2 * half - len(rows))
        both = [torch.cat(pair) for pair in zip(rows[:half], rows[half:], strict=True)]
        sheet(both).save(picture)
    return 0 if holds else 1
