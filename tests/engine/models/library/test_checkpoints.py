"""What single files are: whole checkpoints, parts of them, and models of other kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.models.library.checkpoints import inspect_file
from engine.models.library.found import Found, Kind
from tests.engine.models.library import layouts
from tests.engine.models.library.layouts import checkpoint, only, without
from tests.engine.models.library.sparse import Shapes, write_sparse

UNET = "model.diffusion_model."
FIRST = "conditioner.embedders.0."
SECOND = "conditioner.embedders.1."
INPUT = f"{UNET}input_blocks.0.0.weight"


def inspected(folder: Path, shapes: Shapes, name: str = "model", **metadata: str) -> Found:
    path = write_sparse(folder / f"{name}.safetensors", shapes, **metadata)
    found = inspect_file(path, name)
    assert (found.name, found.path, found.size) == (name, path, path.stat().st_size)
    assert bool(found.problem) == bool(found.hint)
    return found


@pytest.mark.parametrize(
    ("kind", "family", "title", "side", "prediction", "keys"),
    [
        ("sd15", "StableDiffusionPipeline", "Stable Diffusion 1.5", 512, "epsilon", 1133),
        ("sd2", "StableDiffusionPipeline", "Stable Diffusion 2", 768, "", 1230),
        ("sdxl", "StableDiffusionXLPipeline", "Stable Diffusion XL", 1024, "epsilon", 2517),
    ],
)
def test_whole_checkpoints_are_models(
    tmp_path: Path, kind: str, family: str, title: str, side: int, prediction: str, keys: int
) -> None:
    shapes = checkpoint(kind)
    assert len(shapes) == keys
    found = inspected(tmp_path, shapes)
    assert (found.kind, found.family, found.title) == (Kind.MODEL, family, title)
    assert (found.checkpoint, found.single, found.problem) == (kind, True, "")
    assert (found.native_size, found.prediction) == ((side, side), prediction)
    assert not found.draft
    assert found.asks_prediction == (kind == "sd2")


@pytest.mark.parametrize(
    ("kind", "lost", "words"),
    [
        ("sdxl", ("first_stage_model.",), "Stable Diffusion XL without its VAE."),
        ("sdxl", ("first_stage_model.encoder.",), "without its VAE's encoder."),
        ("sdxl", (SECOND,), "without its second text encoder."),
        (
            "sdxl",
            ("first_stage_model.", FIRST, SECOND),
            "without its first text encoder, second text encoder and VAE.",
        ),
        ("sd15", ("cond_stage_model.",), "Stable Diffusion 1.5 without its text encoder."),
        ("sd2", ("cond_stage_model.", "first_stage"), "without its text encoder and VAE."),
    ],
)
def test_a_checkpoint_says_which_parts_are_missing(
    tmp_path: Path, kind: str, lost: tuple[str, ...], words: str
) -> None:
    found = inspected(tmp_path, without(checkpoint(kind), *lost))
    assert found.kind is Kind.MODEL
    assert found.problem.startswith("model.safetensors is ")
    assert found.problem.endswith(words)
    assert "whole checkpoint" in found.hint


def test_a_bare_unet_is_named_by_its_family(tmp_path: Path) -> None:
    found = inspected(tmp_path, only(checkpoint("sdxl"), UNET))
    assert "is Stable Diffusion XL without its first text encoder" in found.problem


@pytest.mark.parametrize(
    ("kind", "channels", "words"),
    [
        ("sd15", 9, "is an inpainting model"),
        ("sdxl", 9, "is an inpainting model"),
        ("sd15", 8, "is an InstructPix2Pix model"),
        ("sd2", 5, "follows a given depth"),
        ("sd2", 7, "is an upscaler"),
        ("sdxl", 12, "takes 12 channels"),
    ],
)
def test_other_numbers_of_channels_are_other_models(
    tmp_path: Path, kind: str, channels: int, words: str
) -> None:
    found = inspected(tmp_path, checkpoint(kind) | {INPUT: (320, channels, 3, 3)})
    assert words in found.problem
    assert found.kind is Kind.MODEL


def test_what_else_has_such_a_unet(tmp_path: Path) -> None:
    refiner = {
        key: (*shape[:-1], 1280) if ".attn2.to_k." in key or ".attn2.to_v." in key else shape
        for key, shape in checkpoint("sdxl").items()
    }
    refiner |= {f"{UNET}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": (768, 1280)}
    assert "is the refiner of Stable Diffusion XL" in inspected(tmp_path, refiner).problem
    video = checkpoint("sd2") | {f"{UNET}input_blocks.1.0.time_stack.in_layers.0.weight": (320,)}
    assert "video model (Stable Video Diffusion)" in inspected(tmp_path, video).problem
    unclip = checkpoint("sd2") | {f"{UNET}label_emb.0.0.weight": (1280, 2048)}
    assert "is an unCLIP model" in inspected(tmp_path, unclip).problem
    small = without(checkpoint("sdxl"), f"{UNET}middle_block.1.")
    assert "smaller variant" in inspected(tmp_path, small).problem
    playground = checkpoint("sdxl") | {"edm_mean": (4,), "edm_std": (4,)}
    assert "Playground 2.5" in inspected(tmp_path, playground).problem
    quantised = checkpoint("sdxl") | {f"{UNET}scaled_fp8": (0,)}
    assert "quantised" in inspected(tmp_path, quantised).problem


@pytest.mark.parametrize(
    ("kind", "keys", "metadata", "name", "expected"),
    [
        ("sdxl", ("v_pred",), {}, "m", "v_prediction"),
        ("sdxl", ("v_pred", "ztsnr"), {}, "m", "v_prediction"),
        ("sdxl", (), {"modelspec.prediction_type": "v"}, "m", "v_prediction"),
        ("sdxl", (), {"modelspec.prediction_type": "epsilon"}, "noob-vpred", "epsilon"),
        ("sdxl", (), {}, "noobaiXL_vPred10", ""),
        ("sd15", (), {}, "m", "epsilon"),
        ("sd2", (), {"modelspec.prediction_type": "v"}, "m", "v_prediction"),
        ("sd2", (), {"modelspec.architecture": "stable-diffusion-v2-768-v"}, "m", "v_prediction"),
        ("sd2", (), {"modelspec.architecture": "stable-diffusion-v2-512"}, "m", "epsilon"),
        ("sd2", (), {}, "v2-1_768-ema-pruned", ""),
    ],
)
def test_what_a_checkpoint_predicts_is_read_from_it(
    tmp_path: Path,
    kind: str,
    keys: tuple[str, ...],
    metadata: dict[str, str],
    name: str,
    expected: str,
) -> None:
    found = inspected(tmp_path, checkpoint(kind) | dict.fromkeys(keys, ()), name, **metadata)
    assert found.problem == ""
    assert found.prediction == expected
    assert found.zero_snr == ("ztsnr" in keys)
    assert found.asks_prediction == (not expected)


@pytest.mark.parametrize(
    ("kind", "metadata", "expected"),
    [
        ("sdxl", {"modelspec.resolution": "1024x768"}, (1024, 768)),
        ("sdxl", {"modelspec.resolution": "9999x9999"}, (1024, 1024)),
        ("sdxl", {"modelspec.resolution": "large"}, (1024, 1024)),
        ("sd2", {"modelspec.prediction_type": "epsilon"}, (512, 512)),
        ("sd2", {"modelspec.prediction_type": "v"}, (768, 768)),
    ],
)
def test_the_native_size_is_what_the_file_says_or_the_published_one(
    tmp_path: Path, kind: str, metadata: dict[str, str], expected: tuple[int, int]
) -> None:
    assert inspected(tmp_path, checkpoint(kind), **metadata).native_size == expected


@pytest.mark.parametrize(
    ("name", "title", "draft"),
    [
        ("sd_xl_turbo_1.0_fp16", "", True),
        ("dreamshaperXL_v21TurboDPMSDE", "", True),
        ("juggernautXL_v9Rdphoto2Lightning", "", True),
        ("Hyper-SDXL-8steps", "", True),
        ("model", "Stable Diffusion XL LCM", True),
        ("model_4step", "", True),
        ("dmd2_sdxl", "", True),
        ("sdxl_hyper", "", True),
        ("hyperrealism_v3", "", False),
        ("juggernautXL_v9", "Juggernaut", False),
        ("thunderstruck_lightnings", "", False),
        ("трамвай", "", False),
        ("___", "", False),
    ],
)
def test_few_step_models_are_drafts(tmp_path: Path, name: str, title: str, draft: bool) -> None:
    metadata = {"modelspec.title": title} if title else {}
    assert inspected(tmp_path, checkpoint("sdxl"), name, **metadata).draft == draft


@pytest.mark.parametrize(
    ("shapes", "words", "family"),
    [
        (layouts.FLUX1_MODEL, "is FLUX.1 in a single file", "FluxPipeline"),
        (
            {f"{UNET}{key}": shape for key, shape in layouts.FLUX1_MODEL.items()},
            "is FLUX.1 in a single file",
            "FluxPipeline",
        ),
        (layouts.SD3_MODEL, "is Stable Diffusion 3.5 in", "StableDiffusion3Pipeline"),
        (layouts.FLUX1_MODEL | {"img_in.weight": (3072, 384)}, "is an inpainting model", ""),
        (
            layouts.FLUX1_MODEL | {"distilled_guidance_layer.in_proj.bias": (5120,)},
            "is Chroma in a single file",
            "ChromaPipeline",
        ),
        (layouts.WAN_MODEL, "is a video model (Wan)", ""),
        (layouts.AUDIO_MODEL, "is a model for sound", ""),
        (layouts.CASCADE_MODEL, "is a Stable Cascade model", ""),
    ],
)
def test_models_of_other_families_are_named(
    tmp_path: Path, shapes: Shapes, words: str, family: str
) -> None:
    found = inspected(tmp_path, shapes)
    assert words in found.problem
    assert (found.kind, found.family) == (Kind.MODEL, family)
    if family:
        assert "diffusers' format" in found.hint


PARTS: list[tuple[str, Any, str]] = [
    ("controlnet", layouts.CONTROLNET, "a ControlNet"),
    ("controlnet of old", layouts.CONTROLNET_OLD, "a ControlNet"),
    ("ip adapter", layouts.IP_ADAPTER, "an IP-Adapter"),
    ("embedding", layouts.EMBEDDING, "a textual-inversion embedding"),
    ("embedding for SDXL", layouts.EMBEDDING_XL, "a textual-inversion embedding"),
    ("esrgan", layouts.ESRGAN, "an upscaler"),
    ("vae", layouts.VAE, "a VAE"),
    ("t5", layouts.T5, "a text encoder"),
    ("clip", layouts.CLIP, "a text encoder"),
    ("unet", layouts.UNET, "a U-Net without the rest of its model"),
]


@pytest.mark.parametrize(
    ("shapes", "what"), [case[1:] for case in PARTS], ids=[c[0] for c in PARTS]
)
def test_parts_and_helpers_are_named(tmp_path: Path, shapes: Shapes, what: str) -> None:
    found = inspected(tmp_path, shapes)
    assert found.problem == f"model.safetensors is {what}, not a model by itself."
    assert found.kind is Kind.OTHER


@pytest.mark.parametrize("kind", ["sd15", "sd2", "sdxl"])
def test_the_parts_of_a_real_checkpoint_are_no_models(tmp_path: Path, kind: str) -> None:
    found = inspected(tmp_path, only(checkpoint(kind), "first_stage_model."))
    assert found.problem == "model.safetensors is a VAE, not a model by itself."
    text = {"sd15": "cond_stage_model.", "sd2": "cond_stage_model.model.", "sdxl": FIRST}[kind]
    found = inspected(tmp_path, only(checkpoint(kind), text))
    assert found.problem == "model.safetensors is a text encoder, not a model by itself."


def test_what_nobody_knows_is_listed_with_a_sentence(tmp_path: Path) -> None:
    found = inspected(tmp_path, {"some.weight": (3, 3)})
    assert "of a kind that Zoom Stack does not know" in found.problem
    assert found.kind is Kind.OTHER


def test_damage_is_a_sentence_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.touch()
    found = inspect_file(path, "m")
    assert (found.kind, found.problem) == (Kind.OTHER, "m.safetensors is empty.")
    assert "There is no file" in inspect_file(tmp_path / "absent", "absent").problem
