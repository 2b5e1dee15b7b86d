"""Everything of the engine and its client that reads what others wrote."""

from __future__ import annotations

import tempfile
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
from tests.faults.documents import JOB, MESSAGES, STACK
from tests.faults.mutations import mutated_bytes
from tests.faults.parser import Parser, in_file

_INSTALLER: list[dict[str, Any]] = [
    {"type": "stage", "text": "Downloading"},
    {"type": "progress", "done": 1, "total": 2, "speed": 3.5, "what": "torch"},
    {"type": "chosen", "backend": "cpu"},
    {"type": "done", "status": "finished", "python": "/a/bin/python"},
]
_REQUESTS: list[dict[str, Any]] = [
    {"type": "generate", "job": JOB, "out": "out", "resume": True, "device": "auto"},
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
        "message": Parser(MESSAGES, _message),
        "installer": Parser(_INSTALLER, _installer),
        "request": Parser(_REQUESTS, _request),
        "job": Parser([JOB], in_file("job.json", load_job)),
        "stack": Parser([STACK], in_file("stack.json", _stack)),
        "words": Parser([_WORDS], in_file("words.json", _words)),
        "engine marker": Parser(
            [_MARKER], in_file("engine.json", lambda file: state_of(Home(file.parent)))
        ),
        "model index": Parser(
            [_INDEX],
            in_file("models/one/model_index.json", _model),
        ),
        "model config": Parser([_UNET], in_file("models/two/unet/config.json", _model)),
        "weights": Parser(
            _weights(),
            in_file("models/three.safetensors", _model),
            mutated_bytes,
        ),
        "picture": Parser(_pictures(), in_file("a.png", _picture), mutated_bytes),
        "preview": Parser(
            _previews(), lambda content, _folder: decode_rgba(content), mutated_bytes, (ValueError,)
        ),
        "saved state": Parser(
            _states(), in_file(".zoom_stack/state-0.safetensors", _state), mutated_bytes
        ),
        "uv's log": Parser([_LOG], _cause, mutated_bytes),
    }
