"""A folder of thirty models, LoRAs and other files, as people have them."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

from tests.engine.models.library.folders_on_disk import SDXL, make_folder, sdxl, write_json
from tests.engine.models.library.layouts import checkpoint, kohya, only, peft, unet_layers, without
from tests.engine.models.library.sparse import write_header, write_sparse
from tests.engine.models.pipelines.tiny_pipelines import save_tiny

#: Small, with random weights, and whole.
USABLE = ("sdxl", "z_image", "flux2_klein", "prx_pixel", "flux1_schnell")
_CLIP_OF_SDXL = "conditioner.embedders.0.transformer."


def write_mixed(folder: Path) -> Path:
    """Write all of them; the large ones are holes on the disk."""
    for name in USABLE:
        save_tiny(name, folder / "diffusers" / f"tiny_{name}")
    _checkpoints(folder / "checkpoints")
    _loras(folder / "loras")
    _parts(folder / "parts")
    _damaged(folder / "downloads")
    _strange_folders(folder / "diffusers")
    return folder


def _checkpoints(folder: Path) -> None:
    write_sparse(folder / "juggernautXL_v9.safetensors", checkpoint("sdxl"))
    write_sparse(folder / "dreamshaperXL_lightning.safetensors", checkpoint("sdxl"))
    write_sparse(folder / "deliberate_v2.safetensors", checkpoint("sd15"))
    write_sparse(folder / "v2-1_768-ema-pruned.safetensors", checkpoint("sd2"))
    inpainting = dict(checkpoint("sd15"))
    inpainting["model.diffusion_model.input_blocks.0.0.weight"] = (320, 9, 3, 3)
    write_sparse(folder / "sd-v1-5-inpainting.safetensors", inpainting)
    write_sparse(
        folder / "sdxl_without_vae.safetensors", without(checkpoint("sdxl"), "first_stage_model.")
    )


def _loras(folder: Path) -> None:
    layers = unet_layers(2048, 640, "lora_unet_")
    for name in ("ink_wash", "pixel_art", "old_film"):
        write_sparse(folder / f"{name}.safetensors", kohya(layers))
    write_sparse(folder / "anime_sd15.safetensors", kohya(unet_layers(768, 320, "lora_unet_")))
    blocks = "transformer.transformer_blocks.0.attn"
    flux = {f"{blocks}.to_q": (3072, 3072), f"{blocks}.add_k_proj": (3072, 3072)}
    write_sparse(folder / "flux_realism.safetensors", peft(flux))


def _parts(folder: Path) -> None:
    sdxl_keys = checkpoint("sdxl")
    write_sparse(folder / "sdxl_vae.safetensors", only(sdxl_keys, "first_stage_model."))
    write_sparse(folder / "clip_l.safetensors", only(sdxl_keys, _CLIP_OF_SDXL))
    write_sparse(folder / "sdxl_unet_only.safetensors", only(sdxl_keys, "model.diffusion_model."))
    write_sparse(folder / "unknown.safetensors", {"a.weight": (3, 3)})


def _damaged(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "v1-5-pruned.ckpt").write_bytes(pickle.dumps({"state_dict": {}}))
    (folder / "renamed_pickle.safetensors").write_bytes(pickle.dumps({"state_dict": {}}))
    (folder / "flux1-dev-Q4_K_S.gguf").write_bytes(b"GGUF" + bytes(2000))
    (folder / "empty.safetensors").touch()
    (folder / "login_page.safetensors").write_text("<!DOCTYPE html><html>Log in</html>")
    (folder / "pointer.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    cut = write_sparse(folder / "cut_short.safetensors", checkpoint("sd15"))
    with cut.open("r+b") as file:
        file.truncate(cut.stat().st_size // 2)
    write_header(folder / "huge_header.safetensors", ["not", "an", "object"])


def _strange_folders(folder: Path) -> None:
    shutil.rmtree(sdxl(folder / "sdxl_with_a_missing_part") / "vae")
    make_folder(folder / "video", {**SDXL, "_class_name": "WanPipeline"}, {})
    own = sdxl(folder / "own_code")
    write_json(own / "unet" / "config.json", {"auto_map": {"AutoModel": "unet.Mine"}})
