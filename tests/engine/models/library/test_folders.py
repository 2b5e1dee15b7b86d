"""Folders in diffusers' format: which can be used, and what is said of the others."""

from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.models.library.folders import inspect_folder
from engine.models.library.found import Found, Kind
from tests.engine.models.library.folders_on_disk import (
    CONFIGS,
    EULER,
    FLOW,
    FLUX,
    PRX,
    SD15,
    SDXL,
    make_folder,
    sdxl,
    sharded,
    write_json,
)  # fmt: skip
from tests.engine.models.library.sparse import write_sparse


def inspected(folder: Path) -> Found:
    found = inspect_folder(folder, "a name")
    assert (found.name, found.path, found.single) == ("a name", folder, False)
    assert bool(found.problem) == bool(found.hint)
    return found


def problem(folder: Path) -> str:
    return inspected(folder).problem


def test_a_whole_folder_is_a_model(tmp_path: Path) -> None:
    found = inspected(sdxl(tmp_path / "m"))
    assert found.problem == ""
    assert (found.kind, found.family) == (Kind.MODEL, "StableDiffusionXLPipeline")
    assert (found.title, found.checkpoint) == ("Stable Diffusion XL", "sdxl")
    assert (found.native_size, found.prediction) == ((1024, 1024), "epsilon")
    assert not found.draft
    assert not found.asks_prediction
    files = list((tmp_path / "m").glob("*/*.safetensors"))
    assert len(files) == 4
    assert found.size == sum(file.stat().st_size for file in files)


@pytest.mark.parametrize(
    ("index", "config", "scheduler", "checkpoint", "side", "prediction"),
    [
        (SD15, "SD15 unet", {"_class_name": "PNDMScheduler"}, "sd15", 512, "epsilon"),
        (SD15, "SD2 unet", EULER | {"prediction_type": "v_prediction"}, "sd2", 768, "v_prediction"),
        (SDXL, "SDXL unet", EULER | {"prediction_type": "v_prediction"}, "sdxl", 1024,
         "v_prediction"),
        (FLUX, "FLUX transformer", FLOW, "", None, "flow_prediction"),
        (PRX, "PRX transformer", FLOW, "", None, "flow_prediction"),
    ],
)  # fmt: skip
def test_its_configurations_say_what_it_is(
    tmp_path: Path,
    index: Any,
    config: str,
    scheduler: Any,
    checkpoint: str,
    side: int | None,
    prediction: str,
) -> None:
    found = inspected(make_folder(tmp_path / "m", index, CONFIGS[config], scheduler))
    assert found.problem == ""
    assert found.checkpoint == checkpoint
    assert found.native_size == (None if side is None else (side, side))
    assert found.prediction == prediction


def test_a_deep_vae_makes_more_of_each_latent(tmp_path: Path) -> None:
    folder = make_folder(
        tmp_path / "m",
        FLUX | {"_class_name": "SanaPipeline"},
        {"in_channels": 32, "sample_size": 32},
        FLOW,
    )
    write_json(folder / "vae/config.json", {"encoder_block_out_channels": [128] * 6})
    assert inspected(folder).native_size == (1024, 1024)


@pytest.mark.parametrize("side", [True, "128", 1, 10**30, [128, 128], None, 12.5])
def test_a_strange_size_is_none(tmp_path: Path, side: object) -> None:
    folder = make_folder(tmp_path / "m", SDXL, CONFIGS["SDXL unet"] | {"sample_size": side})
    found = inspected(folder)
    assert (found.native_size, found.problem) == (None, "")


@pytest.mark.parametrize(
    ("name", "index", "config", "scheduler", "draft"),
    [
        ("sdxl", SDXL, "SDXL unet", EULER, False),
        ("sdxl-turbo", SDXL, "SDXL unet", EULER, True),
        ("sdxl", SDXL | {"_name_or_path": "me/SDXL-Lightning"}, "SDXL unet", EULER, True),
        ("sdxl", SDXL | {"is_distilled": True}, "SDXL unet", EULER, True),
        ("sdxl", SDXL, "SDXL unet", {"_class_name": "LCMScheduler"}, True),
        ("FLUX.1-dev", FLUX, "FLUX transformer", FLOW, False),
        ("FLUX.1-schnell", FLUX, "FLUX transformer", FLOW, True),
    ],
)
def test_few_step_models_are_drafts(
    tmp_path: Path, name: str, index: Any, config: str, scheduler: Any, draft: bool
) -> None:
    found = inspected(make_folder(tmp_path / name, index, CONFIGS[config], scheduler))
    assert (found.draft, found.problem) == (draft, "")


def test_flux_that_is_not_told_its_guidance_is_a_draft(tmp_path: Path) -> None:
    config = CONFIGS["FLUX transformer"] | {"guidance_embeds": False}
    assert inspected(make_folder(tmp_path / "m", FLUX, config, FLOW)).draft


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("unet", "m lacks its part 'unet'."),
        ("scheduler", "m lacks its part 'scheduler'."),
        ("tokenizer_2", "m lacks its part 'tokenizer_2'."),
        ("vae", "m lacks its part 'vae'."),
        (
            "unet/diffusion_pytorch_model.safetensors",
            "The part 'unet' of m has no weights (diffusion_pytorch_model.safetensors).",
        ),
        (
            "text_encoder_2/model.safetensors",
            "The part 'text_encoder_2' of m has no weights (model.safetensors).",
        ),
        ("tokenizer/vocab.json", "The part 'tokenizer' of m lacks its file tokenizer.json."),
        (
            "scheduler/scheduler_config.json",
            "The part 'scheduler' of m lacks its file scheduler_config.json.",
        ),
    ],
)
def test_what_is_not_there_is_named(tmp_path: Path, lost: str, words: str) -> None:
    folder = sdxl(tmp_path / "m")
    path = folder / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert problem(folder) == words


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
@pytest.mark.parametrize("how", ["unlisted", "null"])
def test_what_every_model_needs_must_be_listed(tmp_path: Path, part: str, how: str) -> None:
    folder = sdxl(tmp_path / "m")
    index = {key: value for key, value in SDXL.items() if key != part}
    write_json(folder / "model_index.json", index | ({part: [None, None]} if how == "null" else {}))
    assert problem(folder) == f"m lacks its part {part!r}."


def test_what_is_absent_on_purpose_or_not_used_is_not_missed(tmp_path: Path) -> None:
    index = SDXL | {
        "feature_extractor": [None, None],
        "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
        "text_encoder_3": [None, None],
    }
    folder = make_folder(tmp_path / "m", index, CONFIGS["SDXL unet"])
    shutil.rmtree(folder / "image_encoder")
    assert problem(folder) == ""
    folder = make_folder(tmp_path / "n", SD15, CONFIGS["SD15 unet"])
    shutil.rmtree(folder / "safety_checker")
    assert problem(folder) == ""


def test_weights_of_half_precision_are_enough(tmp_path: Path) -> None:
    folder = sdxl(tmp_path / "m")
    for file in folder.glob("*/*.safetensors"):
        file.rename(file.with_name(file.name.replace(".safetensors", ".fp16.safetensors")))
    assert problem(folder) == ""


def test_of_two_precisions_the_full_one_counts(tmp_path: Path) -> None:
    folder = sdxl(tmp_path / "m")
    before = inspected(folder).size
    half = folder / "unet/diffusion_pytorch_model.fp16.safetensors"
    half.write_bytes(b"")  # damaged, but not loaded
    found = inspected(folder)
    assert (found.problem, found.size) == ("", before)
    half.with_name("diffusion_pytorch_model.safetensors").write_bytes(b"")
    assert "diffusion_pytorch_model.safetensors is empty" in problem(folder)


def test_names_that_are_not_loaded_do_not_count(tmp_path: Path) -> None:
    folder = sdxl(tmp_path / "m")
    weights = folder / "unet/diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_name("diffusion_pytorch_model.non_ema.safetensors"))
    assert "'unet' of m has no weights" in problem(folder)


@pytest.mark.parametrize("half", [False, True])
def test_every_shard_must_be_there_and_whole(tmp_path: Path, half: bool) -> None:
    folder = sdxl(tmp_path / "m")
    shards = sharded(folder / "unet")
    if half:
        index = folder / "unet/diffusion_pytorch_model.safetensors.index.json"
        index.rename(index.with_name("diffusion_pytorch_model.safetensors.index.fp16.json"))
    found = inspected(folder)
    assert found.problem == ""
    whole = shards[1].stat().st_size
    os.truncate(shards[1], whole - 1)
    words = f"{shards[1].name} is cut short: it has {whole - 1:,} of its {whole:,} bytes."
    assert problem(folder) == f"The part 'unet' of m cannot be loaded: {words}"
    shards[1].unlink()
    assert (
        problem(folder) == f"The part 'unet' of m lacks 1 of its 3 files, such as {shards[1].name}."
    )


@pytest.mark.parametrize(
    "weight_map", [None, {}, [], {"a": 1}, {"a": "../x.safetensors"}, {"a": "/x.safetensors"}]
)
def test_a_damaged_list_of_shards(tmp_path: Path, weight_map: object) -> None:
    folder = sdxl(tmp_path / "m")
    sharded(folder / "unet")
    write_sparse(folder / "x.safetensors", {"a": (1,)})
    index = folder / "unet/diffusion_pytorch_model.safetensors.index.json"
    write_json(index, {"weight_map": weight_map})
    assert "has a damaged list of its files" in problem(folder)


def test_pickles_are_refused(tmp_path: Path) -> None:
    folder = sdxl(tmp_path / "m")
    (folder / "vae/diffusion_pytorch_model.safetensors").unlink()
    (folder / "vae/diffusion_pytorch_model.bin").write_bytes(pickle.dumps({}))
    found = inspected(folder)
    assert found.problem == (
        "The part 'vae' of m has its weights only as pickle files, which could run any program."
    )
    assert "safetensors" in found.hint
    (folder / "vae/diffusion_pytorch_model.safetensors").write_bytes(pickle.dumps({}))
    assert "diffusion_pytorch_model.safetensors is a pickle file" in problem(folder)


CODE: dict[str, Any] = {
    "class": lambda m: write_json(
        m / "model_index.json", SDXL | {"_class_name": ["pipeline", "MyPipeline"]}
    ),
    "class alone": lambda m: write_json(
        m / "model_index.json", SDXL | {"_class_name": ["StableDiffusionXLPipeline"]}
    ),
    "pipeline": lambda m: write_json(
        m / "model_index.json", SDXL | {"custom_pipeline": "lpw_stable_diffusion"}
    ),
    "module": lambda m: write_json(
        m / "model_index.json", SDXL | {"unet": ["my_unet", "UNet2DConditionModel"]}
    ),
    "file": lambda m: (m / "unet/diffusers.py").write_text("import os"),
    "config": lambda m: write_json(
        m / "unet/config.json", CONFIGS["SDXL unet"] | {"auto_map": {"AutoModel": "m.Model"}}
    ),
    "tokenizer": lambda m: write_json(
        m / "tokenizer_2/tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["t.T", None]}}
    ),
    "deep": lambda m: write_json(
        m / "text_encoder/config.json", {"text_config": [{"auto_map": {"AutoConfig": "c.C"}}]}
    ),
    "escaped": lambda m: (m / "text_encoder/config.json").write_text('{"auto\\u005fmap": {}}'),
}


@pytest.mark.parametrize("how", CODE)
def test_a_model_that_asks_for_code_of_its_own_is_refused(tmp_path: Path, how: str) -> None:
    folder = sdxl(tmp_path / "m")
    assert problem(folder) == ""
    CODE[how](folder)
    assert problem(folder) == "m asks for code of its own, which Zoom Stack never runs."


def test_code_of_a_family_with_an_adapter_of_its_own_is_refused_too(tmp_path: Path) -> None:
    folder = tmp_path / "if"
    write_json(folder / "model_index.json", {
        "_class_name": "IFPipeline",
        "text_encoder": ["transformers", "T5EncoderModel"],
        "safety_checker": ["deepfloyd_if", "IFSafetyChecker"],
    })  # fmt: skip
    write_json(folder / "text_encoder/config.json", {})
    found = inspected(folder)
    assert (found.problem, found.title) == ("", "DeepFloyd IF")
    write_json(folder / "text_encoder/config.json", {"auto_map": {}})
    assert "asks for code of its own" in problem(folder)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("StableDiffusionXLInpaintPipeline", "an inpainting model"),
        ("FluxFillPipeline", "an inpainting model"),
        (
            "StableDiffusionXLImg2ImgPipeline",
            "a model that changes a given picture, such as the refiner",
        ),
        ("StableDiffusionInstructPix2PixPipeline", "a model that changes a given picture"),
        ("QwenImageEditPipeline", "a model that changes a given picture"),
        ("FluxKontextPipeline", "a model that changes a given picture"),
        ("StableDiffusionControlNetPipeline", "a model that follows a given picture"),
        ("StableDiffusionUpscalePipeline", "a model that enlarges given pictures"),
        ("StableVideoDiffusionPipeline", "a video model"),
        ("WanPipeline", "a video model"),
        ("HunyuanVideoPipeline", "a video model"),
        ("CogVideoXPipeline", "a video model"),
        ("AnimateDiffPipeline", "a video model"),
        ("StableAudioPipeline", "a model for sound"),
        ("AudioLDM2Pipeline", "a model for sound"),
        ("ACEStepPipeline", "a model for sound"),
        ("StableCascadePriorPipeline", "a part of a chain of models"),
        ("HiDreamImagePipeline", "a HiDreamImagePipeline, which Zoom Stack cannot use yet"),
    ],
)
def test_other_classes_are_refused_for_what_they_do(tmp_path: Path, name: str, words: str) -> None:
    folder = make_folder(tmp_path / "m", SDXL | {"_class_name": name}, CONFIGS["SDXL unet"])
    found = inspected(folder)
    assert found.problem.startswith(f"m is {words}")
    assert name in found.problem
    assert (found.kind, found.family, found.title) == (Kind.MODEL, "", name)


def test_an_inpainting_unet_behind_an_ordinary_class(tmp_path: Path) -> None:
    config = CONFIGS["SD15 unet"] | {"in_channels": 9}
    assert problem(make_folder(tmp_path / "m", SD15, config)) == "m is an inpainting model."


@pytest.mark.parametrize("content", ["{", "[]", '{"_class_name": 5}', "", "\x00"])
def test_damaged_indexes_are_sentences(tmp_path: Path, content: str) -> None:
    folder = sdxl(tmp_path / "m")
    (folder / "model_index.json").write_text(content)
    assert "model_index.json" in inspect_folder(folder, "m").problem


@pytest.mark.parametrize("value", [[], {}, "4", None, [4]])
def test_values_of_other_types_are_no_crash(tmp_path: Path, value: object) -> None:
    config = dict.fromkeys(CONFIGS["SD15 unet"], value)
    folder = make_folder(tmp_path / "m", SD15, config, {"_class_name": value})
    write_json(folder / "vae/config.json", {"block_out_channels": value})
    found = inspected(folder)
    assert (found.problem, found.native_size, found.checkpoint) == ("", None, "")


def test_a_damaged_configuration_is_a_sentence(tmp_path: Path) -> None:
    folder = sdxl(tmp_path / "m")
    (folder / "unet/config.json").write_text("[")
    assert "config.json is not valid JSON" in inspect_folder(folder, "m").problem


def test_in_the_hubs_cache_a_model_is_called_by_its_name(tmp_path: Path) -> None:
    folder = sdxl(tmp_path / "models--stabilityai--sdxl-turbo/snapshots/0123abc")
    assert inspected(folder).draft
    shutil.rmtree(folder / "unet")
    assert problem(folder) == "stabilityai/sdxl-turbo lacks its part 'unet'."


def test_a_folder_that_nobody_may_read_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sdxl(tmp_path / "m")

    def refuse(path: Path, *_: object) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    assert problem(folder) == "m cannot be read: Permission denied."


def test_a_list_of_shards_without_names_is_a_sentence(tmp_path: Path) -> None:
    for number, value in enumerate(("", ["a"], {})):
        folder = sdxl(tmp_path / str(number))
        sharded(folder / "unet")
        (index,) = (folder / "unet").glob("*.index.json")
        write_json(index, {"weight_map": {"a": value}})
        assert "damaged list" in inspect_folder(folder, "m").problem


@pytest.mark.parametrize("name", ["EDMEulerScheduler", "EDMDPMSolverMultistepScheduler"])
def test_noise_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    folder = sdxl(tmp_path / "m")
    write_json(folder / "scheduler" / "scheduler_config.json", {"_class_name": name})
    assert "noise of another kind" in inspect_folder(folder, "m").problem


def test_quantised_parts_are_refused(tmp_path: Path) -> None:
    folder = sdxl(tmp_path / "m")
    quantised = {"quantization_config": {"quant_method": "bitsandbytes"}}
    write_json(folder / "text_encoder" / "config.json", quantised)
    assert "quantised" in inspect_folder(folder, "m").problem


def test_a_kernel_from_elsewhere_is_code_of_its_own(tmp_path: Path) -> None:
    folder = sdxl(tmp_path / "m")
    write_json(folder / "text_encoder" / "config.json", {"attn_implementation": "org/kernel"})
    assert "code of its own" in inspect_folder(folder, "m").problem
    other = sdxl(tmp_path / "n")
    (other / "None.py").write_text("")
    assert "code of its own" in inspect_folder(other, "n").problem
