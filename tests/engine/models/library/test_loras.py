"""LoRA files, and which models they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.models.entries import entry_of
from engine.models.library.checkpoints import inspect_file
from engine.models.library.found import Found, Kind
from tests.engine.models.library import layouts
from tests.engine.models.library.layouts import kohya, loha, lokr, peft, unet_layers
from tests.engine.models.library.sparse import Shapes, write_sparse

SD, SDXL, SD3 = "StableDiffusionPipeline", "StableDiffusionXLPipeline", "StableDiffusion3Pipeline"
FLUX1, FLUX2, QWEN = "FluxPipeline", "Flux2KleinPipeline", "QwenImagePipeline"
Z_IMAGE = "ZImagePipeline"
TE1 = {"lora_te1.text_model.encoder.layers.0.mlp.fc1": (3072, 768)}
TE2 = {"lora_te2.text_model.encoder.layers.0.mlp.fc1": (5120, 1280)}
TE = {"lora_te.text_model.encoder.layers.0.mlp.fc1": (3072, 768)}


def inspected(folder: Path, shapes: Shapes, name: str = "model", **metadata: str) -> Found:
    return inspect_file(write_sparse(folder / f"{name}.safetensors", shapes, **metadata), name)


def within(prefix: str, layers: Shapes) -> Shapes:
    return {f"{prefix}{layer}": shape for layer, shape in layers.items()}


CASES: dict[str, tuple[Shapes, str, str]] = {
    "kohya SD 1.5": (kohya(unet_layers(768, 640, "lora_unet.") | TE), SD, "sd15"),
    "kohya SD 2": (kohya(unet_layers(1024, 640, "lora_unet.")), SD, "sd2"),
    "kohya SDXL": (kohya(unet_layers(2048, 640, "lora_unet.") | TE1 | TE2), SDXL, "sdxl"),
    "peft SD 1.5": (peft(unet_layers(768, 640, "unet.")), SD, "sd15"),
    "peft SDXL": (peft(unet_layers(2048, 640, "unet.")), SDXL, "sdxl"),
    "peft SDXL of its own": (peft(unet_layers(2048, 640, "base_model.model.")), SDXL, "sdxl"),
    "SDXL without text layers": (
        kohya(
            {"lora_unet.down_blocks.2.attentions.0.transformer_blocks.9.attn1.to_q": (1280, 1280)}
        ),
        SDXL,
        "sdxl",
    ),
    "kohya FLUX.1": (kohya(within("lora_unet.", layouts.FLUX1_BLOCKS)), FLUX1, ""),
    "ComfyUI FLUX.1": (peft(within("diffusion_model.", layouts.FLUX1_BLOCKS)), FLUX1, ""),
    "diffusers FLUX.1": (peft(within("transformer.", layouts.FLUX1_DIFFUSERS)), FLUX1, ""),
    "ComfyUI FLUX.2": (peft(within("diffusion_model.", layouts.FLUX2_BLOCKS)), FLUX2, ""),
    "diffusers Qwen-Image": (peft(within("transformer.", layouts.QWEN_LAYERS)), QWEN, ""),
    "Qwen-Image, attention alone": (
        peft({"transformer.transformer_blocks.19.attn.to_q": (3072, 3072)}),
        QWEN,
        "",
    ),
    "FLUX.1, attention alone": (
        peft({"transformer.transformer_blocks.18.attn.to_q": (3072, 3072)}),
        FLUX1,
        "",
    ),
    "kohya Qwen-Image": (kohya(within("lora_unet.", layouts.QWEN_LAYERS)), QWEN, ""),
    "ComfyUI Z-Image": (peft(within("diffusion_model.", layouts.Z_IMAGE_LAYERS)), Z_IMAGE, ""),
    "diffusers SD 3.5": (peft(within("transformer.", layouts.SD3_LAYERS)), SD3, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_a_lora_knows_which_models_it_is_for(case: str, tmp_path: Path) -> None:
    shapes, family, checkpoint = CASES[case]
    found = inspected(tmp_path, shapes)
    assert (found.kind, found.lora_for, found.checkpoint) == (Kind.LORA, family, checkpoint)
    assert found.problem == ""
    assert found.family == ""
    assert found.title.startswith("LoRA for ")


@pytest.mark.parametrize(
    ("key", "value", "family", "checkpoint"),
    [
        ("ss_base_model_version", "sdxl_base_v1-0", SDXL, "sdxl"),
        ("ss_base_model_version", "sd_v1", SD, "sd15"),
        ("ss_base_model_version", "sd_v2", SD, "sd2"),
        ("ss_base_model_version", "flux1", FLUX1, ""),
        ("ss_base_model_version", "qwen_image", QWEN, ""),
        ("modelspec.architecture", "stable-diffusion-xl-v1-base/lora", SDXL, "sdxl"),
        ("modelspec.architecture", "stable-diffusion-3/lora", SD3, ""),
    ],
)
def test_where_its_layers_do_not_say_it_its_metadata_may(
    tmp_path: Path, key: str, value: str, family: str, checkpoint: str
) -> None:
    # Layers of the text encoder that SD 1.5, SDXL, SD 3.5 and FLUX.1 all have.
    shapes = kohya({"lora_te1.text_model.encoder.layers.0.self_attn.q_proj": (768, 768)})
    found = inspected(tmp_path, shapes, **{key: value})
    assert (found.lora_for, found.checkpoint, found.problem) == (family, checkpoint, "")


def test_a_lora_that_does_not_say_what_it_is_for_is_refused(tmp_path: Path) -> None:
    shapes = kohya({"lora_te1.text_model.encoder.layers.0.self_attn.q_proj": (768, 768)})
    found = inspected(tmp_path, shapes)
    assert found.kind is Kind.LORA
    assert found.problem == (
        "model.safetensors is a LoRA, but nothing in it says for which models."
    )


def test_layers_count_more_than_metadata(tmp_path: Path) -> None:
    found = inspected(
        tmp_path, kohya(unet_layers(768, 640, "lora_unet.")), ss_base_model_version="sdxl_base"
    )
    assert found.lora_for == SD


def test_loras_for_what_zoom_stack_does_not_have(tmp_path: Path) -> None:
    video = inspected(tmp_path, peft(within("diffusion_model.", layouts.WAN_LAYERS)))
    assert video.problem == (
        "model.safetensors is a LoRA for Wan video, which Zoom Stack cannot use."
    )
    refiner = inspected(tmp_path, kohya(unet_layers(1280, 768, "lora_unet.")))
    assert "for the refiner of Stable Diffusion XL" in refiner.problem


@pytest.mark.parametrize(("form", "name"), [(loha, "LoHa"), (lokr, "LoKr")])
def test_other_forms_are_known_and_refused(tmp_path: Path, form: object, name: str) -> None:
    assert callable(form)
    found = inspected(tmp_path, form(unet_layers(2048, 640, "lora_unet.")))
    assert (found.kind, found.lora_for, found.checkpoint) == (Kind.LORA, SDXL, "sdxl")
    assert found.problem.startswith(f"model.safetensors is a {name} for Stable Diffusion XL")


def test_a_dora_is_a_lora_with_scales(tmp_path: Path) -> None:
    shapes = dict(kohya(unet_layers(2048, 640, "lora_unet.")))
    shapes |= {
        key.replace("lora_down.weight", "dora_scale"): (640, 1)
        for key in list(shapes)
        if "lora_down" in key
    }
    found = inspected(tmp_path, shapes)
    assert (found.kind, found.lora_for) == (Kind.LORA, SDXL)


def test_which_fit_a_model_is_known_from_headers(tmp_path: Path) -> None:
    def lora(case: str) -> Found:
        return inspected(tmp_path, CASES[case][0])

    def model(kind: str) -> Found:
        return inspected(tmp_path, layouts.checkpoint(kind))

    fits = {
        case: [
            kind
            for kind in ("sd15", "sd2", "sdxl")
            if entry_of(lora(case)).listed().fits(entry_of(model(kind)).listed())
        ]
        for case in CASES
    }
    assert fits["kohya SD 1.5"] == ["sd15"]
    assert fits["kohya SD 2"] == ["sd2"]
    assert fits["kohya SDXL"] == ["sdxl"]
    assert fits["diffusers FLUX.1"] == []
    checkpoint = entry_of(model("sdxl")).listed()
    assert not checkpoint.fits(checkpoint)


@pytest.mark.parametrize("name", ["sdxl_lightning_4step_lora", "Hyper-SDXL-8steps-lora", "lcm"])
def test_a_lora_for_few_steps_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    assert inspected(tmp_path, CASES["kohya SDXL"][0], name).draft
    assert not inspected(tmp_path, CASES["kohya SDXL"][0], "style").draft
