"""Three measurements of the bundled model, each against what it should be measured against.

python -m research.training.judging.measure memorising
    are samples nearer to training pictures than new pictures are?
python -m research.training.judging.measure colours
    do colour words move the hue to where they say?
python -m research.training.judging.measure enlargement
    stage II against bicubic and Lanczos interpolation
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torch.nn import functional

from engine.contract.geometry import Placement
from engine.contract.job import BUNDLED, BUNDLED_SECOND, DEFAULT_STEPS, SamplerSettings
from engine.method.sampler import sample as sample_stack
from engine.models import deepfloyd_if_sr
from engine.models.registry import BUNDLED_FOLDERS

from ..drawing.images import CONCEPTS, DATA, draw
from ..learning.first_stage import exported
from ..learning.second_stage import DATA_SECOND, HELD_OUT
from .classifier import kept_classifier
from .sample import PROMPTS, sample

HUES = {
    "red": 0, "orange": 28, "yellow": 52, "green": 115, "turquoise": 178, "blue": 215,
    "purple": 275, "pink": 335,
}  # fmt: skip
"""Degrees; where the word's colours lie in the picture program's palettes."""

COLOURED = {
    "a {} flower": ("red", "yellow", "blue", "purple", "pink"),
    "a {} leaf with veins": ("red", "yellow", "green"),
    "{} butterfly scales": ("orange", "green", "yellow", "blue", "purple"),
    "{} bacteria": ("red", "orange", "green", "blue", "purple"),
    "a {} crystal lattice": ("red", "green", "blue", "purple"),
    "water drops on {}": ("red", "green", "blue", "purple"),
    "the open ocean, {} water": ("turquoise", "green", "blue"),
    "a {} planet": ("red", "orange", "blue"),
    "a {} circuit board": ("green", "blue", "purple"),
}


def memorising(model: Path, data: Path, count: int, guidance: float) -> dict[str, float]:
    """Distances to the nearest training picture or its mirror image.

    Of samples; of new drawn pictures, which nobody can have memorised; and of training pictures
    under a little noise, which show what a memorised one would measure. The distance is
    perceptual: between the features of the classifier, which has learned what matters in these
    pictures and what does not; their length is set to one.

    Args:
        data: the set that the model was trained with.
    """
    classifier, _ = kept_classifier(data)
    features = nn.Sequential(*list(classifier.children())[:-2])
    images = np.load(data / "images.npy", mmap_mode="r")
    known = []
    for i in range(0, len(images), 500):
        pictures = torch.from_numpy(np.array(images[i : i + 500])).permute(0, 3, 1, 2)
        known += [_features(features, each) for each in (pictures, pictures.flip(3))]
    everything = torch.cat(known)
    networks, tokenizer = exported(model)
    generator, rng = torch.Generator().manual_seed(77), np.random.default_rng(987654321)
    near: dict[str, list[torch.Tensor]] = {"samples": [], "new pictures": [], "noisy copies": []}
    concepts = np.load(data / "concepts.npy")
    for number, name in enumerate(CONCEPTS):
        made = sample(networks, tokenizer, [PROMPTS[name]] * count, generator, guidance, 16)
        drawn = np.stack([draw(rng, name)[0] for _ in range(count)])
        trained = images[rng.choice(np.flatnonzero(concepts == number), count, replace=False)]
        copies = torch.from_numpy(trained).permute(0, 3, 1, 2).float()
        copies += 2.0 * torch.randn(copies.shape, generator=generator)
        for kind, pictures in (
            ("samples", (made + 1) * 127.5),
            ("new pictures", torch.from_numpy(drawn).permute(0, 3, 1, 2) * 255),
            ("noisy copies", copies),
        ):
            near[kind].append(torch.cdist(_features(features, pictures), everything).min(1).values)
    result: dict[str, float] = {}
    for kind, parts in near.items():
        distances = torch.cat(parts)
        result[f"{kind}, median"] = float(distances.median())
        result[f"{kind}, closest twentieth"] = float(distances.quantile(0.05))
    return result


def _features(network: nn.Module, pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (n, 3, 64, 64), 0..255, to vectors of length one."""
    with torch.inference_mode():
        return functional.normalize(network(pictures.float() / 127.5 - 1), dim=1)


def colours(model: Path, count: int, guidance: float) -> dict[str, object]:
    """The mean hue of samples that name a colour, and where it is without the word.

    Of the middle half: the word means the flower and not the green behind it. A prompt is right
    where the hue is nearest to its own word among those that its subject was drawn in.
    """
    networks, tokenizer = exported(model)
    generator = torch.Generator().manual_seed(78)

    def hue_of(prompt: str) -> float:
        pictures = sample(networks, tokenizer, [prompt] * count, generator, guidance, 16)
        middle = pictures[..., 16:48, 16:48]
        return mean_hue(((middle + 1) / 2).permute(0, 2, 3, 1).numpy())

    rows = []
    for prompt, words in COLOURED.items():
        plain = hue_of(" ".join(prompt.format("").split()))
        for word in words:
            text = prompt.format(word)
            hue = hue_of(text)
            off, before = _apart(hue, HUES[word]), _apart(plain, HUES[word])
            nearest = min(words, key=lambda other: _apart(hue, HUES[other]))
            rows.append({"prompt": text, "off": off, "plain": before, "right": nearest == word})
            print(
                f"{text:32} {hue:4.0f}, {off:3.0f} from {word}; without the word {before:3.0f}; "
                f"nearest {nearest}",
                flush=True,
            )
    return {
        "right": sum(bool(row["right"]) for row in rows),
        "of": len(rows),
        "mean degrees off": float(np.mean([row["off"] for row in rows])),
        "without the word": float(np.mean([row["plain"] for row in rows])),
        "rows": rows,
    }


def mean_hue(pictures: NDArray[np.float32]) -> float:
    """Degrees, of pictures (n, h, w, 3) in 0..1; each pixel counts by its chroma."""
    red, green, blue = pictures.reshape(-1, 3).T
    x, y = red - 0.5 * (green + blue), np.sqrt(0.75) * (green - blue)
    return float(np.degrees(np.arctan2(y.mean(), x.mean())) % 360)


def _apart(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)


def enlargement(
    data: Path, classifier: nn.Module, count: int, out: Path | None, folder: Path
) -> dict[str, dict[str, float]]:
    """PSNR (dB), perceptual distance and sharpness of three ways from 64 to 256 px.

    On pictures that stage II has not seen. Perceptual distance: between the first two layers'
    responses of the classifier to both pictures, relative to the response to the true one.
    Sharpness: the mean gradient, relative to the true picture's.

    Args:
        folder: of stage II.
    """
    images = np.load(data / "images.npy", mmap_mode="r")
    chosen = np.linspace(len(images) - HELD_OUT, len(images) - 1, count).astype(int)
    truth = torch.from_numpy(np.array(images[chosen])).permute(0, 3, 1, 2).float() / 127.5 - 1
    small = functional.avg_pool2d(truth, 4)
    layers = nn.Sequential(*list(classifier.children())[:6])
    made = {
        "bicubic": _by_pillow(small, Image.Resampling.BICUBIC),
        "Lanczos": _by_pillow(small, Image.Resampling.LANCZOS),
        "stage II": _by_stage_two(small, folder),
    }
    report = {}
    with torch.inference_mode():
        wanted = layers(truth)
        for name, pictures in made.items():
            error = ((pictures - truth) / 2).square().mean(dim=(1, 2, 3))
            seen = layers(pictures)
            distance = (seen - wanted).square().mean((1, 2, 3)) / wanted.square().mean((1, 2, 3))
            report[name] = {
                "psnr": float((-10 * error.log10()).mean()),
                "perceptual": float(distance.sqrt().mean()),
                "sharpness": float(_gradient(pictures) / _gradient(truth)),
            }
            print(name, report[name], flush=True)
    if out:
        rows = [torch.cat([p[i] for p in (*made.values(), truth)], 2) for i in range(0, count, 5)]
        pixels = (torch.cat(rows, 1).permute(1, 2, 0).numpy() + 1) * 127.5
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out)
    return report


def _by_pillow(small: torch.Tensor, filter_: Image.Resampling) -> torch.Tensor:
    size = (small.shape[-1] * 4, small.shape[-2] * 4)
    planes = [
        np.asarray(Image.fromarray(plane.numpy()).resize(size, filter_))
        for plane in small.flatten(0, 1)
    ]
    return torch.from_numpy(np.stack(planes)).view(-1, 3, size[1], size[0]).clamp(-1, 1)


def _by_stage_two(small: torch.Tensor, folder: Path) -> torch.Tensor:
    """Stage II as a job runs it, each picture a stack of one level."""
    model = deepfloyd_if_sr.load(folder, BUNDLED_SECOND, "", torch.device("cpu"))
    settings = SamplerSettings(steps=round(DEFAULT_STEPS * model.steps_share))
    size = (small.shape[-1] * 4, small.shape[-2] * 4)
    made = []
    for seed, each in enumerate(small):
        noise = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(seed))
        with torch.inference_mode():
            denoiser = model.condition([""], [""], each[None], noise)
        made.append(
            sample_stack(denoiser, [Placement()], size=size, seed=-1 - seed, settings=settings)
        )
    return torch.cat(made)


def _gradient(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.diff(dim=2).abs().mean() + pictures.diff(dim=3).abs().mean()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m research.training.judging.measure", description=__doc__.splitlines()[0]
    )
    parser.add_argument("what", choices=("memorising", "colours", "enlargement"))
    parser.add_argument("--model", type=Path, default=BUNDLED_FOLDERS[BUNDLED])
    parser.add_argument("--second", type=Path, default=BUNDLED_FOLDERS[BUNDLED_SECOND])
    parser.add_argument("--data", type=Path, default=DATA, help="stage I's pictures")
    parser.add_argument("--large", type=Path, default=DATA_SECOND, help="stage II's pictures")
    parser.add_argument(
        "--count", type=int, default=8, help="pictures a subject; enlargement: always 30"
    )
    parser.add_argument("--guidance", type=float, default=2.5)
    parser.add_argument("--sheet", type=Path, help="enlargement: save pictures side by side")
    options = parser.parse_args()
    if options.what == "memorising":
        report: object = memorising(options.model, options.data, options.count, options.guidance)
    elif options.what == "colours":
        report = colours(options.model, options.count, options.guidance)
    else:
        classifier, _ = kept_classifier(options.data)
        report = enlargement(options.large, classifier, 30, options.sheet, options.second)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
