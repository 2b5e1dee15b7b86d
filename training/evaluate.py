"""Recognition: does an independent classifier see in the samples what the prompt asked for?

The classifier is a small CNN trained on the drawn pictures alone; it never meets the diffusion
model. python -m training.evaluate --count 16 prints one line a concept and writes a JSON file.
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from .export import load_networks
from .images import CONCEPTS, DATA, concepts_of
from .sample import PROMPTS, sample, sheet
from .train import RUN


def build_classifier() -> nn.Sequential:
    """64x64 pictures in -1..1 to one score a concept."""
    widths = (3, 24, 48, 64, 96)
    layers: list[nn.Module] = []
    for i, o in itertools.pairwise(widths):
        layers += [nn.Conv2d(i, o, 3, stride=2, padding=1), nn.BatchNorm2d(o), nn.ReLU()]
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1),
        nn.Linear(widths[-1], len(CONCEPTS)),
    )  # fmt: skip


def train_classifier(data: Path, steps: int, held_out: int = 1800) -> tuple[nn.Module, float]:
    """The classifier and its accuracy on drawn pictures that it has not seen."""
    torch.manual_seed(0)
    images = np.load(data / "images.npy", mmap_mode="r")
    labels = torch.from_numpy(np.load(data / "concepts.npy").astype(np.int64))
    classifier = build_classifier()
    optimiser = torch.optim.AdamW(classifier.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    order = np.random.default_rng(0)
    for _ in range(steps):
        chosen = np.sort(order.integers(0, len(images) - held_out, 64))
        scores = classifier(_pixels(images[chosen]))
        loss = functional.cross_entropy(scores, labels[torch.from_numpy(chosen)])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    classifier.eval()
    with torch.inference_mode():
        guess = classifier(_pixels(images[-held_out:])).argmax(1)
    return classifier, float((guess == labels[-held_out:]).float().mean())


def kept_classifier(data: Path, steps: int = 1500) -> tuple[nn.Module, float]:
    """The classifier of a picture set and its accuracy; trained once, then kept beside the set."""
    weights, notes = data / "classifier.safetensors", data / "classifier.json"
    if weights.exists():
        classifier: nn.Module = build_classifier()
        classifier.load_state_dict(load_file(weights))
        accuracy = float(json.loads(notes.read_text(encoding="utf-8"))["accuracy"])
    else:
        classifier, accuracy = train_classifier(data, steps)
        save_file(classifier.state_dict(), weights)
        notes.write_text(json.dumps({"accuracy": accuracy}), encoding="utf-8")
    return classifier.eval(), accuracy


def _pixels(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float() / 127.5 - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=RUN)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--count", type=int, default=16, help="samples a concept")
    parser.add_argument("--guidance", type=float, default=3.5)
    parser.add_argument("--steps", type=int, default=24, help="sampling steps")
    parser.add_argument("--classifier-steps", type=int, default=1500)
    parser.add_argument("--sheet", type=Path, help="also save the samples, one row a prompt")
    parser.add_argument("--out", type=Path, default=DATA / "recognition.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    classifier, accuracy = kept_classifier(options.data, options.classifier_steps)
    print(f"classifier, on drawn pictures it has not seen: {accuracy:.3f}", flush=True)
    networks, tokenizer = load_networks(options.run)
    generator = torch.Generator().manual_seed(1234)
    names = list(CONCEPTS)
    report: dict[str, object] = {"classifier": accuracy, "guidance": options.guidance}
    rates, rows = {}, []
    for name in concepts_of(options.data):
        prompt = PROMPTS[name]
        pictures = sample(
            networks,
            tokenizer,
            [prompt] * options.count,
            generator,
            options.guidance,
            options.steps,
        )
        rows.append(pictures[:6])
        with torch.inference_mode():
            guess = classifier(pictures).argmax(1)
        rates[name] = float((guess == names.index(name)).float().mean())
        others = sorted({names[i] for i in guess.tolist()} - {name})
        print(f"{name:14} {rates[name]:.2f}  {' '.join(others)}", flush=True)
    report["recognised"] = rates
    report["mean"] = float(np.mean(list(rates.values())))
    print(f"{'mean':14} {report['mean']:.3f}")
    if options.sheet:
        half = len(rows) // 2
        both = [torch.cat([a, b]) for a, b in zip(rows[:half], rows[half:], strict=True)]
        sheet(both, zoom=1).save(options.sheet)
    options.out.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
