"""A finished stack made sharper: exact nesting, faithful pictures, and nothing of the old lost."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.job import LANCZOS, REAL_ESRGAN_QUICK
from engine.contract.stack import read_stack
from engine.machine.failures import Cancelled
from engine.pictures.back_projection import area_mean
from engine.run.output_folder import OutputFolder
from engine.run.request import SharpenRequest
from engine.run.start import run_sharpen
from tests.engine.recorder import Recorder

SIDE = 32


def write(folder: Path, *, loop: bool = False, made: bool = True, mode: str = "RGB") -> Path:
    """Three smooth pictures that show one another, as the engine makes them."""
    folder.mkdir(parents=True)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    deepest = np.stack([0.5 + 0.4 * np.sin(9 * x), y, 0.3 + 0.3 * x * y], axis=-1)
    pictures = [deepest]
    for number in (1, 0):
        wider = np.roll(deepest, 5 * (2 - number), axis=1) * (0.5 + 0.2 * number)
        quarter = slice(SIDE // 4, SIDE * 3 // 4)
        means = pictures[0].reshape(SIDE // 2, 2, SIDE // 2, 2, 3).mean((1, 3))
        wider[quarter, quarter] = means
        pictures.insert(0, wider)
    for number, picture in enumerate(pictures):
        image = Image.fromarray(np.rint(picture * 255).astype(np.uint8)).convert(mode)
        image.save(folder / f"{number}.png")
    levels = [{"image": f"{number}.png", "prompt": f"p{number}"} for number in range(3)]
    data: dict[str, Any] = {"version": 1, "levels": levels, "loop": loop}
    data["made_with"] = {"job": {}} if made else {}
    data["another program"] = {"half a character": "\ud83c"}
    (folder / "stack.json").write_text(json.dumps(data))
    return folder


def sharpen(stack: Path, out: Path, **changes: Any) -> Recorder:
    recorder = Recorder()
    request = SharpenRequest(stack, out, upscaler=REAL_ESRGAN_QUICK, device="cpu")
    run_sharpen(dataclasses.replace(request, **changes), recorder, lambda: False)
    return recorder


def pixels(folder: Path, number: int) -> np.ndarray:
    with Image.open(read_stack(folder).picture(number)) as picture:
        return np.asarray(picture, np.float32) / 255.0


@pytest.mark.parametrize("loop", [False, True])
def test_every_level_shows_the_next_one_exactly(tmp_path: Path, loop: bool) -> None:
    from engine.pictures.colour import to_linear

    stack = write(tmp_path / "small", loop=loop)
    recorder = sharpen(stack, tmp_path / "large")
    side = 4 * SIDE
    quarter = slice(side // 4, side * 3 // 4)
    for number in (0, 1):
        shown = to_linear(pixels(tmp_path / "large", number))[quarter, quarter]
        deeper = to_linear(pixels(tmp_path / "large", number + 1))
        means = deeper.reshape(side // 2, 2, side // 2, 2, 3).mean((1, 3))
        assert np.abs(shown - means).max() < 0.01
    shares = [message["step"] / message["total"] for message in recorder.of("progress")]
    assert shares == sorted(shares)
    assert shares[-1] <= 1


def test_the_levels_keep_everything_but_their_size(tmp_path: Path) -> None:
    stack = read_stack(write(tmp_path / "small"))
    sharpen(stack.folder, tmp_path / "large", times=3)
    larger = read_stack(tmp_path / "large")
    plain = [dataclasses.replace(level, image="") for level in stack.levels]
    assert [dataclasses.replace(level, image="") for level in larger.levels] == plain
    assert larger.others == stack.others == {"another program": {"half a character": "\ud83c"}}
    assert larger.made_with["sharpened"]["from"] == [SIDE, SIDE]
    assert larger.made_with["sharpened"]["upscaler"]["device"] == "cpu"
    before = np.asarray(Image.open(stack.picture(2)), np.float32) / 255.0
    after = pixels(tmp_path / "large", 2)
    assert after.shape == (3 * SIDE, 3 * SIDE, 3)
    means = [area_mean(np.ascontiguousarray(after[..., c]), (SIDE, SIDE)) for c in range(3)]
    assert np.sqrt(np.mean((np.stack(means, axis=-1) - before) ** 2)) * 255.0 < 1.0


@pytest.mark.parametrize("made", [False, True])
def test_pictures_that_do_not_show_one_another_stay_apart(tmp_path: Path, made: bool) -> None:
    """A person's own need not, nor do those that levels of a job have kept."""
    stack = write(tmp_path / "small", made=made)
    Image.new("RGB", (SIDE, SIDE), (255, 0, 0)).save(stack / "1.png")
    sharpen(stack, tmp_path / "large")
    assert np.allclose(pixels(tmp_path / "large", 1), [1.0, 0.0, 0.0], atol=0.01)
    assert pixels(tmp_path / "large", 0)[64, 64, 0] < 0.9


@pytest.mark.parametrize("mode", ["RGBA", "L", "P"])
def test_pictures_of_every_kind_are_taken(tmp_path: Path, mode: str) -> None:
    sharpen(write(tmp_path / "small", mode=mode), tmp_path / "large", times=2)
    assert pixels(tmp_path / "large", 0).shape == (2 * SIDE, 2 * SIDE, 3)


def test_levels_of_different_sizes_stay_different(tmp_path: Path) -> None:
    stack = write(tmp_path / "small")
    Image.new("RGB", (50, 28)).save(stack / "1.png")
    sharpen(stack, tmp_path / "large", times=2)
    assert pixels(tmp_path / "large", 1).shape == (56, 100, 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"times": 16, "upscaler": LANCZOS}, "would be 9600x9600 pixels"),
        ({"upscaler": "bundled_x4"}, "is a second stage"),
        ({"upscaler": "bundled"}, "makes pictures and cannot enlarge"),
        ({"upscaler": "nothing"}, "There is no upscaler 'nothing'"),
    ],
)
def test_bad_requests_are_refused_and_write_nothing(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    stack = write(tmp_path / "small")
    Image.new("RGB", (600, 600)).save(stack / "0.png")
    with pytest.raises(ZoomStackError, match=words):
        sharpen(stack, tmp_path / "large", **changes)
    assert not (tmp_path / "large" / "stack.json").exists()


def test_the_stack_itself_is_never_written_over(tmp_path: Path) -> None:
    stack = write(tmp_path / "small")
    before = {file: file.read_bytes() for file in stack.iterdir()}
    with pytest.raises(ZoomStackError, match="would take the place"):
        sharpen(stack, stack, overwrite=True)
    sharpen(stack, tmp_path / "large", times=2, upscaler=LANCZOS)
    with pytest.raises(ZoomStackError, match="holds a zoom stack already"):
        sharpen(stack, tmp_path / "large", times=2, upscaler=LANCZOS)
    sharpen(stack, tmp_path / "large", times=3, upscaler=LANCZOS, overwrite=True)
    assert pixels(tmp_path / "large", 0).shape == (3 * SIDE, 3 * SIDE, 3)
    assert {file: file.read_bytes() for file in stack.iterdir()} == before


def test_a_cancel_leaves_nothing_half_written(tmp_path: Path) -> None:
    asked: list[bool] = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 2

    request = SharpenRequest(write(tmp_path / "small"), tmp_path / "large", upscaler=LANCZOS)
    with pytest.raises(Cancelled):
        run_sharpen(request, Recorder(), cancelled)
    assert not list((tmp_path / "large").glob("*.png"))
    assert [file.name for file in (tmp_path / "large" / ".zoom_stack").iterdir()] == ["lock"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_pictures_that_are_read_are_never_written_over(tmp_path: Path, overwrite: bool) -> None:
    stack = write(tmp_path / "small")
    inner = stack / "inner"
    inner.mkdir()
    data = json.loads((stack / "stack.json").read_text())
    for number, level in enumerate(data["levels"]):
        (stack / level["image"]).rename(inner / f"level_{number + 1:02d}.png")
        level["image"] = f"inner/level_{number + 1:02d}.png"
    (stack / "stack.json").write_text(json.dumps(data))
    before = {file: file.read_bytes() for file in inner.iterdir()}
    with pytest.raises(ZoomStackError, match="would take the place"):
        sharpen(stack, inner, times=2, upscaler=LANCZOS, overwrite=overwrite)
    assert {file: file.read_bytes() for file in inner.iterdir()} == before


def test_pictures_of_a_person_are_not_replaced(tmp_path: Path) -> None:
    mine = tmp_path / "large" / "level_01.png"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    with pytest.raises(ZoomStackError, match=r"holds pictures already, such as level_01\.png"):
        sharpen(write(tmp_path / "small"), mine.parent, times=2, upscaler=LANCZOS)
    assert mine.read_bytes() == b"mine"


def test_only_those_that_do_not_fit_are_left_apart(tmp_path: Path) -> None:
    from engine.pictures.colour import to_linear

    stack = write(tmp_path / "small")
    Image.new("RGB", (SIDE, SIDE), (255, 0, 0)).save(stack / "0.png")
    sharpen(stack, tmp_path / "large")
    assert np.allclose(pixels(tmp_path / "large", 0), [1.0, 0.0, 0.0], atol=0.01)
    side = 4 * SIDE
    quarter = slice(side // 4, side * 3 // 4)
    shown = to_linear(pixels(tmp_path / "large", 1))[quarter, quarter]
    deeper = to_linear(pixels(tmp_path / "large", 2))
    means = deeper.reshape(side // 2, 2, side // 2, 2, 3).mean((1, 3))
    assert np.abs(shown - means).max() < 0.01


def test_a_loops_progress_begins_at_the_beginning(tmp_path: Path) -> None:
    recorder = sharpen(write(tmp_path / "small", loop=True), tmp_path / "large")
    first = recorder.of("progress")[0]
    assert first["step"] / first["total"] <= 0.34


def test_pictures_of_sixteen_bits_keep_their_light(tmp_path: Path) -> None:
    stack = write(tmp_path / "small")
    deep = np.linspace(0, 65535, SIDE * SIDE).reshape(SIDE, SIDE).astype(np.uint16)
    Image.fromarray(deep).save(stack / "2.png")
    sharpen(stack, tmp_path / "large", times=2)
    assert abs(pixels(tmp_path / "large", 2).mean() - 0.5) < 0.01
    Image.fromarray(np.zeros((SIDE, SIDE), np.float32)).save(tmp_path / "float.tiff")
    (stack / "2.png").write_bytes((tmp_path / "float.tiff").read_bytes())
    with pytest.raises(ZoomStackError, match="cannot be read as a picture"):
        sharpen(stack, tmp_path / "other", times=2)


def test_what_another_run_has_finished_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that came second has looked at the folder before the first one ended."""
    stack, out = write(tmp_path / "small"), tmp_path / "large"
    held = OutputFolder.held

    def first_ends(folder: OutputFolder) -> contextlib.AbstractContextManager[None]:
        monkeypatch.setattr(OutputFolder, "held", held)
        sharpen(stack, out, times=2, upscaler=LANCZOS)
        return held(folder)

    monkeypatch.setattr(OutputFolder, "held", first_ends)
    with pytest.raises(ZoomStackError, match="holds a zoom stack already"):
        sharpen(stack, out, times=3, upscaler=LANCZOS)
    assert pixels(out, 0).shape == (2 * SIDE, 2 * SIDE, 3)


def test_a_level_that_is_no_pixel_wide_in_the_wider_one_is_enlarged_by_itself(
    tmp_path: Path,
) -> None:
    stack = write(tmp_path / "small")
    data = json.loads((stack / "stack.json").read_text())
    data["levels"][1]["zoom_factor"] = 40.0
    (stack / "stack.json").write_text(json.dumps(data))
    sharpen(stack, tmp_path / "large", times=4, upscaler=LANCZOS)
    assert pixels(tmp_path / "large", 0).shape == (4 * SIDE, 4 * SIDE, 3)
