"""Where things lie in the checkout."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
#: Everything that the commands make, except the zip; ignored by git and safe to delete.
DEV = REPO / ".dev"
LOGS = DEV / "log"
DIST = REPO / "dist"

BLENDER_VERSIONS = ("4.2", "4.5", "5.0", "5.2")
#: The Python that each Blender (and so its bpy wheel) is built for.
BLENDER_PYTHON = {"4.2": "3.11", "4.5": "3.11", "5.0": "3.11", "5.2": "3.13"}

#: Mesa's software renderer blurs linear textures on Debian 12 while anisotropic filtering is on.
TEST_RENDERING = {
    "LIBGL_ALWAYS_SOFTWARE": "1",
    "MESA_EXTENSION_OVERRIDE": (
        "-GL_EXT_texture_filter_anisotropic -GL_ARB_texture_filter_anisotropic"
    ),
}


def venv_python(folder: Path) -> Path:
    """The interpreter of the virtual environment in ``folder``."""
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def manifest() -> dict[str, object]:
    """The extension's manifest."""
    with (REPO / "blender_manifest.toml").open("rb") as stream:
        return tomllib.load(stream)


def zip_path() -> Path:
    """Where ``dev.py build`` puts the installable zip."""
    data = manifest()
    return DIST / f"{data['id']}-{data['version']}.zip"
