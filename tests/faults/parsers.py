"""Everything that reads what others wrote, on both sides, each as a function of a file's bytes."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.client.inline_pictures import Inbox
from engine.client.mailbox import Mailbox
from engine.client.preview_png import decode_rgba
from engine.contract.job_parser import load_job, parse_job
from engine.contract.message_table import INSTALLER, REQUESTS
from engine.contract.messages import decode, read_object
from engine.contract.own_engine import Home, state_of
from engine.contract.stack import read_stack
from engine.contract.vocabulary import read_vocabulary
from engine.contract.work_folder import saved_states
from engine.install.causes import cause_of
from engine.method.sampler import SamplerState
from engine.models.registry import list_models
from engine.run.checkpoints import Checkpoint, Checkpoints
from engine.run.given_pictures import read_given
from engine.run.request import parse_generate, parse_sharpen
from tests.faults.mutations import mutated_bytes, mutated_json

Mutate = Callable[[Any, random.Random], bytes]


@dataclass(frozen=True)
class Parser:
    """One reader.

    Attributes:
        seeds: sound inputs: documents for ``mutated_json``, else bytes.
        read: takes a mutated input's bytes and a folder that is its own.
        mutate: makes inputs of seeds.
        refuses: what it may raise besides ZoomStackError: courtesies that nobody is told of.
    """

    seeds: list[Any]
    read: Callable[[bytes, Path], object]
    mutate: Mutate = mutated_json
    refuses: tuple[type[Exception], ...] = ()


_JOB: dict[str, Any] = {
    "version": 1,
    "model": "bundled",
    "seed": 7,
    "size": [256, 256],
    "loop": False,
    "levels": [
        {"prompt": "a spiral galaxy", "negative_prompt": "text"},
        {"prompt": "a planet", "zoom_factor": 2.0, "focus": [0.5, 0.5], "seed": 3},
        {"prompt": "a coast", "pin": {"image": "a.png", "mask": "b.png"}},
        {"prompt": "a leaf", "keep": {"image": "a.png", "follow": True}},
    ],
    "loras": [{"name": "paint", "weight": 0.5}],
    "sampler": {"solver": "dpmpp_2m", "steps": 24, "guidance_scale": 5.0, "blending": "default"},
    "ids": {"zoom": "0123456789abcdef", "levels": ["a1", "b2", "c3", "d4"]},
}
_STACK: dict[str, Any] = {
    "version": 1,
    "loop": False,
    "levels": [
        {"image": "a.png", "prompt": "a galaxy"},
        {"image": "b.png", "zoom_factor": 2.0, "focus": [0.5, 0.5]},
    ],
    "display": {"feather": 0.06, "fade": 0.75},
    "made_with": {"job": _JOB, "versions": {"torch": "2"}},
    "ids": {"zoom": "0123456789abcdef", "levels": ["a1", "b2"]},
}
_MESSAGES: list[dict[str, Any]] = [
    {"type": "hello", "protocol": 2, "engine": "1", "python": "3.11"},
    {"type": "alive"},
    {"type": "stage", "name": "load", "text": "Loading the model"},
    {"type": "progress", "step": 1, "total": 24, "level": 0, "levels": 2, "eta": 1.5},
    {"type": "preview", "step": 1, "level": 0, "levels": 2, "file": "/a/preview_00.png"},
    {"type": "preview", "step": 1, "level": 1, "levels": 2, "data": "iVBORw0KGgo="},
    {"type": "file", "name": "level_00.png", "part": 0, "parts": 1, "data": "iVBORw0KGgo="},
    {"type": "warning", "code": "size", "text": "Enlarged."},
    {"type": "result", "folder": "/a", "levels": 2},
    {"type": "error", "code": "bad_job", "text": "It is wrong.", "hint": "Mend it."},
    {"type": "models", "models": [{"name": "m", "kind": "model", "size": 5}], "problems": []},
    {"type": "check", "ok": True, "problems": [], "python": {"version": "3"}, "devices": []},
    {"type": "done", "status": "finished"},
]
_INSTALLER: list[dict[str, Any]] = [
    {"type": "stage", "text": "Downloading"},
    {"type": "progress", "done": 1, "total": 2, "speed": 3.5, "what": "torch"},
    {"type": "chosen", "backend": "cpu"},
    {"type": "done", "status": "finished", "python": "/a/bin/python"},
]
_REQUESTS: list[dict[str, Any]] = [
    {"type": "generate", "job": _JOB, "out": "out", "resume": True, "device": "auto"},
    {"type": "sharpen", "stack": "a", "out": "b", "times": 4, "upscaler": "automatic"},
    {"type": "cancel"},
]
_WORDS = {
    "version": 1,
    "subjects": ["forest", "sea"],
    "words": ["forest", "sea", "green"],
    "naming": {"forest": "forest"},
    "holding": {"forest": "+forest"},
}
_MARKER = {"slot": "e1", "backend": "cpu", "lock": "0", "python": "3.12", "version": 1}
_INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
    "scheduler": ["diffusers", "DDIMScheduler"],
}
_UNET = {"_class_name": "UNet2DConditionModel", "sample_size": 64, "in_channels": 4}
_LOG = b"error: Failed to fetch: https://pypi.org/simple/torch/\n  Caused by: dns error: x\n" * 3


def _message(content: bytes, folder: Path) -> None:
    box, inbox = Mailbox(), Inbox(folder / "inbox")
    inbox.begin(folder / "out")
    for line in content.decode("utf-8", "replace").split("\n"):
        message = decode(line)
        if message is not None:
            message = inbox.store(message)
        if message is not None:
            box.put(message)
    box.take()


def _installer(content: bytes, _folder: Path) -> None:
    decode(content.decode("utf-8", "replace"), INSTALLER)


def _request(content: bytes, _folder: Path) -> None:
    request = read_object(content.decode("utf-8", "replace")) or {}
    kind = request.get("type")
    if kind == "generate":
        parse_generate(request, [], inline=False)
    elif kind == "sharpen":
        parse_sharpen(request, [])
    elif isinstance(kind, str):
        REQUESTS.get(kind)


def _in_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    """Write the bytes into a file of the folder and read that."""

    def run(content: bytes, folder: Path) -> object:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return read(file)

    return run


def _stack(file: Path) -> None:
    for name in ("a.png", "b.png"):
        if not (file.parent / name).exists():
            Image.new("RGB", (8, 8)).save(file.parent / name)
    stack = read_stack(file.parent)
    stack.placements([(64, 64)] * len(stack.levels))
    stack.to_text()


def _picture(file: Path) -> None:
    read_given(parse_job({"levels": [{"prompt": "x", "pin": {"image": str(file)}}]}))


def _model(file: Path) -> None:
    list_models([next(each for each in file.parents if each.name == "models")])


def _words(file: Path) -> None:
    read_vocabulary(file.parent)


def _state(file: Path) -> None:
    Checkpoints(file, {"job": "x"}, 2**20).load()
    saved_states(file.parents[1])


def _cause(content: bytes, folder: Path) -> None:
    cause_of(content.decode("utf-8", "replace"), "Installing", folder / "log")


def _pictures() -> list[bytes]:
    import io

    rng = np.random.default_rng(1)
    found = []
    for kind, mode in [
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "I;16"),
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("WEBP", "RGBA"),
        ("TIFF", "RGB"),
        ("TIFF", "F"),
        ("GIF", "P"),
    ]:
        file = io.BytesIO()
        pixels = rng.integers(0, 256, (12, 16, 4), np.uint8)
        picture = Image.fromarray(pixels, "RGBA").convert("RGB")
        if mode == "I;16":
            picture = Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 257)
        elif mode in ("RGBA", "P", "CMYK", "F"):
            picture = picture.convert("L" if mode == "F" else mode).convert(mode)
        exif = Image.Exif()
        exif[0x0112] = 6
        options = {"exif": exif} if kind in ("JPEG", "PNG", "WEBP") else {}
        picture.save(file, kind, **options)
        found.append(file.getvalue())
    return [*found, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"<svg/>"]


def _weights() -> list[bytes]:
    from safetensors.numpy import save

    tensors = {"a.weight": np.zeros((2, 3), np.float32), "b": np.ones(4, np.float16)}
    return [save(tensors, {"format": "pt", "modelspec.architecture": "stable-diffusion-v1"})]


def _states() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state-0.safetensors"
        state = SamplerState(3, torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4))
        Checkpoints(file, {"job": "x"}, 2**20).save(Checkpoint(state, 1.5))
        return [file.read_bytes()]


def _previews() -> list[bytes]:
    from tests.doubles.fake_worker import picture

    return [picture(0, 3, 2), picture(1, 3, 4)]


def parsers() -> dict[str, Parser]:
    """All of them, by name."""
    return {
        "message": Parser(_MESSAGES, _message),
        "installer": Parser(_INSTALLER, _installer),
        "request": Parser(_REQUESTS, _request),
        "job": Parser([_JOB], _in_file("job.json", load_job)),
        "stack": Parser([_STACK], _in_file("stack.json", _stack)),
        "words": Parser([_WORDS], _in_file("words.json", _words)),
        "engine marker": Parser(
            [_MARKER], _in_file("engine.json", lambda file: state_of(Home(file.parent)))
        ),
        "model index": Parser(
            [_INDEX],
            _in_file("models/one/model_index.json", _model),
        ),
        "model config": Parser([_UNET], _in_file("models/two/unet/config.json", _model)),
        "weights": Parser(
            _weights(),
            _in_file("models/three.safetensors", _model),
            mutated_bytes,
        ),
        "picture": Parser(_pictures(), _in_file("a.png", _picture), mutated_bytes),
        "preview": Parser(
            _previews(), lambda content, _folder: decode_rgba(content), mutated_bytes, (ValueError,)
        ),
        "saved state": Parser(
            _states(), _in_file(".zoom_stack/state-0.safetensors", _state), mutated_bytes
        ),
        "uv's log": Parser([_LOG], _cause, mutated_bytes),
    }


def example(parser: Parser, chance: random.Random) -> bytes:
    """One input for a parser."""
    seed = chance.choice(parser.seeds)
    if chance.random() < 0.05:  # another one's
        seed = json.dumps(_JOB).encode() if isinstance(seed, bytes) else _STACK
    return parser.mutate(seed, chance)
