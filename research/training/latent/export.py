"""Writes the trained parts as a Stable Diffusion folder that diffusers and the engine open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file
from transformers import CLIPTokenizer

from .caching import Norm, normalise, trained_vae
from .denoising import Networks
from .shape import build_scheduler

HISTORY = "training.json"  # in an exported model

_NOTHING_ELSE: dict[str, Any] = {
    "safety_checker": None,
    "feature_extractor": None,
    "requires_safety_checker": False,
}


def export(vae_run: Path, run: Path, tokenizer: CLIPTokenizer, norm: Norm, out: Path) -> None:
    """Writes model_index.json, vae, unet, text_encoder, tokenizer and scheduler to `out`.

    Args:
        vae_run: of the VAE's training.
        run: of the UNet's training.
        norm: of the VAE's latents.
    """
    vae = trained_vae(vae_run)
    normalise(vae, norm)
    networks = Networks(tokenizer)
    networks.load_state_dict(load_file(run / "average.safetensors"))
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=networks.text_encoder.eval(),
        tokenizer=tokenizer,
        unet=networks.unet.eval(),
        scheduler=build_scheduler(),
        **_NOTHING_ELSE,
    )
    pipeline.save_pretrained(out, safe_serialization=True)
    history = {"vae": _told(vae_run), "unet": _told(run)}
    (out / HISTORY).write_text(json.dumps(history, indent=1) + "\n", encoding="utf-8")


def _told(run: Path) -> dict[str, Any]:
    """Of one training: steps, pictures seen, seed and minutes."""
    state = json.loads((run / "state.json").read_text(encoding="utf-8"))
    own = {"steps": state["step"], "seen": state["seen"], "seed": state["seed"]}
    return own | {"minutes": round(state["spent"] / 60, 1)}
