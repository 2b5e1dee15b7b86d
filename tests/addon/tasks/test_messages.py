"""Messages belong to what they speak of: told once, and gone with their cause."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import UseWorker, latest

from devtools import bpy_session


def refused(bpy: Any) -> None:
    with pytest.raises(RuntimeError):
        bpy.ops.zoom_stack.generate()


def test_a_refusal_goes_with_its_cause(bpy: Any, settings: Any, use_worker: UseWorker) -> None:
    settings.levels[1].focus = (0.0, 0.0)
    refused(bpy)
    problem = latest().problem()
    assert problem.code == "bad_geometry"
    settings.active_level = 1  # to look at the level mends nothing
    assert latest().problem() is problem
    settings.levels[1].focus = (0.5, 0.5)
    assert latest().problem() is None
    settings.levels[1].focus = (0.0, 0.0)
    assert latest().problem() is problem


def test_a_missing_engine_is_told_until_one_is_chosen(
    bpy: Any, settings: Any, use_worker: UseWorker, prefs: Any, tmp_path: Path
) -> None:
    python = prefs.python_path
    prefs.python_path = str(tmp_path / "absent")
    refused(bpy)
    assert latest().problem() is not None
    prefs.python_path = python
    assert latest().problem() is None


def test_a_refusal_is_gone_in_another_file(bpy: Any, settings: Any, use_worker: UseWorker) -> None:
    settings.levels[1].focus = (0.0, 0.0)
    refused(bpy)
    bpy_session.load_factory_startup()
    assert latest().problem() is None
    assert latest().refusal is None


def test_the_size_shown_is_the_size_that_is_made(bpy: Any, settings: Any) -> None:
    shapes = bpy_session.submodule("settings.shapes")
    listing = bpy_session.submodule("engine.contract.model_listing")
    model_list = bpy_session.submodule("settings.model_list")
    assert shapes.models_own_size(settings) == (256, 256)
    model_list.remember(
        [
            listing.Listed("small", listing.MAKES, native_size=(128, 128)),
            listing.Listed("large", listing.MAKES, native_size=(1024, 1024)),
            listing.Listed("unknown", listing.MAKES),
            listing.Listed("x8", listing.SECOND_STAGE, native_size=(1024, 1024)),
        ]
    )
    settings.model = "large"
    assert shapes.models_own_size(settings) == (1024, 1024)
    settings.model = "small"
    assert shapes.models_own_size(settings) == (256, 256)
    settings.upscaler = "x8 + lanczos"
    assert shapes.models_own_size(settings) == (1024, 1024)
    settings.model = "unknown"
    assert shapes.models_own_size(settings) is None
    model_list.remember([])


@pytest.mark.parametrize(("model", "told"), [("bundled", []), ("elsewhere", ["Level 1: a word"])])
def test_unknown_words_are_told_once(
    bpy: Any, settings: Any, use_worker: UseWorker, model: str, told: list[str]
) -> None:
    """By the list of levels, where this Blender knows the model's words."""
    settings.model = model
    run = bpy_session.submodule("tasks.start").new_generation(bpy.context)
    try:
        run._take({"type": "warning", "code": "unknown_words", "text": "Level 1: a word"})
        assert run.warnings == told
    finally:
        run.abandon()
