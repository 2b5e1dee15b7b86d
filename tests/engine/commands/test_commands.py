"""``python -m engine``: exit codes, one clear line for every mistake, interruptions."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from devtools.paths import REPO
from engine.contract.stack import read_stack
from tests.engine.models.pipelines.tiny_pipelines import save_tiny

DOUBLE = REPO / "tests" / "doubles" / "analytic_engine.py"
JOB = {
    "version": 1,
    "levels": [{"prompt": "a galaxy ☄"}, {"prompt": "a planet"}],
    "seed": 3,
    "size": [32, 32],
    "sampler": {"steps": 12},
}


def engine(*arguments: object, cwd: Path = REPO, **environment: str) -> subprocess.Popen[str]:
    return start([sys.executable, "-m", "engine", *map(str, arguments)], cwd, environment)


def double(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    return start([sys.executable, str(DOUBLE), *map(str, arguments)], REPO, environment)


def start(argv: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        argv,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    return out, err


def refuse(process: subprocess.Popen[str], words: str, code: int = 1) -> None:
    """It ends with one line on standard error that says the words."""
    out, err = finish(process, code)
    assert words in err
    assert err.count("\n") == 1, err
    assert out == ""


def job_file(folder: Path, **changes: object) -> Path:
    file = folder / "job.json"
    file.write_text(json.dumps({**JOB, **changes}), encoding="utf-8")
    return file


def wait_for_state(out: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not list((out / ".zoom_stack").glob("state-*.safetensors")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def pictures(out: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(out.glob("level_*.png"))]


def test_wrong_arguments_are_one_line(tmp_path: Path) -> None:
    job = job_file(tmp_path)
    refuse(engine("generate", "job.json"), "--out", code=2)
    refuse(engine("generate", "--out", tmp_path), "--preset", code=2)
    refuse(engine("generate", job, "--preset", "powers_of_ten", "--out", tmp_path), "not", code=2)
    refuse(engine("generate", "--preset", "nonsense", "--out", tmp_path), "powers_of_ten", code=2)
    refuse(engine("paint"), "'paint'", code=2)
    refuse(engine("generate", job, "--out", tmp_path, "--device", "tpu"), "'tpu'", code=2)
    refuse(engine("generate", job, "--out", tmp_path, "--seed", "-1"), "--seed", code=2)


def test_a_preset_runs_by_its_name(tmp_path: Path) -> None:
    out = tmp_path / "out"
    finish(double("generate", "--preset", "forest_to_cell", "--out", out))
    preset = json.loads((REPO / "presets/forest_to_cell.json").read_text(encoding="utf-8"))
    stack = json.loads((out / "stack.json").read_text(encoding="utf-8"))
    asked = [level["prompt"] for level in preset["levels"]]
    assert [level["prompt"] for level in stack["levels"]] == asked


def test_wrong_jobs_are_one_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    refuse(engine("generate", tmp_path / "absent.json", "--out", out), "There is no file")
    broken = tmp_path / "broken.json"
    broken.write_text('{"levels": [')
    refuse(engine("generate", broken, "--out", out), "not valid JSON")
    empty = job_file(tmp_path, levels=[{"prompt": "a"}, {"prompt": " "}])
    refuse(engine("generate", empty, "--out", out), "level 2 has no prompt")
    absent = job_file(tmp_path, model="absent")
    refuse(engine("generate", absent, "--out", out), "There is no model 'absent'")
    unwritable = Path(broken) / "below"
    refuse(engine("generate", job_file(tmp_path), "--out", unwritable), "cannot be written to")


def test_an_old_python_gets_a_sentence() -> None:
    for name in ("__init__.py", "__main__.py"):
        ast.parse((REPO / "engine" / name).read_text(encoding="utf-8"), feature_version=(3, 7))
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 0)\n"
        "runpy.run_module('engine', run_name='__main__')"
    )
    refuse(start([sys.executable, "-c", code], REPO, {}), "needs Python 3.11 or newer")


def test_arguments_are_judged_before_torch_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from engine.commands import main\n"
        "main(['generate', *sys.argv[1:]])\n"
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    job = job_file(tmp_path, model="absent")
    argv = [sys.executable, "-c", code, str(job), "--out", str(tmp_path / "out")]
    finish(start(argv, REPO, {}), code=0)


def test_a_python_without_torch_says_so(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    python = bare / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    argv = [str(python), str(DOUBLE), "generate", str(job_file(tmp_path)), "--out"]
    refuse(start([*argv, str(tmp_path / "o")], REPO, {}), f"in the Python {python}")
    report = json.loads(finish(start([str(python), "-m", "engine", "check"], REPO, {}))[0])
    assert not report["ok"]
    assert report["torch"] is None
    assert report["devices"] == []
    assert "torch, diffusers" in report["problems"][0]


def test_the_result_is_announced_and_nothing_else(tmp_path: Path) -> None:
    out, err = finish(double("generate", job_file(tmp_path), "--out", tmp_path / "out"))
    assert out == f"2 levels in {tmp_path / 'out'}\n"
    assert "Loading the model" in err
    again = double("generate", job_file(tmp_path), "--out", tmp_path / "out")
    refuse(again, "holds a zoom stack already. Choose another folder, or replace the stack. (--ov")


def test_json_is_the_only_thing_on_standard_output(tmp_path: Path) -> None:
    job = job_file(tmp_path)
    out, _ = finish(double("generate", job, "--out", tmp_path / "a", "--json", "--seed", "9"))
    messages = [json.loads(line) for line in out.splitlines()]
    assert messages[0]["type"] == "hello"
    assert messages[0]["protocol"] == 2
    assert messages[-2:] == [
        {"type": "result", "folder": str(tmp_path / "a"), "levels": 2},
        {"type": "done", "status": "finished"},
    ]
    stack = json.loads((tmp_path / "a" / "stack.json").read_text(encoding="utf-8"))
    assert stack["made_with"]["job"]["seed"] == 9
    broken = job_file(tmp_path, levels=[])
    out, err = finish(double("generate", broken, "--out", tmp_path / "b", "--json"), code=1)
    kinds = [json.loads(line)["type"] for line in out.splitlines()]
    assert kinds == ["hello", "error", "done"]
    assert err.count("\n") == 1


def test_a_killed_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    job = job_file(tmp_path)
    whole = double("generate", job, "--out", tmp_path / "whole", "--quiet")
    killed = double("generate", job, "--out", tmp_path / "cut", ANALYTIC_STEP="0.3")
    wait_for_state(tmp_path / "cut", killed)
    killed.kill()
    finish(killed, code=-signal.SIGKILL)
    finish(whole)
    assert not pictures(tmp_path / "cut")
    _, err = finish(double("generate", job, "--out", tmp_path / "cut", "--resume"))
    assert "Going on after step" in err
    assert pictures(tmp_path / "cut") == pictures(tmp_path / "whole")
    _, err = finish(double("generate", job, "--out", tmp_path / "cut", "--resume"))
    assert "finished already" in err


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupted_run_is_saved(tmp_path: Path) -> None:
    job = job_file(tmp_path, sampler={"steps": 60})  # so that neither ends before it is told to
    outs = {number: tmp_path / number.name for number in (signal.SIGINT, signal.SIGTERM)}
    runs = {
        number: double("generate", job, "--out", out, "--quiet", ANALYTIC_STEP="0.3")
        for number, out in outs.items()
    }
    for number, process in runs.items():
        wait_for_state(outs[number], process)
        process.send_signal(number)
    for process in runs.values():
        _, err = finish(process, code=130)
        assert said(err) == ["Cancelled; go on with --resume."]
    for process in [double("generate", job, "--out", out, "--resume") for out in outs.values()]:
        _, err = finish(process)
        assert "Going on after step" in err


def said(err: str) -> list[str]:
    """Lines of standard error without what the double's model prints."""
    return [line for line in err.splitlines() if not line.endswith("prints")]


def test_defects_are_one_line_with_the_traceback_in_a_log(tmp_path: Path) -> None:
    (tmp_path / "exhausting").mkdir()
    exhausting = job_file(tmp_path / "exhausting", levels=[{"prompt": "exhaust"}])
    job = job_file(tmp_path, levels=[{"prompt": "break"}])
    runs = [
        double("generate", job, "--out", tmp_path / "out", "--quiet"),
        double("generate", job, "--out", tmp_path / "debugged", "--debug"),
        double("generate", exhausting, "--out", tmp_path / "exhausted", "--quiet"),
    ]
    _, err = finish(runs[0], code=1)
    log = tmp_path / "out" / ".zoom_stack" / "log"
    assert said(err) == [err.splitlines()[-1]]
    assert "KeyError" in err
    assert str(log) in err
    assert "Traceback" in log.read_text(encoding="utf-8")
    _, err = finish(runs[1], code=1)
    assert "Traceback" in err
    _, err = finish(runs[2], code=1)
    assert said(err)[0].startswith("Error: The memory of the device ran out.")


def make_stack(folder: Path) -> Path:
    folder.mkdir()
    for index, shade in enumerate((60, 200)):
        picture = Image.fromarray(np.full((32, 32, 3), shade, np.uint8))
        picture.save(folder / f"{index}.png")
    levels = [{"image": "0.png"}, {"image": "1.png"}]
    (folder / "stack.json").write_text(json.dumps({"version": 1, "levels": levels}))
    return folder


def test_view_writes_a_frame_without_torch(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack")
    code = (
        "import sys; from engine.commands import main\n"
        "sys.exit(main(['view', *sys.argv[1:]]) or 'torch' in sys.modules)"
    )
    frame = tmp_path / "frame.png"
    options = ["--magnification", "2", "--size", "24x16", "--out", str(frame)]
    finish(start([sys.executable, "-c", code, str(stack), *options], REPO, {}))
    with Image.open(frame) as picture:
        assert picture.size == (24, 16)
        assert picture.getpixel((12, 8)) == (200, 200, 200)


@pytest.mark.parametrize(
    ("changes", "words", "code"),
    [
        ({"--magnification": "0.5"}, "1 or more", 1),
        ({"--magnification": "nan"}, "1 or more", 1),
        ({"--size": "24x"}, "no size such as 640x360", 2),
        ({"--size": "0x5"}, "Each side", 1),
        ({"--out": "frame.jpg"}, ".png", 1),
        ({"--out": "stack/0.png"}, "a picture of the stack itself", 1),
        ({"--out": "absent/frame.png"}, "cannot be written", 1),
    ],
)
def test_views_mistakes_are_one_line(
    tmp_path: Path, changes: dict[str, str], words: str, code: int
) -> None:
    stack = make_stack(tmp_path / "stack")
    options = {"--magnification": "2", "--size": "24x16", "--out": "frame.png", **changes}
    options["--out"] = str(tmp_path / options["--out"])
    arguments = [text for option in options.items() for text in option]
    refuse(engine("view", stack, *arguments), words, code)


def test_view_of_a_folder_that_is_no_stack(tmp_path: Path) -> None:
    options = ["--magnification", "1", "--size", "24x16", "--out", tmp_path / "frame.png"]
    refuse(engine("view", tmp_path, *options), "There is no zoom in")
    refuse(engine("view", tmp_path / "absent", *options), "There is no folder")


def test_models_lists_good_and_bad_ones(tmp_path: Path) -> None:
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "model_index.json").write_text('{"_class_name": "FooPipeline"}')
    out, _ = finish(engine("models", "--models", tmp_path))
    assert "bundled" in out
    assert "strange" in out
    assert "FooPipeline" in out
    out, _ = finish(engine("models", "--json", ZOOM_STACK_MODELS=str(tmp_path)))
    strange = next(model for model in json.loads(out)["models"] if model["name"] == "strange")
    assert not strange["ok"]
    assert strange["folder"] == str(tmp_path / "strange")
    out, err = finish(engine("models", "--models", tmp_path / "absent"), 1)
    assert "bundled" in out
    assert f"{tmp_path / 'absent'} is not there. Correct the models folder. (--models, or" in err


def test_a_model_of_ones_own_makes_a_zoom(tmp_path: Path) -> None:
    """Found by name in a folder, with nothing said of steps, guidance or the upscaler."""
    save_tiny("sdxl", tmp_path / "models" / "mine")
    job = job_file(tmp_path, model="mine", size=[64, 64], sampler={"steps": 2})
    options = ["--out", tmp_path / "zoom", "--models", tmp_path / "models", "--device", "cpu"]
    out, err = finish(engine("generate", job, *options))
    assert out == f"2 levels in {tmp_path / 'zoom'}\n"
    assert "components" not in err
    assert read_stack(tmp_path / "zoom").made_with["model"]["name"] == "mine"


def test_check_reports_this_python() -> None:
    report = json.loads(finish(engine("check"))[0])
    assert report["python"]["executable"] == sys.executable
    assert report["torch"]
    assert report["device"] in ("cpu", "cuda", "mps")
    assert report["devices"][0]["name"] == "cpu"
    assert report["devices"][0]["memory_total"] > 2**30
    assert report["packages"]["diffusers"]
    assert report["ok"] == (not report["problems"])


def test_it_runs_from_a_folder_that_holds_only_the_engine(tmp_path: Path) -> None:
    extension = tmp_path / "zoom stack"
    ignore = shutil.ignore_patterns("__pycache__", "bundled")
    shutil.copytree(REPO / "engine", extension / "engine", ignore=ignore)
    # What stands beside it there must not be imported: only Blender could.
    (extension / "__init__.py").write_text("raise ImportError('bpy')")
    out, _ = finish(engine("models", cwd=extension))
    assert "bundled" in out


SMALL = {
    "levels": [{"prompt": "a"}, {"prompt": "b"}],
    "size": [64, 64],
    "sampler": {"steps": 2},
}


def test_size_and_upscaler_can_be_given_in_the_place_of_the_jobs(tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    job.write_text(json.dumps(SMALL))
    out = tmp_path / "out"
    argv = [sys.executable, str(DOUBLE), "generate", str(job), "--out", str(out), "--quiet"]
    finish(start([*argv, "--size", "80x48", "--upscaler", "lanczos"], REPO, {}), 0)
    made = json.loads((out / "stack.json").read_text())["made_with"]["job"]
    assert (made["size"], made["upscaler"]) == ([80, 48], "lanczos")


def test_a_stack_is_made_sharper_from_the_command_line(tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    job.write_text(json.dumps(SMALL))
    out, larger = str(tmp_path / "out"), str(tmp_path / "larger")
    finish(start([sys.executable, str(DOUBLE), "generate", str(job), "--out", out], REPO, {}), 0)
    sharpen = [sys.executable, "-m", "engine", "sharpen", out, "--times", "2"]
    printed, _ = finish(start([*sharpen, "--out", larger], REPO, {}), 0)
    assert printed == f"2 levels in {larger}\n"
    refuse(start([*sharpen, "--out", larger], REPO, {}), "holds a zoom stack already")
    refuse(start([*sharpen[:-1], "99", "--out", larger], REPO, {}), "between 2 and 16", 2)


def test_of_runs_at_once_in_one_folder_one_wins_and_is_whole(tmp_path: Path) -> None:
    """Of different numbers of levels, so that pictures of two would show."""
    out = tmp_path / "out"
    jobs = [tmp_path / f"{count}.json" for count in (1, 2, 3)]
    for count, job in enumerate(jobs, start=1):
        levels = [{"prompt": f"{number} of {count}"} for number in range(count)]
        job.write_text(json.dumps({**JOB, "levels": levels}), encoding="utf-8")
    finish(double("generate", jobs[2], "--out", out))
    options = (["--overwrite"], ["--overwrite", "--resume"], ["--overwrite"])
    runs = [
        double("generate", job, "--out", out, "--quiet", *each, ANALYTIC_STEP="0.1")
        for job, each in zip(jobs, options, strict=True)
    ]
    codes = []
    for process in runs:
        _, err = process.communicate(timeout=120)
        codes.append(process.returncode)
        if process.returncode:
            assert f"Another run writes into {out} just now." in err
    assert 0 in codes
    levels = read_stack(out).levels
    assert [level.prompt for level in levels] == [
        f"{n} of {len(levels)}" for n in range(len(levels))
    ]
    assert codes[len(levels) - 1] == 0
    assert {file.name for file in out.glob("*.png")} == {level.image for level in levels}
