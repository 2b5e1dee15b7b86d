"""What the user edits: one group of settings on the scene."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..blender.compat import blend_relative
from ..engine.contract.geometry import MAX_ZOOM_FACTOR, MIN_ZOOM_FACTOR
from ..engine.contract.job import (
    AUTOMATIC,
    BUNDLED,
    BUNDLED_SECOND,
    LANCZOS,
    MAX_SIZE,
    SamplerSettings,
)
from .models import choice

_DEFAULTS = SamplerSettings()
_MODEL_ITEMS, _get_model, _set_model = choice(
    "model", [(BUNDLED, "Bundled", "The small model that comes with the extension")], enlarges=False
)
_UPSCALER_ITEMS, _get_upscaler, _set_upscaler = choice(
    "upscaler",
    [
        (AUTOMATIC, "Automatic", "The model's own second stage, or Lanczos where it has none"),
        (LANCZOS, "Lanczos", "Interpolation: it invents nothing"),
        (BUNDLED_SECOND, "Bundled, ×4", "The bundled model's second stage: it draws fine detail"),
    ],
    enlarges=True,
)
MAX_SEED = 2**31 - 1  # what an IntProperty holds

SOLVER_ITEMS = (
    ("dpmpp_2m_sde", "DPM-Solver++ 2M SDE", "Fresh noise in every step: best agreement of levels"),
    ("dpmpp_2m", "DPM-Solver++ 2M", "Deterministic and quick to settle"),
    ("ddpm", "DDPM", "The classic; wants many steps. Flow matching's Euler with fresh noise"),
    ("ddim", "DDIM", "Deterministic, first order. The same as Euler steps of flow matching"),
)
BLENDING_ITEMS = (
    ("default", "Lead Early", "Wide views lead until the subject is settled, then details go free"),
    ("uniform", "Uniform", "The paper's rule: the plain average of all views"),
    ("none", "None", "Levels only lie in one another; for comparison"),
)


class ZOOMSTACK_PG_level(bpy.types.PropertyGroup):
    """One level of the zoom: what is seen, and how it lies in the level before it"""

    prompt: StringProperty(
        name="Prompt",
        description="What is seen at this scale, in a few words",
    )
    negative_prompt: StringProperty(
        name="Negative Prompt",
        description="What should not be seen at this scale",
    )
    use_own_zoom_factor: BoolProperty(
        name="Own Zoom Factor",
        description="Give this level a zoom factor of its own in the place of the common one",
        default=False,
    )
    zoom_factor: FloatProperty(
        name="Zoom Factor",
        description="How many times closer this level is than the level before it",
        default=2.0,
        min=MIN_ZOOM_FACTOR,
        max=MAX_ZOOM_FACTOR,
        soft_min=1.25,
        soft_max=8.0,
        step=25,
        precision=2,
    )
    focus: FloatVectorProperty(
        name="Focus",
        description=(
            "Where this level lies in the level before it: 0 to 1 from the left and from the top"
        ),
        size=2,
        default=(0.5, 0.5),
        min=0.0,
        max=1.0,
        step=1,
        precision=3,
    )
    use_own_seed: BoolProperty(
        name="Own Seed",
        description=(
            "Give this level a seed of its own: another one changes its detail and leaves the "
            "other levels nearly as they are"
        ),
        default=False,
    )
    seed: IntProperty(name="Seed", description="Decides this level's own detail", default=0, min=0)
    pin_image: StringProperty(
        name="Pin to Picture",
        description=(
            "A photo or picture that this level shall show. Wider levels then contain it and "
            "deeper ones go on from it. Transparent parts are left to the prompt"
        ),
        subtype="FILE_PATH",
        options=blend_relative(),
    )
    pin_mask: StringProperty(
        name="Mask",
        description="A picture that is white where this level shall show the pinned one",
        subtype="FILE_PATH",
        options=blend_relative(),
    )
    keep: BoolProperty(
        name="Keep",
        description=(
            "Keep this level's picture when the zoom is generated again: only levels that are not "
            "kept are made, to fit it"
        ),
        default=False,
    )
    # The finished picture, and the level's place in the run that is under way.
    made: StringProperty(name="Picture", subtype="FILE_PATH", options={"HIDDEN"})
    number: IntProperty(name="Number", default=-1, options={"HIDDEN"})


class ZOOMSTACK_PG_settings(bpy.types.PropertyGroup):
    """What to generate"""

    levels: CollectionProperty(type=ZOOMSTACK_PG_level, name="Levels")
    active_level: IntProperty(
        name="Active Level", description="The level that is edited below the list", min=0
    )
    zoom_factor: FloatProperty(
        name="Zoom Factor",
        description="How many times closer each level is than the level before it",
        default=2.0,
        min=MIN_ZOOM_FACTOR,
        max=MAX_ZOOM_FACTOR,
        soft_min=1.25,
        soft_max=8.0,
        step=25,
        precision=2,
    )
    loop: BoolProperty(
        name="Loop",
        description=(
            "Let the closest level hold the widest one again, so that the zoom repeats without "
            "a jump. The first level's factor and focus then say where it lies in the last"
        ),
        default=False,
    )
    wider_follow: BoolProperty(
        name="Wider Levels Follow",
        description=(
            "Let kept levels show new ones that lie in them, and stay as they are around them. "
            "Otherwise they stay whole, and new levels only add detail to what is there"
        ),
        default=False,
    )
    run: StringProperty(name="Run", subtype="DIR_PATH", options={"HIDDEN"})
    seed: IntProperty(
        name="Seed",
        description="The same seed and settings make the same zoom again",
        default=7,
        min=0,
        max=MAX_SEED,
    )
    randomise_seed: BoolProperty(
        name="Randomise Seed",
        description="Take a new seed each time; it is written into the seed field",
        default=False,
    )
    steps: IntProperty(
        name="Steps",
        description="Evaluations of the model for each level: more take longer and look cleaner",
        default=_DEFAULTS.steps,
        min=1,
        max=1000,
        soft_min=8,
        soft_max=100,
    )
    # The name is what is kept; the enumeration is a view of it, so that a model folder that
    # changes never changes the choice.
    model: StringProperty(name="Model", default=BUNDLED, options={"HIDDEN"})
    model_choice: EnumProperty(
        name="Model",
        description="The model that makes the pictures",
        items=_MODEL_ITEMS,
        get=_get_model,
        set=_set_model,
    )
    upscaler: StringProperty(name="Upscaler", default=AUTOMATIC, options={"HIDDEN"})
    upscaler_choice: EnumProperty(
        name="Upscaler",
        description="What brings the pictures from the model's size to theirs",
        items=_UPSCALER_ITEMS,
        get=_get_upscaler,
        set=_set_upscaler,
    )
    use_guidance: BoolProperty(
        name="Own Guidance",
        description="Set the guidance here in the place of the model's own recommendation",
        default=False,
    )
    guidance_scale: FloatProperty(
        name="Guidance",
        description="How strictly the pictures follow the prompts",
        default=5.0,
        min=0.0,
        max=100.0,
        soft_min=1.0,
        soft_max=15.0,
        precision=1,
    )
    solver: EnumProperty(
        name="Solver",
        description="How noise becomes pictures",
        items=SOLVER_ITEMS,
        default=_DEFAULTS.solver,
    )
    blending: EnumProperty(
        name="Blending",
        description="How the levels are brought to agree with one another",
        items=BLENDING_ITEMS,
        default=_DEFAULTS.blending,
    )
    use_context: BoolProperty(
        name="Own Context",
        description="Set the context here in the place of the model's own recommendation",
        default=False,
    )
    context_strength: FloatProperty(
        name="Context",
        description="How long the wide views lead the close ones. At 0 each level also fills its "
        "whole frame, above that it ends at an uneven outline",
        default=1.0,
        min=0.0,
        max=100.0,
        soft_max=10.0,
        precision=3,  # the bundled model's own is 0.015
    )
    use_size: BoolProperty(
        name="Own Size",
        description="Set the pictures' size here in the place of the model's own",
        default=False,
    )
    width: IntProperty(
        name="Width",
        description="Width of every level's picture",
        default=512,
        min=16,
        max=MAX_SIZE,
        soft_min=64,
        soft_max=2048,
        subtype="PIXEL",
    )
    height: IntProperty(
        name="Height",
        description="Height of every level's picture",
        default=512,
        min=16,
        max=MAX_SIZE,
        soft_min=64,
        soft_max=2048,
        subtype="PIXEL",
    )
    output_folder: StringProperty(
        name="Output",
        description="Folder for new zoom stacks; empty is the folder in the preferences",
        subtype="DIR_PATH",
        options=blend_relative(),
    )


CLASSES = (ZOOMSTACK_PG_level, ZOOMSTACK_PG_settings)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.zoom_stack = PointerProperty(type=ZOOMSTACK_PG_settings, name="Zoom Stack")


def unregister() -> None:
    del bpy.types.Scene.zoom_stack
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
