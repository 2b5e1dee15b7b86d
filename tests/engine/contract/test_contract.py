"""Jobs, stacks and messages: what is accepted, and what is said about the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.paths import REPO
from engine.contract import messages, work_folder
from engine.contract.errors import ZoomStackError
from engine.contract.geometry import (
    Placement,
    check_footprint,
    cumulative_octaves,
    level_offsets,
    opacity,
    view_offset,
)
from engine.contract.job import Job, LevelSpec, SamplerSettings
from engine.contract.job_parser import checked, load_job, parse_job
from engine.contract.stack import Stack, StackLevel, parse_stack, read_stack, write_stack
from engine.contract.unrolling import unroll
from engine.contract.validation import read_json


def job_with(**changes: object) -> dict[str, object]:
    return {"levels": [{"prompt": "a galaxy"}, {"prompt": "a planet"}], **changes}


def test_a_job_needs_nothing_but_prompts() -> None:
    job = parse_job(job_with())
    assert [level.prompt for level in job.levels] == ["a galaxy", "a planet"]
    assert (job.model, job.seed, job.size) == ("bundled", 0, None)
    assert job.levels[1].zoom_factor == 2.0
    assert job.levels[1].focus == (0.5, 0.5)


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


@pytest.mark.parametrize(
    ("text", "words", "detail"),
    [
        (None, "There is no zoom in {}.", "It has no stack.json."),
        ('{"version": 1, "levels": [', "The zoom in {} is damaged or incomplete.", "column 27"),
        ("[]", "The zoom in {} is damaged or incomplete.", "an object in braces, not a list"),
        ('{"version": 9}', "The zoom in {} was made by a newer Zoom Stack.", "its version is 9"),
    ],
)
def test_a_broken_stack_is_told_to_people_who_know_no_json(
    text: str | None, words: str, detail: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "stack.json").write_text(text)
    with pytest.raises(ZoomStackError) as caught:
        read_stack(tmp_path)
    assert (caught.value.code, caught.value.text) == ("bad_stack", words.format(tmp_path))
    advice, _, brackets = caught.value.hint.partition(" (")
    assert advice.endswith(".")
    assert "JSON" not in advice
    assert detail in brackets
    assert str(tmp_path) not in brackets


def stack_of(levels: list[dict[str, object]], folder: Path, **top: object) -> Stack:
    named = [{"image": f"{number}.png", **level} for number, level in enumerate(levels)]
    return parse_stack({"version": 1, "levels": named, **top}, folder)


def test_a_loop_survives_its_file_and_other_files_stay_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(b"")
    for loop in (False, True):
        stack = stack_of([{"zoom_factor": 3.0, "focus": [0.4, 0.6]}], tmp_path, loop=loop)
        write_stack(stack)
        assert read_stack(tmp_path) == stack
        assert stack.loop == loop
        assert ("loop" in json.loads((tmp_path / "stack.json").read_text())) == loop


@pytest.mark.parametrize("value", [1, "true", None, []])
def test_a_loop_is_true_or_false(value: object, tmp_path: Path) -> None:
    with pytest.raises(ZoomStackError, match='"loop" must be true or false') as caught:
        stack_of([{}], tmp_path, loop=value)
    assert caught.value.code == "bad_stack"


@pytest.mark.parametrize(
    ("level", "sizes", "words"),
    [
        ({"focus": [0.9, 0.5]}, [(8, 8), (8, 8)], "focus x = 0.9 puts it partly outside"),
        ({"zoom_factor": 1.5}, [(8, 16), (8, 8)], "its picture is taller"),
    ],
)
def test_level_0_must_lie_inside_the_deepest_of_a_loop(
    level: dict[str, object], sizes: list[tuple[int, int]], words: str, tmp_path: Path
) -> None:
    levels = [level, {"zoom_factor": 4.0}]
    stack_of(levels, tmp_path).placements(sizes)
    with pytest.raises(ZoomStackError) as caught:
        stack_of(levels, tmp_path, loop=True).placements(sizes)
    assert caught.value.code == "bad_geometry"
    assert "level 1, which the loop puts into level 2: " + words in caught.value.text


def test_a_loop_is_unrolled_by_a_level_on_either_side(tmp_path: Path) -> None:
    levels = [{"zoom_factor": 8.0}, {"zoom_factor": 2.0}, {"zoom_factor": 4.0}]
    unrolled = unroll(stack_of(levels, tmp_path, loop=True), [(8, 8)] * 3)
    assert unrolled.levels == (2, 0, 1, 2, 0)
    assert unrolled.octaves == (-3.0, 0.0, 1.0, 3.0, 6.0)
    assert (unrolled.first, unrolled.turn) == (1, 6.0)
    assert [unrolled.wrapped(value) for value in (0.0, 5.5, 6.0, 13.0)] == [0.0, 5.5, 0.0, 1.0]
    plain = unroll(stack_of(levels, tmp_path), [(8, 8)] * 3)
    assert plain.levels == (0, 1, 2)
    assert plain.octaves == (0.0, 1.0, 3.0)
    assert (plain.first, plain.turn, plain.wrapped(13.0)) == (0, None, 13.0)


def test_more_levels_come_before_where_their_soft_borders_show(tmp_path: Path) -> None:
    def before(focus: float, **display: float) -> tuple[int, ...]:
        levels = [{"focus": [focus, 0.5]}]
        stack = stack_of(levels, tmp_path, loop=True, display=display)
        unrolled = unroll(stack, [(8, 8)])
        return unrolled.levels[: unrolled.first]

    assert before(0.5) == (0,)
    assert before(0.7) == (0, 0)
    assert before(0.7, feather=0.0) == before(0.75, feather=0.0) == (0,)
    assert len(before(0.75)) == 6


def test_a_loops_path_goes_on_where_it_began(tmp_path: Path) -> None:
    levels = [{"zoom_factor": 3.0, "focus": [0.3, 0.6]}, {"focus": [0.6, 0.6]}]
    unrolled = unroll(stack_of(levels, tmp_path, loop=True), [(12, 8), (8, 8)])
    offsets = level_offsets(unrolled.placements)
    for octaves, position in ((0.0, unrolled.first), (unrolled.turn, -1)):
        # The view's centre is level 0's, in its own widths.
        assert unrolled.view_offset(octaves) == pytest.approx(offsets[position])


def test_messages_are_one_line_each() -> None:
    message = {"type": "warning", "code": "x", "text": "two\nlines, ä"}
    line = messages.encode(message)
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert messages.decode(line) == {**message, "text": "two lines, ä"}


@pytest.mark.parametrize("line", ["", "hello", "[]", '{"type": "unknown"}', '{"a": 1}', "[" * 9999])
def test_what_is_no_message_is_passed_over(line: str) -> None:
    assert messages.decode(line) is None


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
        "for package in (engine.client, engine.contract):\n"
        "    for module in pkgutil.iter_modules(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "heavy = {'torch', 'numpy', 'PIL', 'diffusers', 'transformers', 'safetensors', 'tqdm'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=REPO, check=True, timeout=60)


def test_texts_are_taken_as_they_are_but_a_prompts_ends() -> None:
    level = {"prompt": " a b ", "negative_prompt": " c "}
    parsed = parse_job({"levels": [level], "model": "  "})
    assert (parsed.levels[0].prompt, parsed.levels[0].negative_prompt) == ("a b", " c ")
    assert parsed.model == "bundled"
    stack = parse_stack({"version": 1, "levels": [{"image": "a.png", **level}]}, Path())
    assert (stack.levels[0].prompt, stack.levels[0].negative_prompt) == (" a b ", " c ")


def test_of_several_mistakes_the_levels_come_first() -> None:
    for levels, words in (([], "it has no levels"), ([{"prompt": ""}], "level 1 has no prompt")):
        with pytest.raises(ZoomStackError, match=words):
            parse_job({"levels": levels, "seed": "x", "sampler": {"colour": 1}})


@pytest.mark.parametrize("value", [float("nan"), 10**400])
def test_a_number_that_is_none_or_too_long_gets_a_sentence(value: float) -> None:
    with pytest.raises(ZoomStackError, match=r"the zoom factor of level 2 is .* it must lie"):
        parse_job({"levels": [{"prompt": "a"}, {"prompt": "b", "zoom_factor": value}]})


def test_a_job_made_in_python_is_checked_value_by_value() -> None:
    levels = (LevelSpec("a"), LevelSpec("b"))
    for settings, words in (
        (SamplerSettings(guidance_scale=float("nan")), "the guidance scale is nan"),
        (SamplerSettings(steps=5000), "the number of steps is 5000"),
        (SamplerSettings(solver=""), "the solver is"),
    ):
        with pytest.raises(ZoomStackError, match=words):
            checked(Job(levels, sampler=settings))


def test_a_file_with_a_number_of_thousands_of_digits_gets_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "long.json"
    file.write_text('{"a": ' + "1" * 5000 + "}")
    with pytest.raises(ZoomStackError, match="not a text file with JSON"):
        read_json(file, "bad_job")


@pytest.mark.parametrize("kind", ['["check"]', "{}", "null"])
def test_a_type_that_is_no_text_is_an_error(kind: str) -> None:
    with pytest.raises(ZoomStackError, match="not understood"):
        messages.decode('{"type": ' + kind + "}")


def test_half_a_character_becomes_readable_in_levels_and_is_carried_along_elsewhere(
    tmp_path: Path,
) -> None:
    data = {
        "version": 1,
        "levels": [{"image": "a.png", "prompt": "\ud800 x\0"}],
        "others": "\ud800",
    }
    stack = parse_stack(data, tmp_path)
    assert stack.levels[0].prompt == "\ufffd x\ufffd"
    stack.to_text().encode()
    assert parse_stack(json.loads(stack.to_text()), tmp_path) == stack
    assert stack.others == {"others": "\ud800"}


def test_half_a_character_crosses_the_pipe() -> None:
    line = messages.encode({"type": "cancel", "text": "\ud800 ä"})
    line.encode()
    assert json.loads(line)["text"] == "\ud800 ä"


def test_whether_a_folder_is_held(tmp_path: Path) -> None:
    filelock = pytest.importorskip("filelock")
    assert not work_folder.is_held(tmp_path)
    work_folder.lock_file(tmp_path).parent.mkdir()
    lock = filelock.FileLock(work_folder.lock_file(tmp_path))
    with lock:
        assert work_folder.is_held(tmp_path)
        assert work_folder.is_held(tmp_path)  # asking lets nothing go
    assert not work_folder.is_held(tmp_path)
    with lock:  # nor does it keep anybody out
        pass
