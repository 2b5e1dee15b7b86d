"""What is in the installable zip."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

_ROOMS = {"blender", "engine", "operators", "panels", "scene", "settings", "tasks"}


def test_the_zip_holds_the_extension_and_nothing_of_its_making(extension_zip: Path) -> None:
    with zipfile.ZipFile(extension_zip) as archive:
        names = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
    assert {name.parts[0] for name in names} == _ROOMS | {
        *("__init__.py", "blender_manifest.toml", "README.md", "LICENSE", "LICENSES"),
        *("presets", "samples"),
    }
    assert {name.parts[0] for name in names if name.suffix == ".py"} == _ROOMS | {"__init__.py"}
    assert {name.suffix for name in names if name.parts[0] == "samples"} == {".jpg", ".json", ".md"}
