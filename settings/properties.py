"""What the user edits: one group of settings on the scene.

The options of a job come from their declarations; what is written out here is the panel's own.
"""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..blender.compat import blend_relative
from ..engine.contract.job import BUNDLED, MAX_LORA_WEIGHT, Job, LevelSpec, SamplerSettings
from ..engine.contract.options import Choice, options_of
from .model_list import ZOOMSTACK_PG_listed
from .models import choice
from .options import property_of, with_options
from .preferences import ZOOMSTACK_PG_folder
from .upscalers import UPSCALERS

_OPTIONS = options_of(Job)
_MODEL_ITEMS, _get_model, _set_model = choice(
    "model",
    [Choice(BUNDLED, "Bundled", "The small model that comes with the extension")],
    enlarges=False,
)
_UPSCALER_ITEMS, _get_upscaler, _set_upscaler = choice(
    "upscaler",
    UPSCALERS,
    enlarges=True,
)


@with_options(LevelSpec)
class ZOOMSTACK_PG_level(bpy.types.PropertyGroup):
    """One level of the zoom: what is seen, and how it lies in the level before it"""

    use_own_zoom_factor: BoolProperty(
        name="Own Zoom Factor",
        description="Give this level a zoom factor of its own in the place of the common one",
        default=False,
    )
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
    made: StringProperty(name="Picture", subtype="FILE_PATH", options={"HIDDEN"} | blend_relative())
    number: IntProperty(name="Number", default=-1, options={"HIDDEN"})
    uid: StringProperty(name="Id", options={"HIDDEN"})  # see ``engine.contract.ids``


class ZOOMSTACK_PG_lora(bpy.types.PropertyGroup):
    """A file that changes the model: a style, a subject"""

    lora: StringProperty(name="LoRA", description="The file's name, as in the list of models")
    weight: FloatProperty(
        name="Weight",
        description="How much it acts: 1 as its author meant it, 0 not at all",
        default=1.0,
        min=-MAX_LORA_WEIGHT,
        max=MAX_LORA_WEIGHT,
        soft_min=0.0,
        soft_max=1.5,
        step=5,
        precision=2,
    )


@with_options(Job, SamplerSettings)
class ZOOMSTACK_PG_settings(bpy.types.PropertyGroup):
    """What to generate"""

    levels: CollectionProperty(type=ZOOMSTACK_PG_level, name="Levels")
    active_level: IntProperty(
        name="Active Level", description="The level that is edited below the list", min=0
    )
    zoom_factor: property_of(
        options_of(LevelSpec)["zoom_factor"],
        "How many times closer each level is than the level before it",
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
    uid: StringProperty(name="Id", options={"HIDDEN"})  # of the zoom that these settings make
    randomise_seed: BoolProperty(
        name="Randomise Seed",
        description="Take a new seed each time; it is written into the seed field",
        default=False,
    )
    # The name is what is kept; the enumeration is a view of it, so that a model folder that
    # changes never changes the choice.
    model_choice: EnumProperty(
        name=_OPTIONS["model"].title,
        description=_OPTIONS["model"].text,
        items=_MODEL_ITEMS,
        get=_get_model,
        set=_set_model,
    )
    upscaler_choice: EnumProperty(
        name=_OPTIONS["upscaler"].title,
        description=_OPTIONS["upscaler"].text,
        items=_UPSCALER_ITEMS,
        get=_get_upscaler,
        set=_set_upscaler,
    )
    loras: CollectionProperty(
        type=ZOOMSTACK_PG_lora,
        name="LoRAs",
        description="Files that change the model: a style, a subject",
    )
    output_folder: StringProperty(
        name="Output",
        description="Folder for new zoom stacks; empty is the folder in the preferences",
        subtype="DIR_PATH",
        options=blend_relative(),
    )


_register_classes, _unregister_classes = bpy.utils.register_classes_factory(
    (
        ZOOMSTACK_PG_folder,
        ZOOMSTACK_PG_listed,
        ZOOMSTACK_PG_level,
        ZOOMSTACK_PG_lora,
        ZOOMSTACK_PG_settings,
    )
)


def register() -> None:
    _register_classes()
    bpy.types.Scene.zoom_stack = PointerProperty(type=ZOOMSTACK_PG_settings, name="Zoom Stack")


def unregister() -> None:
    del bpy.types.Scene.zoom_stack
    _unregister_classes()
