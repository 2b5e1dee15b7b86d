"""Is a level recognised as what its prompt asks for? A judge that never met the diffusion model.

The judge is the classifier of ``research.training.judging``, trained here on pictures that the
diffusion model was not trained on (another seed of the picture program), plain and nested. Nested
ones matter: a level of a zoom holds two or three other subjects in its middle, and a judge
that knows plain pictures only would fail a good level for what lies inside it.

The judge is made once and kept below ``.dev/``, in a folder named after the program that drew the
pictures: a changed program gets a judge of its own.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn

from engine.contract.geometry import Placement
from engine.method.footprint import Footprint, footprint
from engine.method.nesting import render_with
from research.training.drawing.images import CONCEPTS, make_set
from research.training.drawing.program import version
from research.training.judging import classifier as classifier_module
from research.training.judging.classifier import build_classifier, train_classifier

CACHE = Path(".dev/benchmarks")
PICTURES = 12_000
HELD_OUT = 900  # of the drawn pictures, and as many nested ones made of them alone
STEPS = 2_000
# No training set of the model has this seed.
SEED = 991
_FACTORS = (2.0, 4.0)
_BATCH = 500

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Judge:
    """The trained classifier.

    Attributes:
        plain: share named rightly of drawn pictures that it has not seen.
        nested: share of nested ones, by the subject of the widest.
    """

    classifier: nn.Module
    plain: float
    nested: float

    @torch.inference_mode()
    def names(self, levels: torch.Tensor) -> list[str]:
        """The subject that it sees in each picture of (N, 3, 64, 64), -1 to 1."""
        known = list(CONCEPTS)
        return [known[i] for i in self.classifier(levels.clamp(-1.0, 1.0)).argmax(1).tolist()]


def recognised(judge: Judge, levels: torch.Tensor, subjects: Sequence[str]) -> list[bool]:
    """Whether each level's first guess, of all subjects that can be drawn, is what was asked for.

    Chance is one in the number of ``CONCEPTS``.
    """
    return [seen == asked for seen, asked in zip(judge.names(levels), subjects, strict=True)]


def nested(pictures: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Each picture with another in its middle that holds a third, as the levels of a zoom do.

    The border is hard, as Pi_image leaves it. In half of them the mean colour of what lies inside
    moves towards its surroundings, as it does where levels are sampled together. Half of them
    continue a wider picture along their own border: it prevails there and fades within a sixteenth
    to an eighth of the side, whatever the method's own rim is.

    Args:
        pictures: (n, 3, H, W).
    """
    count, _, height, width = pictures.shape
    inside, deepest, wider = (pictures[torch.from_numpy(rng.permutation(count))] for _ in range(3))
    result = torch.empty_like(pictures)
    for start in range(0, count, _BATCH):
        part = slice(start, start + _BATCH)
        place = footprint(Placement(float(rng.choice(_FACTORS))), (width, height))
        difference = place.crop(pictures[part]) - place.reduce(inside[part])
        moves = rng.random(len(difference)) < 0.5
        share = torch.from_numpy(rng.uniform(0.0, 0.9, len(difference)) * moves)
        pull = share.to(pictures)[:, None, None, None]
        child = inside[part] + pull * difference.mean((-2, -1), keepdim=True)
        outer = _continued(pictures[part], wider[part], place, rng)
        stack = torch.stack([outer, child, deepest[part]])
        result[part] = render_with(stack, [place, place])[0]
    return result


def _continued(
    pictures: torch.Tensor, wider: torch.Tensor, place: Footprint, rng: np.random.Generator
) -> torch.Tensor:
    """Half of the pictures with the wider one's low frequencies along the border."""
    height, width = pictures.shape[-2:]
    across = torch.minimum(torch.arange(width), torch.arange(width - 1, -1, -1))
    down = torch.minimum(torch.arange(height), torch.arange(height - 1, -1, -1))
    distance = torch.minimum(down[:, None], across[None, :]).to(pictures)
    fall = torch.from_numpy(rng.uniform(1 / 16, 1 / 8, len(pictures)) * min(height, width))
    weight = (1.0 - distance / fall.to(pictures)[:, None, None, None]).clamp(min=0.0)
    chosen = torch.from_numpy(rng.random(len(pictures)) < 0.5).to(pictures)[:, None, None, None]
    difference = place.enlarge(place.crop(wider) - place.reduce(pictures))
    return pictures + chosen * weight * difference


def judge(folder: Path = CACHE, pictures: int = PICTURES, steps: int = STEPS) -> Judge:
    """The judge, made at the first call: a few minutes on one core."""
    made_by = version(Path(__file__), Path(classifier_module.__file__))
    kept = folder / f"judge_{made_by}_{pictures}_{steps}"
    if not (kept / "judge.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        # Made aside and moved as a whole: a run that was cut short leaves nothing half made.
        with tempfile.TemporaryDirectory(dir=folder) as aside:
            _make(Path(aside), kept, pictures, steps)
    classifier = build_classifier()
    classifier.load_state_dict(load_file(kept / "judge.safetensors"))
    rates = json.loads((kept / "judge.json").read_text(encoding="utf-8"))
    return Judge(classifier.eval(), rates["plain"], rates["nested"])


def _make(aside: Path, kept: Path, pictures: int, steps: int) -> None:
    """Draw, nest, train, measure; leaves the weights and their accuracy in the folder ``kept``."""
    print(f"Once only: {pictures} pictures and a classifier to judge the prompts by.", flush=True)
    make_set(pictures, SEED, aside)
    drawn = np.load(aside / "images.npy")
    subjects = np.load(aside / "concepts.npy")
    held = min(HELD_OUT, pictures // 5)
    rng = np.random.default_rng(SEED)
    early, late = drawn[:-held], drawn[-held:]
    # `train_classifier` holds out the end of what it is given.
    images = [early, _nested_bytes(early, rng), late, _nested_bytes(late, rng)]
    np.save(aside / "images.npy", np.concatenate(images))
    labels = [subjects[:-held]] * 2 + [subjects[-held:]] * 2
    np.save(aside / "concepts.npy", np.concatenate(labels))
    with torch.random.fork_rng():
        classifier, _ = train_classifier(aside, steps, held_out=2 * held)
    truth = torch.from_numpy(subjects[-held:].astype(np.int64))
    rates = {
        name: _accuracy(classifier, part, truth)
        for name, part in (("plain", images[2]), ("nested", images[3]))
    }
    for file in aside.iterdir():
        file.unlink()
    save_file(classifier.state_dict(), aside / "judge.safetensors")
    (aside / "judge.json").write_text(json.dumps(rates) + "\n", encoding="utf-8")
    kept.mkdir(exist_ok=True)
    for name in ("judge.safetensors", "judge.json"):
        (aside / name).replace(kept / name)


@torch.inference_mode()
def _accuracy(classifier: nn.Module, pictures: Bytes, truth: torch.Tensor) -> float:
    guesses = classifier(_to_unit(pictures)).argmax(1)
    return float((guesses == truth).float().mean())


def _nested_bytes(pictures: Bytes, rng: np.random.Generator) -> Bytes:
    levels = nested(_to_unit(pictures), rng).clamp(-1.0, 1.0)
    values = ((levels.permute(0, 2, 3, 1) + 1.0) * 127.5).round()
    result: Bytes = values.numpy().astype(np.uint8)
    return result


def _to_unit(pictures: Bytes) -> torch.Tensor:
    """(n, H, W, 3) bytes to (n, 3, H, W), -1 to 1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1.0
