"""Prompts encoded by a pipeline, as the arguments of its call that take them again.

Every way maps what ``encode_prompt`` returns to those arguments; a family's row names its way.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ...contract.pipeline_families import PipelineFamily

# (pipeline, prompts, negative prompts, whether they are used, device)
Embedded = dict[str, Any]
Embed = Callable[[Any, Sequence[str], Sequence[str], bool, Any], Embedded]


def _pair(
    pipe: Any, prompts: Sequence[str], avoided: Sequence[str], guided: bool, device: Any
) -> Embedded:
    positive, negative = _encoder(pipe)(
        list(prompts), device, 1, guided, negative_prompt=list(avoided)
    )
    return {"prompt_embeds": positive, "negative_prompt_embeds": negative}


def _pooled(
    pipe: Any, prompts: Sequence[str], avoided: Sequence[str], guided: bool, device: Any
) -> Embedded:
    positive, negative, pooled, negative_pooled = _encoder(pipe)(
        list(prompts),
        **{name: None for name in ("prompt_2", "prompt_3") if _takes(pipe.encode_prompt, name)},
        device=device,
        do_classifier_free_guidance=guided,
        negative_prompt=list(avoided),
    )
    return {
        "prompt_embeds": positive,
        "negative_prompt_embeds": negative,
        "pooled_prompt_embeds": pooled,
        "negative_pooled_prompt_embeds": negative_pooled,
    }


def _flux1(
    pipe: Any, prompts: Sequence[str], _avoided: Sequence[str], _guided: bool, device: Any
) -> Embedded:
    positive, pooled, _ = _encoder(pipe)(list(prompts), None, device=device)
    return {"prompt_embeds": positive, "pooled_prompt_embeds": pooled}


def _flux2(
    pipe: Any, prompts: Sequence[str], avoided: Sequence[str], guided: bool, device: Any
) -> Embedded:
    embedded = {"prompt_embeds": _encoder(pipe)(list(prompts), device=device)[0]}
    if guided:
        embedded["negative_prompt_embeds"] = _encoder(pipe)(list(avoided), device=device)[0]
    return embedded


def _listed(
    pipe: Any, prompts: Sequence[str], avoided: Sequence[str], guided: bool, device: Any
) -> Embedded:
    """Embeddings of their own lengths; the pipeline writes into the lists that it is given."""
    positive, negative = _encoder(pipe)(list(prompts), device, guided, list(avoided))
    return {"prompt_embeds": positive, "negative_prompt_embeds": negative if guided else None}


def _masked(
    pipe: Any, prompts: Sequence[str], avoided: Sequence[str], guided: bool, device: Any
) -> Embedded:
    positive, mask = _encoder(pipe)(list(prompts), device=device)
    embedded = {"prompt_embeds": positive, "prompt_embeds_mask": mask}
    if guided:
        negative, negative_mask = _encoder(pipe)(list(avoided), device=device)
        embedded |= {
            "negative_prompt_embeds": negative,
            "negative_prompt_embeds_mask": negative_mask,
        }
    return embedded


def _attended(
    pipe: Any,
    prompts: Sequence[str],
    avoided: Sequence[str],
    guided: bool,
    device: Any,
    **options: Any,
) -> Embedded:
    positive, mask, negative, negative_mask = _encoder(pipe)(
        list(prompts),
        do_classifier_free_guidance=guided,
        negative_prompt=list(avoided),
        device=device,
        **options,
    )
    return {
        "prompt_embeds": positive,
        "prompt_attention_mask": mask,
        "negative_prompt_embeds": negative,
        "negative_prompt_attention_mask": negative_mask,
    }


def _instructed(
    pipe: Any, prompts: Sequence[str], avoided: Sequence[str], guided: bool, device: Any
) -> Embedded:
    """With the instruction that the pipeline puts before every prompt."""
    call = inspect.signature(type(pipe).__call__).parameters
    instruction = call["complex_human_instruction"].default
    return _attended(pipe, prompts, avoided, guided, device, complex_human_instruction=instruction)


def _chroma(
    pipe: Any, prompts: Sequence[str], avoided: Sequence[str], guided: bool, device: Any
) -> Embedded:
    positive, _, mask, negative, _, negative_mask = _encoder(pipe)(
        list(prompts), list(avoided), device=device, do_classifier_free_guidance=guided
    )
    return {
        "prompt_embeds": positive,
        "prompt_attention_mask": mask,
        "negative_prompt_embeds": negative,
        "negative_prompt_attention_mask": negative_mask,
    }


def _ovis(
    pipe: Any, prompts: Sequence[str], avoided: Sequence[str], _guided: bool, device: Any
) -> Embedded:
    positive, negative, _, _ = _encoder(pipe)(list(prompts), list(avoided), device=device)
    return {"prompt_embeds": positive, "negative_prompt_embeds": negative}


def _encoder(pipe: Any) -> Callable[..., Any]:
    """``encode_prompt``, with as many tokens as the pipeline's call reads."""
    name = "max_sequence_length"
    call = inspect.signature(type(pipe).__call__).parameters
    if name not in call or not _takes(pipe.encode_prompt, name):
        return pipe.encode_prompt  # type: ignore[no-any-return]
    return functools.partial(pipe.encode_prompt, **{name: call[name].default})


def _takes(function: Any, name: str) -> bool:
    return name in inspect.signature(function).parameters


WAYS: dict[str, Embed] = {
    "pair": _pair,
    "pooled": _pooled,
    "flux1": _flux1,
    "flux2": _flux2,
    "listed": _listed,
    "masked": _masked,
    "attended": _attended,
    "instructed": _instructed,
    "chroma": _chroma,
    "ovis": _ovis,
}


def embedded(
    pipeline: Any,
    family: PipelineFamily,
    prompts: Sequence[str],
    avoided: Sequence[str],
    guided: bool,
    device: Any,
) -> Embedded:
    """The prompts of all levels, encoded by the pipeline's text half.

    Args:
        avoided: negative prompts.
        guided: whether these are used.
    """
    with torch.inference_mode():
        return WAYS[family.embed](pipeline, prompts, avoided, guided, device)
