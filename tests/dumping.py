"""Everything of a file that an artist has made, written down, to see what a step has changed.

Standard library alone: window tests have Blender execute this file.
"""

_OBJECT = (
    "location", "rotation_euler", "scale", "delta_location", "hide_render", "hide_select",
    "show_in_front", "display_type", "instance_type",
)  # fmt: skip
_SCENE = ("frame_start", "frame_end", "frame_current", "use_preview_range", "sync_mode")
_RENDER = ("resolution_x", "resolution_y", "resolution_percentage", "fps", "engine", "filepath")
_CAMERA = ("lens", "shift_x", "shift_y", "clip_end", "sensor_width", "dof.use_dof")


def dumped(bpy, fcurves_of):
    """All of it: "Camera.keys.rotation_euler[2]": value.

    Args:
        fcurves_of: the F-curves of a datablock.
    """
    found = {}
    for item in bpy.data.objects:
        found.update(of_object(item, fcurves_of))
    for camera in bpy.data.cameras:
        found.update(named(f"camera {camera.name}", camera, _CAMERA))
    for light in bpy.data.lights:
        found.update(named(f"light {light.name}", light, ("energy", "color")))
    for material in bpy.data.materials:
        for node in material.node_tree.nodes if material.users and material.node_tree else ():
            place = f"material {material.name}.{node.name}"
            found[place] = (node.bl_idname, tuple(node.location), node.mute)
            image = getattr(node, "image", None)
            if image is not None:
                file = bpy.path.abspath(image.filepath).replace("\\", "/")
                # The folder's name tells versions apart, also after the project was moved.
                found[f"{place}.picture"] = (*file.split("/")[-2:], *image.size)
    for scene in bpy.data.scenes:
        found.update(of_scene(scene))
    return found


def of_object(item, fcurves_of):
    found = named(item.name, item, _OBJECT)
    found[f"{item.name}.parent"] = item.parent.name if item.parent else ""
    for name in item.keys():  # noqa: SIM118 - no mapping
        if isinstance(item[name], (int, float, str)):
            found[f'{item.name}["{name}"]'] = item[name]
    for slot in item.material_slots:
        found[f"{item.name}.material"] = slot.material.name if slot.material else ""
    for curve in fcurves_of(item):
        found[f"{item.name}.keys.{curve.data_path}[{curve.array_index}]"] = [
            (*point.co, *point.handle_left, *point.handle_right, point.interpolation)
            for point in curve.keyframe_points
        ]
    return found


def of_scene(scene):
    place, layer = f"scene {scene.name}", scene.view_layers[0]
    found = {**named(place, scene, _SCENE), **named(f"{place}.render", scene.render, _RENDER)}
    found[f"{place}.camera"] = scene.camera.name if scene.camera else ""
    found[f"{place}.selected"] = sorted(each.name for each in layer.objects.selected)
    found[f"{place}.active"] = layer.objects.active.name if layer.objects.active else ""
    found[f"{place}.levels"] = [
        (level.prompt, level.uid, level.made, level.keep, tuple(level.focus))
        for level in scene.zoom_stack.levels
    ]
    found.update({f"{place}.marker {each.name}": each.frame for each in scene.timeline_markers})
    return found


def named(place, owner, names):
    found = {}
    for name in names:
        value = owner.path_resolve(name)
        plain = isinstance(value, str) or not hasattr(value, "__len__")
        found[f"{place}.{name}"] = value if plain else tuple(value)
    return found


def changed(before, after):
    """Keys whose values differ."""
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
