"""The stand-in from nothing in one command: pictures, VAE, latents, UNet, export, recognition.

python -m research.training.latent --work DIR    three hours on two CPU cores, at most

Interrupted, the same command goes on where it was; with more --minutes-unet a finished one does.
The weights stay in the folder that it names: they are for measuring, and for nothing else. The exit
code is 1 where too few samples are recognised.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from ..drawing.images import captions_of, is_made, make_set
from ..judging.sample import sheet
from ..learning.trainer import Schedule
from .caching import latents_of, norm_of, trained_vae
from .coding import Coding, signal_to_noise
from .denoising import Denoising
from .export import export
from .judging import COUNT, LEAST, recognise
from .shape import SIZE
from .words import tokenizer_for

PICTURES = 30_000
_RATE = 2e-3  # of both
MODEL = "model"  # folder of the exported one


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m research.training.latent", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for everything")
    parser.add_argument("--count", type=int, default=PICTURES, help="pictures to draw")
    parser.add_argument("--minutes-vae", type=float, default=44, help="of training the VAE")
    parser.add_argument("--minutes-unet", type=float, default=66, help="of training the UNet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--unjudged", action="store_true", help="leave recognition out")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    work: Path = options.work
    _check_the_same(work / "options.json", {"count": options.count, "seed": options.seed})
    model = _trained(work, options)
    if options.unjudged:
        return 0
    result, pictures = recognise(model, COUNT)
    (work / "recognised.json").write_text(json.dumps(asdict(result), indent=1) + "\n", "utf-8")
    sheet(list(pictures)).save(work / "samples.png")
    print(
        f"Recognised: {result.share:.3f} ± {result.error:.3f} of {result.count} (at least {LEAST})",
        flush=True,
    )
    return 0 if result.share >= LEAST else 1


def _check_the_same(file: Path, wanted: dict[str, int]) -> None:
    """A training goes on with the pictures that it was begun with; minutes may be added."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(wanted) + "\n", encoding="utf-8")
    begun = json.loads(file.read_text(encoding="utf-8"))
    if begun != wanted:
        given = ", ".join(f"--{name} {value}" for name, value in begun.items())
        sys.exit(f"{file.parent} holds a training begun with {given}. Choose another --work.")


def _trained(work: Path, options: argparse.Namespace) -> Path:
    """The exported model; each part is made where it is not there or not whole."""
    begun = time.monotonic()
    pictures, coding, denoising = (work / name for name in ("pictures", "vae", "unet"))
    if not is_made(pictures):
        make_set(options.count, options.seed, pictures, SIZE, options.threads)
    _say(begun, "pictures are there")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    coding.mkdir(parents=True, exist_ok=True)
    schedule = Schedule(options.minutes_vae, _RATE, options.seed, 1)
    Coding(pictures, schedule, coding, device).train()
    _say(begun, f"VAE: {signal_to_noise(trained_vae(coding), pictures):.2f} dB held out")
    latents = latents_of(pictures, coding, work / "latents")
    norm = norm_of(latents)
    _say(begun, f"latents times {norm.scale:.4f}")
    captions = captions_of(pictures)[: len(latents)]
    tokenizer = tokenizer_for(captions)
    denoising.mkdir(parents=True, exist_ok=True)
    schedule = Schedule(options.minutes_unet, _RATE, options.seed, 1)
    Denoising(norm(latents), captions, tokenizer, schedule, denoising, device).train()
    export(coding, denoising, tokenizer, norm, work / MODEL)
    _say(begun, f"model: {work / MODEL}")
    return work / MODEL


def _say(begun: float, text: str) -> None:
    print(f"{(time.monotonic() - begun) / 60:.1f} minutes: {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
