"""Uninstalling and updating delete nothing that a person made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from devtools import bpy_session
from devtools.paths import REPO

# In a Blender of its own: the other tests need the extension.
_SCRIPT = """
import sys
from pathlib import Path

from devtools import bpy_session

bpy = bpy_session.start(from_checkout=False)
bpy_session.install(Path(sys.argv[1]))
folders, presets = (bpy_session.submodule(n) for n in ("blender.folders", "settings.presets"))
project = Path(sys.argv[2])
zoom = folders.zooms_folder() / "galaxy"
beside = project / "zooms" / "galaxy"
for folder in (zoom, beside):
    folder.mkdir(parents=True)
    (folder / "level_00.png").write_bytes(b"picture")
bpy.ops.wm.save_as_mainfile(filepath=str(project / "shot.blend"))
bpy.context.scene.zoom_stack.levels.add().prompt = "a galaxy"
assert bpy.ops.zoom_stack.save_preset(name="Mine") == {"FINISHED"}
(preset,) = presets.user_presets()
own = folders.user_folder("")


def check():
    assert (zoom / "level_00.png").read_bytes() == b"picture"
    assert (beside / "level_00.png").read_bytes() == b"picture"
    assert preset.is_file()


bpy_session.install(Path(sys.argv[1]))  # an update
check()
bpy.ops.preferences.addon_disable(module=bpy_session.MODULE)
check()
index = [repo.module for repo in bpy.context.preferences.extensions.repos].index("user_default")
bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id="zoom_stack")
assert not folders.EXTENSION.exists() and not own.exists(), "it was not removed"
check()
print("all there")
"""


def test_nothing_of_a_person_goes(extension_zip: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _SCRIPT, str(extension_zip), str(tmp_path)]
    done = subprocess.run(
        command, cwd=REPO, capture_output=True, text=True, timeout=120, check=False
    )
    assert "all there" in done.stdout, done.stdout + done.stderr


def test_presets_of_an_older_version_are_still_there(bpy: Any) -> None:
    presets, folders = (
        bpy_session.submodule(name) for name in ("settings.presets", "blender.folders")
    )
    old = folders.user_folder("presets") / "old_one.json"
    old.write_text('{"version": 1, "levels": [{"prompt": "a reef"}]}', encoding="utf-8")
    assert presets.find_preset("old_one") == old
    assert bpy.ops.zoom_stack.load_preset(preset="old_one") == {"FINISHED"}
    assert bpy.context.scene.zoom_stack.levels[0].prompt == "a reef"
    bpy.context.scene.zoom_stack.levels[0].prompt = "a coral reef"
    bpy.ops.zoom_stack.save_preset(name="Old One")
    assert presets.find_preset("old_one").parent == presets.presets_folder()
    assert bpy.ops.zoom_stack.remove_preset(preset="old_one") == {"FINISHED"}
    assert presets.user_presets() == []
    assert not old.exists()
