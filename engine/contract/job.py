"""A job: what the engine is asked to make. Documented in ``docs/formats.md``."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field
from typing import Any

from .geometry import MAX_ZOOM_FACTOR, MIN_ZOOM_FACTOR
from .ids import Ids
from .options import MAX_SEED, Choice, Switch, option

JOB_VERSION = 1
BUNDLED = "bundled"  # the model that comes with Zoom Stack
BUNDLED_SECOND = "bundled_x4"  # its second stage
LANCZOS = "lanczos"  # the upscaler that is no model
REAL_ESRGAN = "real_esrgan"  # a network that enlarges each picture by itself
REAL_ESRGAN_QUICK = "real_esrgan_quick"  # a small one of its kind
# The model's own second stage, where it has one and the size needs it, then Real-ESRGAN.
AUTOMATIC = "automatic"
UPSCALERS = (AUTOMATIC, LANCZOS, REAL_ESRGAN, REAL_ESRGAN_QUICK)  # those that are no folder
THEN = " + "  # between a second stage and the upscaler that goes on from it
MAX_LEVELS = 64
DEFAULT_STEPS = 24  # of models that recommend no other number
MIN_SIZE, MAX_SIZE = 16, 8192  # pixels of a picture's side

SOLVERS = (
    Choice(
        "dpmpp_2m_sde", "DPM-Solver++ 2M SDE", "Fresh noise in every step: best agreement of levels"
    ),
    Choice("dpmpp_2m", "DPM-Solver++ 2M", "Deterministic and quick to settle"),
    Choice("ddpm", "DDPM", "The classic; wants many steps. Flow matching's Euler with fresh noise"),
    Choice("ddim", "DDIM", "Deterministic, first order. The same as Euler steps of flow matching"),
)
BLENDINGS = (
    Choice(
        "default",
        "Lead Early",
        "Wide views lead until the subject is settled, then details go free",
    ),
    Choice("uniform", "Uniform", "The paper's rule: the plain average of all views"),
    Choice("none", "None", "Levels only lie in one another; for comparison"),
)

#: What a model answers with, where its file does not say it.
PREDICTIONS = (
    Choice("automatic", "As the Model Says", "What the model's file says that it was trained for"),
    Choice("epsilon", "Noise (ε)", "Most models of Stable Diffusion"),
    Choice("v_prediction", "Velocity (v)", "Stable Diffusion 2 of 768 pixels, and some fine-tunes"),
)
MAX_LORAS = 16
MAX_LORA_WEIGHT = 4.0

_ZOOM_HINTS = {"soft_min": 1.25, "soft_max": 8.0, "step": 25, "precision": 2}


@dataclass(frozen=True)
class Pin:
    """Pictures that a level is held to.

    Attributes:
        image: path of the picture that the level shall show.
        mask: path of a picture that is white where it shall show it; None: everywhere, or where
            ``image`` itself is opaque.
    """

    image: str
    mask: str | None = None


@dataclass(frozen=True)
class Keep:
    """A finished picture of a level, which is not sampled again.

    Attributes:
        image: path of the PNG, which a stack made before holds.
        follow: whether what the next level shows inside it may change; otherwise the file stays
            byte for byte, and a new level inside it can only add detail to what is there.
    """

    image: str
    follow: bool = False


@dataclass(frozen=True)
class Lora:
    """A file that changes a model, and how much.

    Attributes:
        name: as of a model.
        weight: 1 as its author meant it; may be below 0.
    """

    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class LevelSpec:
    """One level of a job: its prompt and how it lies in the level before it."""

    prompt: str = option(
        "",
        "Prompt",
        "What is seen at this scale, in a few words",
        words="the prompt",
        stripped=True,
        values="text; empty only where the level is kept whole",
        meaning="what is seen at that scale",
    )
    negative_prompt: str = option(
        "",
        "Negative Prompt",
        "What should not be seen at this scale",
        words="the negative prompt",
        meaning="what should not be seen at that scale",
    )
    zoom_factor: float = option(
        2.0,
        "Zoom Factor",
        "How many times closer this level is than the level before it",
        words="the zoom factor",
        low=MIN_ZOOM_FACTOR,
        high=MAX_ZOOM_FACTOR,
        hints=_ZOOM_HINTS,
        meaning="how many times wider the view of the level before is",
    )
    focus: tuple[float, float] = option(
        (0.5, 0.5),
        "Focus",
        "Where this level lies in the level before it: 0 to 1 from the left and from the top",
        words="the focus",
        low=0.0,
        high=1.0,
        hints={"step": 1, "precision": 3},
        values="`[x, y]`, 0 to 1; `[0.5, 0.5]`",
        meaning="the level's centre in the level before, x to the right, y *down*",
    )
    pin: Pin | None = option(  # noqa: RUF009 - it makes a field
        None,
        "Pin",
        "A picture that the level shall show",
        by_hand=True,
        values='null or `{"image": path, "mask": path}`; null',
        meaning="a picture that the level shall show: where `mask` is white, or without a mask "
        "where the picture is opaque; the rest is left to the prompt. Paths are relative to the "
        "job file",
    )
    keep: Keep | None = option(  # noqa: RUF009 - the same
        None,
        "Keep",
        "A finished picture of the level",
        by_hand=True,
        values='null or `{"image": path, "follow": false}`; null',
        meaning="a finished picture of the level, a PNG of the job's size; see below",
    )
    seed: int | None = option(
        None,
        "Seed",
        "Decides this level's own detail",
        words="the seed",
        start=0,
        high=MAX_SEED,
        switch=Switch(
            "use_own_seed",
            "Give this level a seed of its own: another one changes its detail and leaves the "
            "other levels nearly as they are",
        ),
        meaning="of this level's own detail; null: the job's",
    )


@dataclass(frozen=True)
class SamplerSettings:
    """How to sample."""

    solver: str = option(
        "dpmpp_2m_sde",
        "Solver",
        "How noise becomes pictures",
        words="the solver",
        choices=SOLVERS,
        advanced=True,
        meaning="`ddim` is also the flow-matching Euler step, and `ddpm` its stochastic form: in "
        "z = x + σε they are the same",
    )
    steps: int | None = option(
        None,
        "Steps",
        "Evaluations of the model for each level: more take longer and look cleaner",
        words="the number of steps",
        start=DEFAULT_STEPS,
        low=1,
        high=1000,
        switch=Switch(
            "use_steps",
            "Set the number of steps here in the place of the model's own recommendation",
        ),
        hints={"soft_min": 4, "soft_max": 100},
        meaning="evaluations of the model for each level; null: the model's own recommendation, "
        f"{DEFAULT_STEPS} of the bundled one",
    )
    guidance_scale: float | None = option(
        None,
        "Guidance",
        "How strictly the pictures follow the prompts",
        words="the guidance scale",
        start=5.0,
        high=100.0,
        switch=Switch(
            "use_guidance",
            "Set the guidance here in the place of the model's own recommendation",
        ),
        advanced=True,
        hints={"soft_min": 1.0, "soft_max": 15.0, "precision": 1},
        meaning="classifier-free guidance: how strictly the pictures follow the prompts; null: the "
        "model's own recommendation",
    )
    blending: str = option(
        "default",
        "Blending",
        "How the levels are brought to agree with one another",
        words="the blending",
        choices=BLENDINGS,
        advanced=True,
        meaning="how levels lead one another; `default` leads early, with a rim and an outline; "
        "`uniform` is the paper's",
    )
    context_strength: float | None = option(
        None,
        "Context",
        "How long the wide views lead the close ones. At 0 each level also fills its whole frame, "
        "above that it ends at an uneven outline",
        words="the context strength",
        start=1.0,
        high=100.0,
        switch=Switch(
            "use_context", "Set the context here in the place of the model's own recommendation"
        ),
        advanced=True,
        only_with=("blending", "default"),
        hints={"soft_max": 10.0, "precision": 3},  # the bundled model's own is 0.015
        meaning="how long the wide view leads the deep one; at 0 a level also fills its whole "
        "frame, above that it ends at an uneven outline; null: the "
        "model's own recommendation",
    )


@dataclass(frozen=True)
class Job:
    """Everything that decides the pictures."""

    levels: tuple[LevelSpec, ...] = option(
        MISSING,
        "Levels",
        "What is seen at each scale",
        by_hand=True,
        values=f"1 to {MAX_LEVELS}, widest first",
        meaning="see *A level*",
    )
    model: str = option(
        BUNDLED,
        "Model",
        "The model that makes the pictures",
        stripped=True,
        listed=True,
        values=f"name or absolute path; `{BUNDLED}`",
        meaning=f"`{BUNDLED}`, a folder below the models folder, or a path",
    )
    loras: tuple[Lora, ...] = option(
        (),
        "LoRAs",
        "Files that change the model: a style, a subject",
        by_hand=True,
        values=f'`[{{"name": "ink", "weight": 1.0}}]`, at most {MAX_LORAS}; `[]`',
        meaning="files that change the model, each as much as its weight says, "
        f"{-MAX_LORA_WEIGHT:g} to {MAX_LORA_WEIGHT:g}; named like models",
    )
    prediction: str = option(
        PREDICTIONS[0].name,
        "Prediction",
        "What the model was trained to answer with. A wrong choice gives noise",
        choices=PREDICTIONS,
        advanced=True,
        meaning="what a model of Stable Diffusion answers with, instead of what its file says; "
        "other families have no choice",
    )
    upscaler: str = option(
        AUTOMATIC,
        "Upscaler",
        "What brings the pictures from the model's size to theirs",
        stripped=True,
        listed=True,
        advanced=True,
        values=f"`{AUTOMATIC}`, `{LANCZOS}`, `{REAL_ESRGAN}`, `{REAL_ESRGAN_QUICK}`, a model's "
        f"name or path, or a second stage and one of the others, `{BUNDLED_SECOND}{THEN}"
        f"{REAL_ESRGAN}`; `{AUTOMATIC}`",
        meaning="what brings the pictures to their size; see *Upscalers*",
    )
    seed: int = option(
        0,
        "Seed",
        "The same seed and settings make the same zoom again",
        start=7,
        high=MAX_SEED,
        meaning="decides all noise",
    )
    size: tuple[int, int] | None = option(
        None,
        "Size",
        "Size of every level's picture",
        start=(512, 512),
        low=MIN_SIZE,
        high=MAX_SIZE,
        switch=Switch("use_size", "Set the pictures' size here in the place of the model's own"),
        parts={
            "width": "Width of every level's picture",
            "height": "Height of every level's picture",
        },
        hints={"soft_min": 64, "soft_max": 2048, "subtype": "PIXEL"},
        values=f"`[width, height]`, {MIN_SIZE} to {MAX_SIZE}, or null; null",
        meaning="of every picture, in pixels; null: the model's own size",
    )
    loop: bool = option(
        False,
        "Loop",
        "Let the closest level hold the widest one again, so that the zoom repeats without a jump. "
        "The first level's factor and focus then say where it lies in the last",
        meaning="the deepest level holds level 0 again; see below",
    )
    ids: Ids | None = option(  # noqa: RUF009 - it is a field()
        None,
        "Ids",
        "Names of the zoom and of its levels",
        by_hand=True,
        values='null or `{"zoom": "a1", "levels": ["b1", "b2"]}`; null',
        meaning="names that stay when levels are moved, added or removed; they decide no pixel and "
        "are handed on to `stack.json`",
    )
    sampler: SamplerSettings = field(default_factory=SamplerSettings)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, complete: every setting is written out."""
        data = asdict(self)
        data["loras"] = list(data["loras"])
        data["ids"] = None if self.ids is None else self.ids.to_dict()
        data["size"] = None if self.size is None else list(self.size)
        for level in data["levels"]:
            level["focus"] = list(level["focus"])
        return {"version": JOB_VERSION, **data, "levels": list(data["levels"])}
