"""Pictures that a job or a stack names are told of before anything is loaded."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.job import Job, Keep, LevelSpec, Pin, SamplerSettings
from engine.contract.stack import read_stack
from engine.run import start
from engine.run.given_files import check_given_files
from engine.run.request import GenerateRequest, SharpenRequest
from engine.run.start import run_generate, run_sharpen
from tests.doubles.analytic_engine import AnalyticModel
from tests.engine.recorder import Recorder

SIZE = (32, 32)


def picture(file: Path, size: tuple[int, int] = SIZE) -> Path:
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(file)
    return file


@pytest.mark.parametrize("part", ["pin", "mask", "keep"])
def test_a_picture_that_is_none_is_told_before_torch_is_imported(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = picture(tmp_path / "good.png"), tmp_path / "x.png"
    bad.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    level = {
        "pin": LevelSpec("a", pin=Pin(str(bad))),
        "mask": LevelSpec("a", pin=Pin(str(good), str(bad))),
        "keep": LevelSpec("a", keep=Keep(str(bad))),
    }[part]
    monkeypatch.setattr(start.environment, "import_torch", lambda: pytest.fail("too late"))
    request = GenerateRequest(Job((LevelSpec("b"), level)), tmp_path / "out", device="cpu")
    with pytest.raises(ZoomStackError, match=r"Level 2 .*x\.png, which .* PostScript") as caught:
        run_generate(request, Recorder(), lambda: False, lambda *_: AnalyticModel())
    assert caught.value.code == "bad_picture"
    assert caught.value.hint
    # A file is named by its folder and itself, not by its whole path.
    assert f" {tmp_path.name}{os.sep}x.png, which" in caught.value.text


def test_a_kept_jpeg_is_no_png(tmp_path: Path) -> None:
    job = Job((LevelSpec("a", keep=Keep(str(picture(tmp_path / "a.jpg")))), LevelSpec("b")))
    with pytest.raises(ZoomStackError, match=r"Level 1 keeps .*a\.jpg, which is no PNG"):
        check_given_files(job)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ZoomStackError, match="it is no ordinary file"):
        check_given_files(Job((LevelSpec("a", pin=Pin(str(tmp_path / "a.png"))),)))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "BMP"])
def test_photos_of_other_kinds_can_be_pinned(kind: str, tmp_path: Path) -> None:
    with Image.open(picture(tmp_path / "a.png")) as image:
        image.save(tmp_path / "photo", kind)
    level = LevelSpec("a", pin=Pin(str(tmp_path / "photo")))
    job = Job((level,), size=SIZE, sampler=SamplerSettings(steps=2))
    request = GenerateRequest(job, tmp_path / "out", device="cpu")
    run_generate(request, Recorder(), lambda: False, lambda *_: AnalyticModel())
    assert read_stack(tmp_path / "out").levels[0].image == "level_00.png"


def test_a_damaged_picture_of_a_stack_is_told_before_any_is_enlarged(tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    picture(folder / "a.png")
    content = picture(folder / "b.png", (48, 48)).read_bytes()
    (folder / "b.png").write_bytes(content[: len(content) // 2])
    data = {"version": 1, "levels": [{"image": "a.png"}, {"image": "b.png"}]}
    (folder / "stack.json").write_text(json.dumps(data), encoding="utf-8")
    recorder = Recorder()
    request = SharpenRequest(folder, tmp_path / "out", 2, "lanczos", device="cpu")
    with pytest.raises(ZoomStackError, match=r"b\.png cannot be read as a picture"):
        run_sharpen(request, recorder, lambda: False)
    assert len(recorder.of("stage")) == 1
