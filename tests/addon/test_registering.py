"""The extension registers, unregisters and explains what it registers."""

from __future__ import annotations

from typing import Any

import pytest

from devtools.bpy_session import MODULE

pytestmark = pytest.mark.every_version


def test_it_registers_and_unregisters_twice(bpy: Any, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert bpy.ops.preferences.addon_disable(module=MODULE) == {"FINISHED"}
        assert not hasattr(bpy.types.Scene, "zoom_stack")
        assert not [name for name in dir(bpy.types) if name.startswith("ZOOMSTACK_")]
        assert "generate" not in dir(bpy.ops.zoom_stack)
        assert bpy.ops.preferences.addon_enable(module=MODULE) == {"FINISHED"}
        assert hasattr(bpy.types.Scene, "zoom_stack")
    printed = capfd.readouterr()
    assert "Traceback" not in printed.out + printed.err


def test_every_property_and_operator_explains_itself(bpy: Any) -> None:
    groups = [bpy.types.Scene.bl_rna.properties["zoom_stack"].fixed_type]
    groups.append(groups[0].properties["levels"].fixed_type)
    for group in groups:
        for prop in group.properties:
            if prop.identifier not in {"rna_type", "name", "levels"} and not prop.is_hidden:
                assert prop.description, prop.identifier
    for name in dir(bpy.ops.zoom_stack):
        rna = getattr(bpy.ops.zoom_stack, name).get_rna_type()
        assert len(rna.description) > 8, name
