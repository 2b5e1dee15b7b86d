"""Copy Report: what helps is in it, and nothing that is personal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import UseWorker, latest

from devtools import bpy_session


def test_a_report_says_what_happened_and_not_to_whom(
    bpy: Any,
    settings: Any,
    use_worker: UseWorker,
    prefs: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    module = bpy_session.submodule("tasks.report")
    monkeypatch.setattr(module, "_user", lambda: "ada")
    monkeypatch.setattr(module.Path, "home", lambda: tmp_path / "home of ada")
    settings.levels[0].prompt = "a private thing"
    settings.model = "/home/ada/secret models/x"
    use_worker("crash")
    settings.model = "bundled"
    with pytest.raises(RuntimeError):
        bpy.ops.zoom_stack.generate()
    log = latest().generation.log
    log.write_text(
        log.read_text()
        + f"HF_TOKEN=hf_secretsecretsecret\n{tmp_path}/home of ada/zooms/a.png is gone\n"
    )
    text = module.report_text(bpy.context)
    assert "Zoom Stack 0." in text
    assert f"Blender {bpy.app.version_string}" in text
    assert "worker_died" in text
    assert "RuntimeError: out of memory" in text
    assert "…/FILE.png is gone" in text
    assert f"{len(settings.levels)} levels" in text
    for personal in ("private", "secret", "ada", str(tmp_path)):
        assert personal not in text, text


def test_a_report_can_be_made_before_anything_happened(bpy: Any, settings: Any) -> None:
    text = bpy_session.submodule("tasks.report").report_text(bpy.context)
    assert text.startswith("Zoom Stack ")
    assert "Engine: " in text
