"""Names of the plain ID properties that make a zoom, and of its parts.

They are ordinary custom properties, so the zoom works without the extension, on farms with
auto-run off, and after append.
"""

from __future__ import annotations

SCENE_VERSION = 1

# On the root Empty.
VERSION = "zoom_stack_version"
FOLDER = "zoom_stack_folder"
MANIFEST = "zoom_stack_manifest"
OCTAVES = "zoom_stack_octaves"
TURN = "zoom_stack_turn"
MARKERS = "zoom_stack_markers"
FEATHER = "feather"
FADE = "fade"
TRAVEL = "camera_travels"
SECONDS_PER_OCTAVE = "seconds_per_octave"
HOLD_SECONDS = "hold_seconds"
START_FRAME = "start_frame"
FPS = "timed_for_fps"

# On the root, of the camera's way: see ``way.Way``. Without them it goes inwards, rests as long at
# its end as at its beginning, and has no eases.
HOLD_END_SECONDS = "hold_end_seconds"
EASE_IN = "ease_in"
EASE_OUT = "ease_out"
DIRECTION = "direction"
WHOLE_FRAMES = "whole_frames"
# The frames in which levels were put onto markers, one for each key.
ON_MARKERS = "zoom_stack_on_markers"
# What the last change of the way left as it was, for people.
LEFT_BEHIND = "zoom_stack_left_behind"

# On the camera.
ZOOM = "zoom"
LEVEL = "level"

# On every part.
ROLE = "zoom_stack_role"
INDEX = "zoom_stack_level"
# Names that stay, on the root and on the levels' Empties; see ``engine.contract.ids``.
ID = "zoom_stack_id"
# On a level's Empty: in which turn of a loop it is shown; 0 but for those that are shown again.
LAP = "zoom_stack_lap"
# On a level's Empty: the picture that it showed before, to compare with.
OTHER = "zoom_stack_other"
DRAFT = "zoom_stack_draft"

# Of things in the zoom. On a level's Empty: the zoom at which it is the view.
OWN_OCTAVES = "octaves"
# On a thing: where it can be seen, in octaves from its level's own zoom, and how softly it comes
# and goes, in octaves.
VISIBLE_FROM = "visible_from"
VISIBLE_TO = "visible_to"
FADE_OCTAVES = "fade_octaves"
# On what a loop shows once more: the thing whose twin it is.
TWIN_OF = "zoom_stack_twin_of"
# On a read-out: what it tells.
READ_OUT = "zoom_stack_read_out"
# Light. On a level's Empty, 0 to 1: how much of its picture is lit instead of shining by itself.
RECEIVES_LIGHT = "receives_light"
ROLE_LIT = "lit picture"
# On the root: its sun. On the scene: the world that it had before, and ours on ours.
SUN = "zoom_stack_sun"
WORLD_BEFORE = "zoom_stack_world_before"
BLACK_WORLD = "zoom_stack_black_world"
NO_SHADOWS = "zoom_stack_no_shadows"
# On a lamp that keeps its look: watts and metres as for a level that is one metre wide.
LAMP_POWER = "lamp_power"
LAMP_SIZE = "lamp_size"

# Catcher. On view layers and compositor nodes; on the scene: what it was before.
CATCHER = "zoom_stack_catcher"
# On an object that was moved to the things: the collection in which it lay.
FROM = "zoom_stack_from"

# Of the render. On a scene: it renders what it renders, and nobody asks.
KEEPS_RENDER = "zoom_stack_keeps_render"

# Of cameras. On a camera's data: the f-stop, as if what fills the view were 1 m wide; what there
# was before.
F_STOP = "f_stop"
FOCUS_BEFORE = "zoom_stack_focus_before"

ROLE_ROOT = "root"
ROLE_WORLD = "world"
ROLE_DOLLY = "dolly"
ROLE_PAN = "pan"
ROLE_CAMERA = "camera"
ROLE_LEVEL = "level"
ROLE_PLANE = "plane"


def path_to(name: str) -> str:
    """The data path of an ID property."""
    return f'["{name}"]'
