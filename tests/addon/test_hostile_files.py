"""A part of the recorded fuzzing of docs/reliability.md: what Blender's half reads, in Blender."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devtools import bpy_session
from tests.faults.blender_side import parsers
from tests.faults.fuzzing import fuzz

INPUTS = 150  # for each
NAMES = (
    "preset",
    "finished run",
    "unfinished run",
    "what a run says",
    "imported stack",
    "imported picture",
)


def test_every_reader_is_fuzzed(bpy: Any) -> None:
    assert set(parsers(bpy)) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_hostile_files_end_in_an_answer_or_a_sentence(bpy: Any, name: str, tmp_path: Path) -> None:
    parser = parsers(bpy)[name]
    refusal = bpy_session.submodule("engine.contract.errors").ZoomStackError
    known = (bpy.utils.resource_path("USER"),)
    counts = fuzz(name, parser, INPUTS, 1, tmp_path / "inputs", refusal, known)
    assert counts.inputs == INPUTS
    assert counts.faults() == 0, "\n".join(counts.examples)


@pytest.mark.parametrize("name", NAMES)
def test_sound_files_are_read(bpy: Any, name: str, tmp_path: Path) -> None:
    parser = parsers(bpy)[name]
    for number, seed in enumerate(parser.seeds):
        own = tmp_path / str(number)
        own.mkdir()
        parser.read(seed if isinstance(seed, bytes) else json.dumps(seed).encode(), own)


def test_a_name_that_no_file_can_have_is_one_that_is_gone(bpy: Any, tmp_path: Path) -> None:
    part = bpy_session.submodule
    kept = {"prompt": "a leaf", "keep": {"image": "x" * 300 + ".png"}}
    job = {"levels": [{"prompt": "a forest"}, kept]}
    settings = bpy.context.scene.zoom_stack
    read_back = part("settings.job").job_from_settings
    part("settings.job").apply_job(settings, job, tmp_path)
    with pytest.raises(part("engine.contract.errors").ZoomStackError, match="no longer in the"):
        read_back(settings)
