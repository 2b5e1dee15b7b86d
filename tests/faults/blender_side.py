"""Everything of Blender's half that reads what others wrote, in Blender's own Python.

Blender's module has to run, with the extension enabled: see ``devtools.bpy_session``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from devtools import bpy_session
from devtools.bpy_session import submodule
from tests.doubles.fake_worker import picture
from tests.faults.documents import JOB, MESSAGES, STACK
from tests.faults.mutations import mutated_bytes
from tests.faults.parser import Parser, in_file


def parsers(bpy: Any) -> dict[str, Parser]:
    """All of them, by name.

    Args:
        bpy: Blender's module.
    """
    return {
        "preset": Parser([JOB], in_file("a.json", _preset(bpy))),
        "finished run": Parser([STACK], in_file("run/stack.json", _finished)),
        "unfinished run": Parser([JOB], in_file("run/.zoom_stack/job.json", _unfinished)),
        "what a run says": Parser(MESSAGES, _said),
        "imported stack": Parser([STACK], in_file("stack.json", _imported(bpy))),
        "imported picture": Parser(
            [picture(0, 3, 2)], in_file("a.png", _imported_picture(bpy)), mutated_bytes
        ),
    }


_MOST_IMAGES = 20  # before the file begins anew


class _Silent:
    """An engine that nobody has started."""

    def request(self, message: object) -> None:
        pass

    def close(self) -> None:
        pass


def _preset(bpy: Any) -> Callable[[Path], None]:
    read_json = submodule("engine.contract.validation").read_json
    settings = submodule("settings.job")

    def read(file: Path) -> None:
        for name in ("a.png", "b.png"):
            file.with_name(name).write_bytes(picture(0, 3, 2))
        target = bpy.context.scene.zoom_stack
        settings.apply_job(target, read_json(file, "bad_job"), file.parent)
        settings.job_from_settings(target)

    return read


def _finished(file: Path) -> None:
    for name in ("a.png", "b.png"):
        (file.parent / name).write_bytes(picture(0, 3, 2))
    _described(file.parent)


def _unfinished(file: Path) -> None:
    file.with_name("state-0.safetensors").touch()
    _described(file.parents[1])


def _described(folder: Path) -> None:
    runs = submodule("scene.runs")
    for run in runs.find_runs([folder.parent]).runs:
        assert isinstance(run.title() + run.subject() + run.why_not_ours(), str)


def _said(content: bytes, folder: Path) -> None:
    decode = submodule("engine.contract.messages").decode
    delivery = submodule("tasks.delivery").StepwiseDelivery()
    run = submodule("tasks.picture_run").PictureRun(
        _Silent(), {"type": "generate"}, folder, 2, delivery
    )
    for line in content.decode("utf-8", "replace").split("\n"):
        message = decode(line)
        # The client takes pictures out of messages, and the run's end is not what is read here.
        if message is not None and message["type"] != "done" and "data" not in message:
            run._take(message)
    run.thumbnails.close()


def _imported(bpy: Any) -> Callable[[Path], None]:
    def read(file: Path) -> None:
        for name in ("a.png", "b.png"):
            (file.parent / name).write_bytes(picture(0, 3, 2))
        _import(bpy, file.parent)

    return read


def _imported_picture(bpy: Any) -> Callable[[Path], None]:
    stack = submodule("engine.contract.stack")

    def read(file: Path) -> None:
        levels = (stack.StackLevel("a.png"), stack.StackLevel("b.png"))
        file.with_name("b.png").write_bytes(picture(1, 3, 2))
        stack.write_stack(stack.Stack(file.parent, levels))
        _import(bpy, file.parent)

    return read


def _import(bpy: Any, folder: Path) -> None:
    importing = submodule("scene.importing")
    if len(bpy.data.images) > _MOST_IMAGES:
        bpy_session.load_factory_startup()
    found = submodule("engine.contract.stack").read_stack(folder)
    result = importing.import_stack(found, importing.ImportOptions())
    camera = bpy.data.objects[result.camera_name]
    assert np.isfinite(np.array(camera.matrix_world)).all()
