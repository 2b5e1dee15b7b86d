"""The picture program: square images of every concept, with captions.

python -m research.training.drawing.images --count 20000    stage I's set, under .dev/training/
python -m research.training.drawing.images --count 3000 --size 256 --out .dev/training/large
                                                            stage II's
python -m research.training.drawing.images --sheet OUT.png  a contact sheet, one row a concept
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from . import insets
from .captions import caption, mark_of
from .concepts import cosmos, green, land, life, space, texture, water
from .concepts.traits import Drawing
from .fields import UNITS, Field, Rng, canvas, reduce
from .program import FOLDER, version

CONCEPTS: dict[str, Callable[[Rng], Drawing]] = {
    "galaxy_cluster": cosmos.galaxy_cluster,
    "galaxy": space.galaxy,
    "nebula": space.nebula,
    "stars": space.stars,
    "solar_system": cosmos.solar_system,
    "planet": space.planet,
    "moon": space.moon,
    "continent": cosmos.continent,
    "clouds": land.clouds,
    "ocean": water.ocean,
    "coast": land.coast,
    "mountains": land.mountains,
    "dunes": land.dunes,
    "river_delta": water.river_delta,
    "city": green.city,
    "fields": green.fields,
    "forest": green.forest,
    "meadow": texture.meadow,
    "bark": life.bark,
    "leaf": life.leaf,
    "flower": life.flower,
    "water_drops": water.water_drops,
    "snow_crystal": life.snow_crystal,
    "butterfly": texture.butterfly,
    "circuit": texture.circuit,
    "diatoms": water.diatoms,
    "plant_cells": life.plant_cells,
    "blood": life.blood,
    "bacteria": texture.bacteria,
    "lattice": texture.lattice,
}
"""From the widest scale to the smallest; the order says which pictures lie inside which."""

DATA = Path(".dev/training")
CAPTIONS = "captions.json"  # of a set; written last
NO_SET = "no set there; python -m research.training.drawing.images draws one"
_PARTS = "parts"  # folder of a set that is being drawn, for its blocks: NUMBER.npz
Pixels = NDArray[np.uint8]
_A_BLOCK = 250  # pictures that are drawn and kept together: about ten seconds of a core


SMALL = 64
"""Width of stage I's pictures. They are drawn at twice that, which smooths every edge; larger ones
are smooth enough as they are drawn."""


def draw(rng: Rng, concept: str, size: int = SMALL) -> tuple[Field, Drawing]:
    """One picture (size, size, 3), 0..1, and what it says about itself."""
    with canvas(max(size, UNITS)):
        drawing = CONCEPTS[concept](rng)
    return reduce(np.clip(drawing.image, 0.0, 1.0), max(UNITS // size, 1)), drawing


def example(seed: int, index: int, size: int = SMALL) -> tuple[Pixels, str, int]:
    """Picture `index` of the set `seed`: (size, size, 3) bytes, caption, number of its concept.

    Only stage I has to do with more than one scale in a picture; its captions say which.
    """
    rng = np.random.default_rng((seed, index))
    names = list(CONCEPTS)
    number = index % len(names)
    image, drawing = draw(rng, names[number], size)
    text = caption(rng, drawing)
    if size == SMALL and rng.random() < insets.SHARE:
        image, inside = insets.with_inset(
            rng, image, names[number], names, lambda rng, name: draw(rng, name)[0]
        )
        text = f"{mark_of(inside)} {text}"
    if rng.random() < 0.5:
        image = image[:, ::-1]
    return (image * 255 + 0.5).astype(np.uint8), text, number


@dataclass(frozen=True)
class _Block:
    """Some pictures of a set, and the file that they go to."""

    file: Path
    seed: int
    start: int
    stop: int
    size: int

    def make(self) -> Path:
        """Drawn, unless they have been; the file is whole or not there."""
        if not self.file.exists():
            examples = [example(self.seed, i, self.size) for i in range(self.start, self.stop)]
            pictures, texts, numbers = zip(*examples, strict=True)
            half = self.file.with_suffix(".new.npz")
            np.savez(
                half, images=np.stack(pictures), texts=texts, numbers=np.asarray(numbers, np.int16)
            )
            half.replace(self.file)
        return self.file


def make_set(
    count: int,
    seed: int,
    folder: Path,
    size: int = SMALL,
    processes: int | None = None,
) -> None:
    """Writes images.npy (count, size, size, 3), concepts.npy and at last captions.json.

    Interrupted, the same call of the same program goes on where it was.

    Args:
        processes: by default one a core.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CAPTIONS).unlink(missing_ok=True)
    asked = {"seed": seed, "count": count, "size": size, "program": _program()}
    parts = _begun(folder / _PARTS, asked)
    blocks = [
        _Block(parts / f"{i}.npz", seed, i, min(i + _A_BLOCK, count), size)
        for i in range(0, count, _A_BLOCK)
    ]
    # The sampler's footprints compute with torch, whose threads would only wait for each other.
    with ProcessPoolExecutor(processes, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        made = [_read_part(file) for file in pool.map(_Block.make, blocks)]
    np.save(folder / "images.npy", np.concatenate([part["images"] for part in made]))
    np.save(folder / "concepts.npy", np.concatenate([part["numbers"] for part in made]))
    texts = list(itertools.chain(*(part["texts"].tolist() for part in made)))
    # With its captions a set is whole, so they are there at once or not at all.
    half = folder / f"{CAPTIONS}.new"
    half.write_text(json.dumps(texts), encoding="utf-8")
    half.replace(folder / CAPTIONS)
    shutil.rmtree(parts)


def _program() -> str:
    return version(FOLDER / "captions.py", FOLDER / "words.py")


def _read_part(file: Path) -> dict[str, NDArray[Any]]:
    """A block of a set that is being drawn: images, texts and numbers, as they will be in it."""
    with np.load(file) as part:
        return dict(part)


def _begun(folder: Path, asked: dict[str, object]) -> Path:
    """The folder for the blocks of a set, without those of another one that was left unfinished."""
    note = folder / "asked.json"
    if not note.exists() or json.loads(note.read_text(encoding="utf-8")) != asked:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        note.write_text(json.dumps(asked), encoding="utf-8")
    return folder


def is_made(folder: Path) -> bool:
    """Whether a set is there as a whole."""
    return (folder / CAPTIONS).exists()


def captions_of(folder: Path) -> list[str]:
    """The captions of a whole set, with their marks."""
    texts: list[str] = json.loads((folder / CAPTIONS).read_text(encoding="utf-8"))
    return texts


def concepts_of(folder: Path) -> list[str]:
    """The subjects that the pictures of a set show, from the widest scale to the smallest."""
    numbers = np.unique(np.load(folder / "concepts.npy"))
    return [list(CONCEPTS)[number] for number in numbers]


def sheet(seed: int, columns: int) -> Image.Image:
    """A contact sheet, one row a concept, at twice the size."""
    rows = []
    for number, name in enumerate(CONCEPTS):
        rng = np.random.default_rng((seed, number))
        rows.append(np.concatenate([draw(rng, name)[0] for _ in range(columns)], axis=1))
    pixels = (np.concatenate(rows) * 255 + 0.5).astype(np.uint8)
    picture = Image.fromarray(pixels)
    return picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.NEAREST)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m research.training.drawing.images", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--count", type=int, default=27000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DATA)
    parser.add_argument("--size", type=int, choices=(64, 256), default=64)
    parser.add_argument("--sheet", type=Path, help="draw a contact sheet instead")
    parser.add_argument("--columns", type=int, default=10, help="of the contact sheet")
    options = parser.parse_args()
    if options.sheet:
        sheet(options.seed, options.columns).save(options.sheet)
    else:
        make_set(options.count, options.seed, options.out, options.size)


if __name__ == "__main__":
    main()
