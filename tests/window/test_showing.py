"""Show and Play turn a view to the zoom, and it is given back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import BlenderWindow
from zoom_tab import ZoomTab

_VIEW = """
def view():
    window = bpy.context.window_manager.windows[0]
    area = next(a for a in window.screen.areas if a.type == "VIEW_3D")
    space = area.spaces.active
    shading = space.shading
    return dict(
        scene=window.scene.name, perspective=space.region_3d.view_perspective,
        local=space.use_local_camera, type=shading.type, light=shading.light,
        colour=shading.color_type, outline=shading.show_object_outline,
        studio=shading.studio_light, specular=shading.show_specular_highlight,
        rotation=[round(x, 4) for x in space.region_3d.view_rotation],
        distance=round(space.region_3d.view_distance, 4),
    )
"""
_IN_VIEW = "with override('VIEW_3D', 'UI'): "


@pytest.fixture
def tab(window: BlenderWindow, engine_python: Path) -> ZoomTab:
    tab = ZoomTab(window, engine_python, quick_view=False)
    window.do(_VIEW)
    return tab


def view(tab: ZoomTab) -> dict[str, Any]:
    return tab.window.ask("view()")  # type: ignore[no-any-return]


def selected(tab: ZoomTab) -> list[str]:
    window = "bpy.context.window_manager.windows[0]"
    return tab.window.ask(  # type: ignore[no-any-return]
        f"[each.name for each in {window}.view_layer.objects.selected]"
    )


def test_a_first_zoom_waits_to_be_shown(tab: ZoomTab) -> None:
    """The default scene has a cube: the zoom gets a scene of its own, and says so."""
    window = tab.window
    before = view(tab)
    chosen = selected(tab)
    tab.set_levels(steps=3)
    tab.generate()
    tab.wait_finished()
    assert view(tab) == before
    assert selected(tab) == chosen
    window.settle()
    window.picture("ready")
    tab.show()
    window.settle(1.0)
    now = view(tab)
    assert now["scene"] != before["scene"]
    assert now["perspective"] == "CAMERA"
    assert not now["outline"]
    window.picture("shown")
    assert window.ask("_part('tasks.latest').new_zoom(bpy.data.scenes['Scene'])") is None
    window.do(
        _IN_VIEW + "bpy.ops.zoom_stack.show_zoom()"
    )  # back to one's own scene, angle and look
    assert view(tab) == before
    # Who leaves the zoom's scene by hand has the look back as well.
    root = "next(each.name for each in bpy.data.objects if 'zoom_stack_version' in each)"
    window.do(_IN_VIEW + f"bpy.ops.zoom_stack.show_zoom(root={root})")
    window.do("bpy.context.window_manager.windows[0].scene = bpy.data.scenes['Scene']")
    window.wait_for("view()['outline']")
    assert view(tab) == before
    window.settle()
    window.picture("left")
    # And who comes back to it by hand sees its pictures again, and can go back by Show.
    window.do(f"bpy.context.window_manager.windows[0].scene = bpy.data.scenes[{now['scene']!r}]")
    window.wait_for("not view()['outline']")
    again = view(tab)
    assert again == now
    window.settle()
    window.picture("returned")
    window.do(_IN_VIEW + "bpy.ops.zoom_stack.show_zoom()")
    assert view(tab) == before


def test_a_look_returns_with_the_camera_and_not_against_the_artist(tab: ZoomTab) -> None:
    window = tab.window
    window.do("[bpy.data.objects.remove(each) for each in list(bpy.data.objects)]")
    window.do(_IN_VIEW + "bpy.ops.zoom_stack.import_sample()")
    space = "with override('VIEW_3D'): bpy.context.space_data"
    turn = space + ".region_3d.view_perspective = "
    window.do(turn + "'PERSP'")
    window.wait_for("view()['outline']")
    window.do(turn + "'CAMERA'")
    window.wait_for("not view()['outline']")
    # Another look of the artist's own stays, here and there.
    window.do(space + ".shading.type = 'WIREFRAME'")
    window.do(turn + "'PERSP'")
    window.settle(1.2)
    window.do(turn + "'CAMERA'")
    window.settle(1.2)
    assert (
        window.ask(
            "[a for a in bpy.context.window_manager.windows[0].screen.areas "
            "if a.type == 'VIEW_3D'][0].spaces.active.shading.type"
        )
        == "WIREFRAME"
    )
    # Show is not lit, and pressing it shows the pictures.
    window.do(_IN_VIEW + "bpy.ops.zoom_stack.show_zoom()")
    assert not view(tab)["outline"]


def test_a_view_is_given_back_as_it_was(tab: ZoomTab) -> None:
    window = tab.window
    window.do("bpy.data.objects.remove(bpy.data.objects['Cube'])")
    tab.set_levels(steps=3)
    tab.generate()
    tab.wait_finished()
    before = view(tab)
    assert before["outline"]
    for _ in range(2):
        window.do(_IN_VIEW + "bpy.ops.zoom_stack.show_zoom()")
        assert view(tab)["perspective"] == "CAMERA"
        window.do(_IN_VIEW + "bpy.ops.zoom_stack.show_zoom()")
        assert view(tab) == before
    # Whoever turns the view away by hand gets the look back as well.
    window.do(_IN_VIEW + "bpy.ops.zoom_stack.show_zoom()")
    window.do("with override('VIEW_3D'): bpy.context.region_data.view_perspective = 'PERSP'")
    window.wait_for("view()['outline']")
    again = view(tab)
    assert again | {"rotation": 0, "distance": 0} == before | {"rotation": 0, "distance": 0}
    window.do(_IN_VIEW + "bpy.ops.zoom_stack.play()")
    window.do(_IN_VIEW + "bpy.ops.zoom_stack.play()")
    assert not view(tab)["outline"]  # it stands still, and is looked at
    window.do(_IN_VIEW + "bpy.ops.zoom_stack.show_zoom()")
    assert view(tab) == again


def test_things_have_a_shape_beside_the_pictures(tab: ZoomTab) -> None:
    window = tab.window
    window.do("bpy.data.objects.remove(bpy.data.objects['Cube'])")
    window.do(_IN_VIEW + "bpy.ops.zoom_stack.import_sample()")
    window.do(
        "with override('VIEW_3D'): bpy.ops.mesh.primitive_cube_add("
        "size=0.2, location=(-0.2, 0, 0.1), rotation=(0.4, 0.5, 0.2))"
    )
    window.settle(1.0)
    window.picture("things")
