"""What a person is told of a job before it is sampled: nothing is wrong, but it may surprise."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from ..contract.job import Job
from ..contract.vocabulary import UNKNOWN_WORDS, not_avoided, not_understood
from ..models.prompting import Texts
from ..models.protocol import Model
from ..models.upscaling import Upscaler
from .checkpoints import Checkpoint
from .plan import Plan
from .reporting import Reporter

_QUOTED_WORDS = 4


def note_resumed(saved: Checkpoint | None, folder: Path, reporter: Reporter) -> None:
    """Tell where a run goes on that was to be gone on with."""
    if saved is None:
        reporter.warning("nothing_saved", f"{folder} holds no saved run, so this one starts anew.")
        return
    stage = "" if saved.small is None else " of the second stage"
    reporter.warning("resumed", f"Going on after step {saved.state.step}{stage}.")


def note_enlarged(plan: Plan, upscaler: Upscaler, reporter: Reporter) -> None:
    """Tell when the pictures are larger than what is sampled of them, and no sharper."""
    larger = plan.size[0] > plan.last_size[0] or plan.size[1] > plan.last_size[1]
    if larger and not upscaler.invents(plan.last_size, plan.size):
        sampled, final = ("{}×{}".format(*size) for size in (plan.last_size, plan.size))
        reporter.warning(
            "size",
            f"The model {plan.job.model!r} works at {sampled} pixels; "
            f"the pictures are enlarged to {final}.",
        )


def note_prompts(
    model: Model, job: Job, texts: Texts, silent: Collection[int], reporter: Reporter
) -> None:
    """Tell what of the prompts the model does not understand, or is too long for it.

    Args:
        texts: what the model is given for them.
        silent: numbers of the levels whose prompts decide nothing.
    """
    told = False
    for index, code, sentence in _unknown_words(model, job):
        if index not in silent:
            reporter.warning(code, f"Level {index + 1}: {sentence}")
            told = True
    if told and model.vocabulary is not None:
        reporter.known_subjects(model.vocabulary.subjects)
    for index, sentence in _unread_ends(model, texts):
        if index not in silent:
            reporter.warning("long_prompt", f"Level {index + 1}: {sentence}")
    avoided = [text for index, text in enumerate(texts.avoided) if index not in silent]
    if any(avoided):
        _note_avoided(model, job, reporter)


def _unknown_words(model: Model, job: Job) -> Iterator[tuple[int, str, str]]:
    """Levels, warnings' codes, and sentences about words that a small model does not know."""
    if model.vocabulary is None:
        return
    prompts = [level.prompt for level in job.levels]
    avoided = [level.negative_prompt for level in job.levels]
    for code, what, sentences in (
        (UNKNOWN_WORDS, "", not_understood(model.vocabulary, prompts)),
        ("unknown_avoided", "of what to avoid ", not_avoided(model.vocabulary, avoided)),
    ):
        for index, sentence in enumerate(sentences):
            if sentence:
                yield index, code, what + sentence


def _note_avoided(model: Model, job: Job, reporter: Reporter) -> None:
    guidance, least = job.sampler.guidance_scale, model.avoids_above
    assert guidance is not None  # make_plan sets it
    if least is None:
        reporter.warning(
            "negative_prompts",
            f"The model {model.name!r} knows no negative prompts; they are left out.",
        )
    elif guidance <= least:
        reporter.warning(
            "negative_prompts",
            f"At a guidance of {guidance:g} the model {model.name!r} does not read negative "
            f"prompts; it does above {least:g}.",
        )


def _unread_ends(model: Model, texts: Texts) -> Iterator[tuple[int, str]]:
    """Levels, and sentences about the ends of prompts that the model does not read."""
    for what, read in (("the prompt", texts.prompts), ("what to avoid", texts.avoided)):
        for index, end in enumerate(model.unread(read)):
            if end:
                words = " ".join(end.split()[:_QUOTED_WORDS])
                yield (
                    index,
                    f"{what} is longer than the model can read; it is left out from “{words}” on.",
                )
