"""What a folder with a model looks like from outside, and which families of models can be used.

Nothing of a model is loaded here: one small JSON file tells what a folder holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ZoomStackError
from .validation import read_json

INDEX_FILE = "model_index.json"  # of diffusers
CONFIG_FILE = "config.json"  # of transformers, whose models are one part and have no index
IF_MULTIPLE = 8  # IF's UNet halves the picture three times


@dataclass(frozen=True)
class Family:
    """A kind of model that an adapter exists for.

    Attributes:
        title: for people.
        adapter: the module in ``engine.models`` with ``load(folder, name, revision, device)``.
        denoiser: the part whose weights tell one model from another; "" is the folder itself.
        parts: the folders that must be there.
        text_encoders: those of them that a text encoder's weights must lie in.
        size_multiple: of which the sides of sampled pictures must be whole ones.
        enlarges: it enlarges the pictures of a first stage and makes none by itself.
        single: it enlarges each by itself, once the sampling is over.
    """

    title: str
    adapter: str
    denoiser: str
    parts: tuple[str, ...]
    text_encoders: tuple[str, ...]
    size_multiple: int = IF_MULTIPLE
    enlarges: bool = False
    single: bool = False


#: By the class that an index or a configuration names.
FAMILIES = {
    "IFPipeline": Family(
        "DeepFloyd IF",
        "deepfloyd_if",
        "unet",
        ("unet", "scheduler", "tokenizer", "text_encoder"),
        ("text_encoder",),
    ),
    "IFSuperResolutionPipeline": Family(
        "DeepFloyd IF, stage II",
        "deepfloyd_if_sr",
        "unet",
        ("unet", "scheduler", "image_noising_scheduler", "tokenizer", "text_encoder"),
        ("text_encoder",),
        enlarges=True,
    ),
    "Swin2SRForImageSuperResolution": Family(
        "Swin2SR", "swin2sr", "", (), (), enlarges=True, single=True
    ),
}


def is_model(folder: Path) -> bool:
    """Whether a folder holds a model, be it of a family that can be used or not."""
    if (folder / INDEX_FILE).is_file():
        return True
    # Any program may call its settings config.json.
    try:
        return class_name(folder) in FAMILIES
    except ZoomStackError:
        return False


def listed_parts(index: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The parts that an index lists, each with the library and the class that made it.

    Those that it lists as absent are left out, and so are its settings.
    """
    return {
        part: (made_by[0], made_by[1])
        for part, made_by in index.items()
        if isinstance(made_by, list) and list(map(type, made_by)) == [str, str]
    }


def class_name(folder: Path) -> str:
    """The class that a folder's index or configuration names, such as a key of ``FAMILIES``.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    if (folder / INDEX_FILE).is_file():
        file, key = INDEX_FILE, "_class_name"
    elif (folder / CONFIG_FILE).is_file():
        file, key = CONFIG_FILE, "architectures"
    else:
        raise ZoomStackError(
            "bad_model",
            f"The folder {folder} holds no model: it has no {INDEX_FILE} or {CONFIG_FILE}.",
            "Choose a model folder in the format of diffusers, or of transformers for Swin2SR.",
        )
    index = read_json(folder / file, "bad_model", finite=False)
    name = index.get(key) if isinstance(index, dict) else None
    if isinstance(name, list) and len(name) == 1:
        name = name[0]
    if not isinstance(name, str):
        raise ZoomStackError(
            "bad_model", f'{folder / file} names no "{key}".', "Download it again."
        )
    return name
