"""Jobs and stacks that somebody else wrote: strange numbers, texts, names and files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine.contract.errors import ZoomStackError
from engine.contract.job_parser import load_job, parse_job
from engine.contract.stack import Stack, parse_stack, read_stack
from engine.contract.validation import read_json

LONGEST_SENTENCE = 1500


def job_with(**changes: object) -> dict[str, object]:
    return {"levels": [{"prompt": "a galaxy"}], **changes}


def stack_with(image: str, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    data = {"version": 1, "levels": [{"image": image}]}
    (folder / "stack.json").write_text(json.dumps(data), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 10**400},
        {"seed": 10**5000},
        {"seed": -(10**5000)},
        {"version": 10**5000},
        {"version": -(10**5000)},
        {"version": [10**5000]},
        {"sampler": {"solver": 10**5000}},
        {"sampler": {"guidance_scale": 10**5000}},
        {"size": [10**5000, 64]},
        {"k" * 10**6: 1},
        {"prediction": "x" * 10**6},
    ],
)
def test_no_value_is_too_long_for_a_sentence(changes: dict[str, object]) -> None:
    with pytest.raises(ZoomStackError) as caught:
        parse_job(job_with(**changes))
    assert caught.value.code == "bad_job"
    assert len(str(caught.value)) < LONGEST_SENTENCE


@pytest.mark.parametrize("bad", ["\ud800", "a\0b", "\udfff x"])
@pytest.mark.parametrize(
    "changes",
    [
        {"levels": [{"prompt": "BAD"}]},
        {"levels": [{"prompt": "a", "negative_prompt": "BAD"}]},
        {"model": "BAD"},
        {"upscaler": "BAD"},
        {"loras": [{"name": "BAD"}]},
    ],
)
def test_what_is_no_character_is_told_before_anything_is_made(
    bad: str, changes: dict[str, object]
) -> None:
    job = json.loads(json.dumps(job_with(**changes)).replace('"BAD"', json.dumps(bad)))
    with pytest.raises(
        ZoomStackError, match=r"has U\+\w{4} in it, which is no character"
    ) as caught:
        parse_job(job)
    assert caught.value.code == "bad_job"
    str(caught.value).encode()


@pytest.mark.parametrize("given", [{"pin": {"image": "a\0"}}, {"keep": {"image": "\ud800"}}])
def test_a_path_that_no_file_can_have_is_told_at_once(given: dict[str, object]) -> None:
    with pytest.raises(ZoomStackError, match="which no file can be called"):
        parse_job({"levels": [{"prompt": "a", **given}]})


def test_a_file_whose_name_is_no_utf8_can_be_pinned() -> None:
    name = os.fsdecode(b"/photos/\xe4.png")
    job = parse_job({"levels": [{"prompt": "a", "pin": {"image": name}}]})
    assert job.levels[0].pin is not None
    assert job.levels[0].pin.image == name


def test_a_text_has_a_length() -> None:
    assert len(parse_job({"levels": [{"prompt": "a" * 20_000}]}).levels[0].prompt) == 20_000
    with pytest.raises(ZoomStackError, match="has 20,001 characters"):
        parse_job({"levels": [{"prompt": "a" * 20_001}]})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "more than 100 deep"),
        (b'{"levels": ' + b"[" * 101 + b"]" * 101 + b"}", "more than 100 deep"),
        (b'{"levels": [' + b"[],[]," * 600_000 + b"[]]}", "more than a million"),
        (b'{"levels": [{"prompt": "\xff"}]}', "byte 25 is no UTF-8"),
        (b'{"levels": [], "seed": ' + b"7" * 5000 + b"}", "a number has thousands of digits"),
    ],
)
def test_a_file_that_would_take_too_much_is_left_alone(
    content: bytes, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "job.json"
    file.write_bytes(content)
    with pytest.raises(ZoomStackError, match=words) as caught:
        load_job(file)
    assert caught.value.code == "bad_job"


def test_a_hundred_lists_in_one_another_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("[" * 100 + "]" * 100)
    read_json(file, "bad_job")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "sparse", "long name", "NUL"])
def test_only_ordinary_files_are_read(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    match kind:
        case "pipe":
            os.mkfifo(file)
        case "device":
            file.symlink_to("/dev/zero")
        case "folder":
            file.mkdir()
        case "sparse":
            file.touch()
            os.truncate(file, 10 * 2**30)
        case "long name":
            file = tmp_path / ("n" * 300)
        case _:
            file = tmp_path / "a\0"
    with pytest.raises(ZoomStackError, match="cannot be read"):
        load_job(file)


@pytest.mark.parametrize(
    "image",
    [
        "CON", "nul.png", "sub/NUL.png", "aux.tar.png", "COM1.png", "com¹.png", "CONOUT$",
        "a.png:stream", "sub/C:x.png", "sub\\C:x.png", "a.png.", "a.png ", "sub /a.png", ". ./a",
        "n" * 256 + ".png", "\ud800.png", "a\0.png", "a\n.png",
    ],
)  # fmt: skip
def test_a_name_that_some_system_reads_otherwise_is_refused_on_all(
    image: str, tmp_path: Path
) -> None:
    with pytest.raises(ZoomStackError, match="the image of level 1 is") as caught:
        read_stack(stack_with(image, tmp_path / "s"))
    assert caught.value.code == "bad_stack"
    str(caught.value).encode()
    assert len(str(caught.value)) < LONGEST_SENTENCE


@pytest.mark.parametrize(
    "image",
    ["日本 é.png", "sub/ a b.png", "CONSOLE.png", "nul_a.png", ".hidden.png", "a..b.png", "com.png",
     "what?.png", "日" * 80 + ".png"],
)  # fmt: skip
def test_a_name_in_any_language_is_read(image: str, tmp_path: Path) -> None:
    folder = stack_with(image, tmp_path / "s")
    (folder / image).parent.mkdir(exist_ok=True)
    (folder / image).write_bytes(b"")
    assert read_stack(folder).levels[0].image == image


def test_a_name_that_is_too_long_for_this_disk_is_missing(tmp_path: Path) -> None:
    image = "日" * 150 + ".png"  # 454 bytes, which other systems can have
    with pytest.raises(ZoomStackError) as caught:
        read_stack(stack_with(image, tmp_path / "s"))
    assert caught.value.code == "missing_picture"


@pytest.mark.parametrize("kind", ["file", "folder", "out and in again"])
def test_a_picture_that_is_a_link_to_elsewhere_is_refused(kind: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.png").write_bytes(b"")
    folder = stack_with("sub/a.png", tmp_path / "s")
    if kind == "folder":
        (folder / "sub").symlink_to(tmp_path / "elsewhere")
    else:
        (folder / "sub").mkdir()
        target = folder / "../elsewhere/a.png" if kind == "file" else "../../elsewhere/a.png"
        (folder / "sub/a.png").symlink_to(target)
    with pytest.raises(ZoomStackError, match="is a link to a place outside") as caught:
        read_stack(folder)
    assert caught.value.code == "bad_stack"


def test_links_within_a_stack_and_to_it_are_followed(tmp_path: Path) -> None:
    folder = stack_with("a.png", tmp_path / "s")
    (folder / "b.png").write_bytes(b"")
    (folder / "a.png").symlink_to("b.png")
    (tmp_path / "link").symlink_to(folder)
    assert read_stack(tmp_path / "link").levels[0].image == "a.png"


def test_a_pipe_is_no_picture(tmp_path: Path) -> None:
    folder = stack_with("a.png", tmp_path / "s")
    os.mkfifo(folder / "a.png")
    with pytest.raises(ZoomStackError) as caught:
        read_stack(folder)
    assert caught.value.code == "missing_picture"


def test_a_deep_image_is_told_as_what_it_is() -> None:
    deep: object = "a.png"
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ZoomStackError, match="must be a text in quotes, not a list"):
        parse_stack({"version": 1, "levels": [{"image": deep}]}, Path())


def test_a_text_of_a_level_is_not_too_long_for_a_panel() -> None:
    level = {"image": "a.png", "prompt": "a" * 10**6}
    with pytest.raises(ZoomStackError, match="1,000,000 characters"):
        parse_stack({"version": 1, "levels": [level]}, Path())
    assert isinstance(parse_stack({"version": 1, "levels": [{"image": "a.png"}]}, Path()), Stack)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_not_are_refused_wherever_they_stand(
    tmp_path: Path, number: str
) -> None:
    """Kept in "made_with" they would be written into a file that other programs refuse."""
    file = tmp_path / "stack.json"
    file.write_text(f'{{"levels": [{{"image": "a.png"}}], "made_with": {{"seconds": {number}}}}}')
    with pytest.raises(ZoomStackError, match=f"{number} is no number"):
        read_json(file, "bad_stack")


def test_the_configurations_of_models_may_have_them(tmp_path: Path) -> None:
    """As the schedulers of Sana and PixArt do."""
    file = tmp_path / "scheduler_config.json"
    file.write_text('{"lambda_min_clipped": -Infinity}')
    assert read_json(file, "bad_model", finite=False) == {"lambda_min_clipped": float("-inf")}
