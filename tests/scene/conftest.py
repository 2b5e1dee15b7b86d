"""Scene tests run inside Blender's module with the checkout as the installed extension.

Modules of the extension are imported by their place in Blender, at the top of a test file:
``from bl_ext.user_default.zoom_stack.scene import rig``.
"""

from __future__ import annotations

from typing import Any

import pytest

from devtools import bpy_session

_BPY = bpy_session.start(from_checkout=True)


@pytest.fixture
def bpy() -> Any:
    """Blender's module with the factory start-up file loaded: Cube, Camera and Light."""
    bpy_session.load_factory_startup()
    return _BPY
