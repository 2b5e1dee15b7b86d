"""Jobs, stacks and messages: what is accepted, and what is said about the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.contract import messages
from engine.contract.errors import ZoomStackError
from engine.contract.geometry import (
    Placement,
    check_footprint,
    cumulative_octaves,
    opacity,
    view_offset,
)
from engine.contract.job import Job, LevelSpec, load_job, parse_job
from engine.contract.manifest import Stack, StackLevel, parse_stack, read_stack, write_stack

ROOT = Path(__file__).parents[2]


def job_with(**changes: object) -> dict[str, object]:
    return {"levels": [{"prompt": "a galaxy"}, {"prompt": "a planet"}], **changes}


def test_a_job_needs_nothing_but_prompts() -> None:
    job = parse_job(job_with())
    assert [level.prompt for level in job.levels] == ["a galaxy", "a planet"]
    assert (job.model, job.seed, job.size) == ("bundled", 0, None)
    assert job.levels[1].zoom_factor == 2.0 and job.levels[1].focus == (0.5, 0.5)


def test_a_job_survives_its_json_form() -> None:
    job = Job(
        levels=(LevelSpec("a"), LevelSpec("b", "c", 3.5, (0.4, 0.55))), seed=2**53, size=(640, 360)
    )
    assert parse_job(json.loads(json.dumps(job.to_dict()))) == job


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"levels": []}, "no levels"),
        ({"levels": "a galaxy"}, "list in square brackets"),
        ({"levels": [{"prompt": "   "}]}, "level 1 has no prompt"),
        ({"levels": [{"prompt": "a"}, {}]}, "level 2 has no prompt"),
        ({"levels": [{"prompt": 3}]}, "prompt of level 1"),
        ({"levels": [{"prompt": "a", "promt": "b"}]}, "'promt'"),
        ({"levels": [{"prompt": "a"}] * 65}, "at most 64"),
        ({"seed": -1}, '"seed" is -1'),
        ({"seed": 1.5}, '"seed" must be a whole number'),
        ({"seed": True}, '"seed" must be a whole number'),
        ({"size": [256]}, '"size" must be a pair'),
        ({"size": [8, 64]}, "the width is 8"),
        ({"size": [64, 1_000_000]}, "the height"),
        ({"version": 2}, "version is 2"),
        ({"version": "1"}, '"version"'),
        ({"sampler": {"steps": 0}}, "number of steps"),
        ({"sampler": {"solver": "euler"}}, "'euler'"),
        ({"sampler": {"guidance_scale": float("nan")}}, "guidance scale"),
        ({"sampler": {"step": 3}}, "'step'"),
        ({"model": 5}, '"model"'),
    ],
)
def test_a_wrong_job_is_named_by_its_place(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ZoomStackError) as caught:
        parse_job(job_with(**changes))
    assert caught.value.code == "bad_job"
    assert words in caught.value.text


@pytest.mark.parametrize("focus", [[0.1, 0.5], [0.5, 0.9], [0.75001, 0.5]])
def test_a_level_must_lie_inside_its_parent(focus: list[float]) -> None:
    levels = [{"prompt": "a"}, {"prompt": "b", "focus": focus}]
    with pytest.raises(ZoomStackError, match="outside the level before it") as caught:
        parse_job({"levels": levels})
    assert caught.value.code == "bad_geometry"


def test_a_footprint_may_touch_the_border() -> None:
    parse_job({"levels": [{"prompt": "a"}, {"prompt": "b", "focus": [0.75, 0.25]}]})
    check_footprint(Placement(3.0, (1 / 6, 5 / 6)), 1.0, "it")


def test_files_that_are_no_job(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"levels": [\n  {"prompt": "a"},,]}')
    with pytest.raises(ZoomStackError, match="line 2, column 19"):
        load_job(broken)
    with pytest.raises(ZoomStackError, match="There is no file"):
        load_job(tmp_path / "absent.json")
    with pytest.raises(ZoomStackError, match="is a folder"):
        load_job(tmp_path)
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(ZoomStackError, match="not a text file"):
        load_job(binary)
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 200_000)
    with pytest.raises(ZoomStackError):
        load_job(deep)


def test_a_stack_survives_its_file(tmp_path: Path) -> None:
    stack = Stack(
        folder=tmp_path,
        levels=(StackLevel("a.png", "ä ☃"), StackLevel("sub/b.png", "b", "c", 2.5, (0.5, 0.6))),
        made_with={"engine": "0"},
    )
    (tmp_path / "sub").mkdir()
    for level in stack.levels:
        (tmp_path / level.image).write_bytes(b"")
    write_stack(stack)
    assert read_stack(tmp_path) == stack
    assert read_stack(tmp_path / "stack.json") == stack
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "stack.json", "sub"]


@pytest.mark.parametrize(
    "image", ["../a.png", "/etc/passwd", "C:/a.png", "..\\a.png", "a/../../b.png", "", "  ", "."]
)
def test_a_stack_reads_only_its_own_folder(image: str, tmp_path: Path) -> None:
    with pytest.raises(ZoomStackError) as caught:
        parse_stack({"version": 1, "levels": [{"image": image}]}, tmp_path)
    assert caught.value.code == "bad_stack"


def test_a_stack_without_its_picture(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"version": 1, "levels": [{"image": "a.png"}]}')
    with pytest.raises(ZoomStackError, match=r"a\.png") as caught:
        read_stack(tmp_path)
    assert caught.value.code == "missing_picture"


def test_messages_are_one_line_each() -> None:
    message = {"type": "warning", "code": "x", "text": "two\nlines, ä"}
    line = messages.encode(message)
    assert line.count("\n") == 1 and line.endswith("\n")
    assert messages.decode(line) == message


@pytest.mark.parametrize("line", ["", "hello", "[]", '{"type": "unknown"}', '{"a": 1}', "[" * 9999])
def test_what_is_no_message_is_refused(line: str) -> None:
    with pytest.raises(ZoomStackError) as caught:
        messages.decode(line)
    assert caught.value.code == "bad_message"


def test_a_dive_never_leaves_its_level() -> None:
    placements = [Placement(), Placement(2.0, (0.25, 0.75)), Placement(4.0, (0.875, 0.125))]
    octaves = cumulative_octaves(placements)
    assert octaves == [0.0, 1.0, 3.0]
    start_x, start_y = view_offset(placements, 0.0)
    for step in range(301):
        zoom = step / 100
        view = 2.0**-zoom  # the view's width, in widths of level 0
        x, y = (value * view for value in view_offset(placements, zoom))
        assert abs(x - start_x) + view / 2 <= 0.5 + 1e-12
        assert abs(y - start_y) + view / 2 <= 0.5 + 1e-12
    assert view_offset(placements, 3.0) == (0.0, 0.0)


def test_a_level_fades_in_between_its_parent_and_itself() -> None:
    assert opacity(1.0, 1.0, 2.0, 0.75) == 0.0
    assert opacity(1.375, 1.0, 2.0, 0.75) == 0.5
    assert opacity(1.75, 1.0, 2.0, 0.75) == 1.0
    assert opacity(0.0, 1.0, 2.0, 0.0) == 1.0


def test_blenders_process_never_imports_the_engines_packages() -> None:
    code = (
        "import sys, pkgutil, importlib, engine.client, engine.contract\n"
        "for module in pkgutil.iter_modules(engine.contract.__path__, 'engine.contract.'):\n"
        "    importlib.import_module(module.name)\n"
        "heavy = {'torch', 'numpy', 'PIL', 'diffusers', 'transformers', 'safetensors', 'tqdm'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
