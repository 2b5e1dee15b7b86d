"""From the names and shapes of the original layout to those of diffusers and transformers.

The conversion itself is diffusers'. It takes what it knows and leaves what it lacks at random, so
it is rehearsed first: with the file's shapes and, instead of weights, the number of each tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from .weights_file import WeightsFile

Tensors = Mapping[str, torch.Tensor]
Convert = Callable[[Tensors], dict[str, torch.Tensor]]

#: Where the parts lie in a file; text encoders have another place in each kind of file.
UNET = "model.diffusion_model."
VAE = "first_stage_model."
CLIP = ("cond_stage_model.transformer.", "conditioner.embedders.0.transformer.")
OPEN_CLIP = ("cond_stage_model.model.", "conditioner.embedders.1.model.")

_AGAIN = "Download it again, or choose another file."
#: Beside the weights: constants, and the scale of a loss.
_CONSTANTS = ("position_ids", "attn_mask", "logit_scale")
_PROJECTION = "text_projection"


def convert_part(
    file: WeightsFile, part: str, prefix: str, model: Any, dtype: torch.dtype
) -> dict[str, torch.Tensor]:
    """One part's weights under the names that its model has for them.

    Args:
        part: its name in a pipeline, for complaints.
        prefix: one of this module's, of the part's names in the file.
        model: of diffusers or transformers, with the shapes that are wanted; may be on "meta".
        dtype: of the result.

    Raises:
        ZoomStackError: code ``bad_model``: weights are missing, of another shape, of no use to the
            model, or not numbers with a point.
    """
    names = [name for name in file.names if name.startswith(prefix)]
    names = [name for name in names if not _is_left_out(name, prefix, model)]
    if not names:
        raise file.complaint(f"has no {_title(part)}", "Choose a file with the whole model.")
    _refuse_quantized(file, names)
    convert = _converter(prefix, model)
    _check(file, part, model, _rehearse(file, part, names, convert), names)
    return convert({name: file.tensor(name, dtype) for name in names})


def _is_left_out(name: str, prefix: str, model: Any) -> bool:
    """Whether a tensor is known to be of no use: no error, and not to be read."""
    if name.endswith(_CONSTANTS):
        return True
    if prefix not in OPEN_CLIP or hasattr(model, _PROJECTION):
        return False
    # SD 2 takes what the layer before the last says, and no projection of it.
    last = f"{prefix}transformer.resblocks.{model.config.num_hidden_layers}."
    return name.startswith((last, prefix + _PROJECTION))


def _refuse_quantized(file: WeightsFile, names: list[str]) -> None:
    for name in names:
        if not file.is_floating(name):
            raise file.complaint(
                f"holds weights as whole numbers ({name})",
                "Choose the file in which the model is not quantized.",
            )


def _rehearse(
    file: WeightsFile, part: str, names: list[str], convert: Convert
) -> dict[str, torch.Tensor]:
    """What the conversion gives for tensors that hold, everywhere, their place among the names."""
    marks = {
        name: torch.tensor(place, dtype=torch.int16).expand(file.shape(name))
        for place, name in enumerate(names)
    }
    try:
        return convert(marks)
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise file.complaint(
            f"has a {_title(part)} whose weights do not go together ({error})", _AGAIN
        ) from error


def _check(file: WeightsFile, part: str, model: Any, found: Tensors, names: list[str]) -> None:
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        raise file.complaint(f"lacks weights of its {_title(part)}: {_some(missing)}", _AGAIN)
    for name, shape in wanted.items():
        if tuple(found[name].shape) != shape:
            raise file.complaint(
                f"has weights of another shape in its {_title(part)}: {name} is "
                f"{_size(found[name].shape)}, not {_size(shape)}",
                "It is of another kind of model than it was taken for: choose another file.",
            )
    read = {int(found[name][(0,) * len(shape)]) for name, shape in wanted.items()}
    unread = [name for place, name in enumerate(names) if place not in read]
    if unread or found.keys() - wanted.keys():
        unknown = unread or sorted(found.keys() - wanted.keys())
        raise file.complaint(
            f"has weights that do not belong to a {_title(part)} of its kind: {_some(unknown)}",
            "Choose the model as its authors published it, without anything added.",
        )


def _converter(prefix: str, model: Any) -> Convert:
    from diffusers.loaders import single_file_utils as diffusers

    if prefix == UNET:
        config = dict(model.config)
        return lambda tensors: diffusers.convert_ldm_unet_checkpoint(tensors, config)
    if prefix == VAE:
        config = dict(model.config)
        return lambda tensors: diffusers.convert_ldm_vae_checkpoint(tensors, config)
    if prefix in CLIP:
        return lambda tensors: _as_in(model, diffusers.convert_ldm_clip_checkpoint(tensors))
    return lambda tensors: _as_in(
        model,
        diffusers.convert_open_clip_checkpoint(model, _turned(tensors, prefix), prefix),
    )


def _turned(tensors: Tensors, prefix: str) -> Tensors:
    """With the projection as open_clip has it, if somebody saved it as a linear layer's weight."""
    saved = f"{prefix}{_PROJECTION}.weight"
    if saved not in tensors:
        return tensors
    others = {name: tensor for name, tensor in tensors.items() if name != saved}
    return {**others, prefix + _PROJECTION: tensors[saved].T}


def _as_in(model: Any, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Names for the model as it is: with or without an inner ``text_model``."""
    if hasattr(model, "text_model"):
        inner = "text_model."
        return {
            name if name.startswith((inner, _PROJECTION)) else inner + name: tensor
            for name, tensor in tensors.items()
        }
    return {name.removeprefix("text_model."): tensor for name, tensor in tensors.items()}


def _title(part: str) -> str:
    return {"unet": "denoiser (UNet)", "vae": "VAE"}.get(part, part.replace("_", " "))


def _some(names: list[str]) -> str:
    more = len(names) - 1
    return names[0] + (f" and {more} more" if more else "")


def _size(shape: Any) -> str:
    return " × ".join(str(side) for side in shape) or "a single number"
