"""Writes the trained networks as a DeepFloyd IF folder that diffusers loads.

python -m research.training.learning.export --run RUN --data SET --out DIR  stage I
python -m research.training.learning.export --second --run RUN --out DIR    stage II
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import IFPipeline, IFSuperResolutionPipeline
from safetensors.torch import load_file
from transformers import T5Tokenizer

from engine.contract.vocabulary import SAY_NOTHING, WORDS_FILE, forms, words_of

from ..drawing.captions import FILLERS, mark_of, parted
from ..drawing.images import CONCEPTS, DATA, captions_of, concepts_of
from ..drawing.words import NAMELESS, NOUNS, PHRASES
from . import model
from .first_stage import HISTORY, RUN, Networks

CARD = """---
license: cc0-1.0
library_name: diffusers
pipeline_tag: text-to-image
---
# Zoom Stack's bundled model

A text-to-image diffusion model of {millions:.1f} million parameters for 64x64 pictures, in the
folder format of DeepFloyd IF. It exists so that Zoom Stack makes a zoom without any download; its
world is that of the program that drew its training pictures. State: {state}

- Knows: {concepts}.
- Trained on pictures drawn by `research/training/drawing/images.py` alone, no photographs; the
  weights are free of anyone's rights (CC0).
- Training: {steps:,} steps, {seen:,} pictures seen, {minutes:.0f} minutes, in {runs} run(s), each
  from the weights of the one before (`{history}`). Weights: exponential moving average, half
  precision.{shares}{holding}
- v-prediction, `squaredcos_cap_v2`; the last three of six output channels (IF's learned variance)
  are untrained: drop them.
- Guidance 2 to 3 is a good start; a grid uniform in log sigma from 80 to 0.01, 24 steps.

How it was made, measured and where it fails: `docs/bundled_model.md`.
"""

SHARES = """
  Where a run has a `share`, that part of the weights is its own, the rest an earlier model's."""

HOLDING = """
- Of a picture that holds another the caption begins with one more word: `+forest` where there is a
  forest in it (`holding` in `words.json`)."""

SECOND_CARD = """---
license: cc0-1.0
library_name: diffusers
---
# Zoom Stack's bundled model, stage II

Enlarges pictures of 64 px to 256: {millions:.2f} million parameters, in the folder format of
DeepFloyd IF's stage II, without text. Trained on pictures drawn by
`research/training/drawing/images.py` alone (CC0): {steps} steps, {seen} crops,
{minutes:.0f} minutes, seed {seed}.
v-prediction, `squaredcos_cap_v2`; noise level of the small picture 0 to 500. Eight steps.

How it was made and measured: `docs/bundled_model.md`.
"""


NOTHING_ELSE: dict[str, Any] = {
    "safety_checker": None,
    "feature_extractor": None,
    "watermarker": None,
    "requires_safety_checker": False,
}
"""The parts of IF's pipelines that this model does without."""


def load_networks(run: Path) -> tuple[Networks, T5Tokenizer]:
    """The averaged networks of a training run, and its tokenizer."""
    tokenizer = T5Tokenizer.from_pretrained(run / "tokenizer")
    networks = Networks(len(tokenizer))
    networks.load_state_dict(load_file(run / "average.safetensors"))
    return networks.eval(), tokenizer


def export(run: Path, data: Path, out: Path, state: str) -> None:
    """Writes model_index.json, unet, text_encoder, tokenizer, scheduler and README.md to `out`.

    Beside them the history of the training and the words that the model knows.

    Args:
        data: the picture set of the training: the model's card says what it knows.
        state: of the training, for the card.
    """
    networks, tokenizer = load_networks(run)
    pipeline = IFPipeline(
        tokenizer=tokenizer,
        text_encoder=networks.text_encoder.to(torch.float16),
        unet=networks.unet.to(torch.float16),
        scheduler=model.build_scheduler(),
        **NOTHING_ELSE,
    )
    pipeline.save_pretrained(out, safe_serialization=True)
    runs = history_of(run)
    parameters = model.parameters_of(networks.unet) + model.parameters_of(networks.text_encoder)
    words = vocabulary(data)
    card = CARD.format(
        millions=parameters / 1e6,
        state=state,
        concepts=", ".join(map(_plain, concepts_of(data))),
        runs=len(runs),
        steps=sum(each["steps"] for each in runs),
        seen=sum(each["seen"] for each in runs),
        minutes=sum(each["minutes"] for each in runs),
        history=HISTORY,
        shares=SHARES if any("share" in each for each in runs) else "",
        holding=HOLDING if words["holding"] else "",
    )
    (out / "README.md").write_text(card, encoding="utf-8")
    (out / HISTORY).write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    (out / WORDS_FILE).write_text(json.dumps(words, indent=1) + "\n", encoding="utf-8")


def history_of(run: Path) -> list[dict[str, Any]]:
    """The trainings that led to a run's weights, this one last: steps, seen, minutes, seed."""
    before = run / HISTORY
    runs: list[dict[str, Any]] = (
        json.loads(before.read_text(encoding="utf-8")) if before.exists() else []
    )
    state = json.loads((run / "state.json").read_text(encoding="utf-8"))
    own = {"steps": state["step"], "seen": state["seen"], "seed": state["seed"]}
    return [*runs, {**own, "minutes": round(state["spent"] / 60, 1)}]


def export_second(run: Path, out: Path) -> None:
    """Writes stage II, a folder of its own: model_index.json, unet, two schedulers, README.md."""
    unet = model.build_second_unet()
    unet.load_state_dict(load_file(run / "average.safetensors"))
    pipeline = IFSuperResolutionPipeline(
        tokenizer=None,
        text_encoder=None,
        unet=unet.to(torch.float16),
        scheduler=model.build_scheduler(),
        image_noising_scheduler=model.build_scheduler(),
        **NOTHING_ELSE,
    )
    pipeline.save_pretrained(out, safe_serialization=True)
    training = json.loads((run / "state.json").read_text(encoding="utf-8"))
    card = SECOND_CARD.format(
        millions=model.parameters_of(unet) / 1e6,
        steps=training["step"],
        seen=training["seen"],
        minutes=training["spent"] / 60,
        seed=training["seed"],
    )
    (out / "README.md").write_text(card, encoding="utf-8")


def vocabulary(data: Path) -> dict[str, object]:
    """The words that the captions of a set use again and again, and its subjects.

    Random letters that were put in to disturb are rarer than one in two thousand captions, and
    fillers than one in a hundred and fifty; those that captions use in earnest as well count as
    other words do.
    """
    texts = captions_of(data)
    marks, captions = zip(*map(parted, texts), strict=True)
    counts = Counter(word for text in captions for word in set(words_of(text)))
    nouns = {word for phrases in NOUNS.values() for phrase in phrases for word in words_of(phrase)}
    disturbing = set(FILLERS) - nouns
    words = {
        word
        for word, count in counts.items()
        if count * (150 if word in disturbing else 2000) >= len(captions)
    }
    nameless = NAMELESS | SAY_NOTHING | set(FILLERS)
    naming = _naming(data, captions, (words & nouns) - nameless)
    # "autumn leaves" means a leaf, though captions of leaves say "leaf".
    for word in words - nameless - naming.keys():
        for form in sorted(forms(word) & naming.keys()):
            naming[word] = naming[form]
    subjects = concepts_of(data)
    known = words | SAY_NOTHING
    phrases = {
        phrase: _plain(name)
        for phrase, name in PHRASES.items()
        if name in subjects and known.issuperset(phrase.split())
    }
    often = {mark for mark, count in Counter(marks).items() if count * 500 >= len(texts)}
    return {
        "version": 1,
        "subjects": [_plain(name) for name in subjects],
        "words": sorted(words),
        "naming": dict(sorted({**naming, **phrases}.items())),
        "holding": {_plain(name): mark_of(name) for name in subjects if mark_of(name) in often},
    }


def _plain(concept: str) -> str:
    return concept.replace("_", " ")


def _naming(data: Path, captions: Sequence[str], words: set[str]) -> dict[str, str]:
    """Each word with the subject that it stands for most often."""
    names = [_plain(name) for name in CONCEPTS]
    numbers = np.load(data / "concepts.npy")
    of_each = np.bincount(numbers, minlength=len(names))  # some may be drawn more often
    shares: dict[str, dict[str, float]] = {word: defaultdict(float) for word in words}
    for text, number in zip(captions, numbers, strict=True):
        # "life in a drop of water" says nothing of what a drop is.
        plain = f" {' '.join(words_of(text))} "
        for phrase in PHRASES:
            plain = plain.replace(f" {phrase} ", " ")
        for word in words & set(plain.split()):
            shares[word][names[number]] += 1 / of_each[number]
    return {word: max(found, key=found.__getitem__) for word, found in shares.items() if found}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m research.training.learning.export", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--run", type=Path, default=RUN)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--state", default="finished.", help="of the training, for the README")
    parser.add_argument("--second", action="store_true", help="stage II: --run and --out alone")
    options = parser.parse_args()
    if options.second:
        export_second(options.run, options.out)
        return
    export(options.run, options.data, options.out, options.state)


if __name__ == "__main__":
    main()
