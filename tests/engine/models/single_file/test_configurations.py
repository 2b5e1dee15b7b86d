"""The configurations that come with the engine are those of the published models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from accelerate import init_empty_weights

import engine.models.single_file
from engine.models.single_file.clip_vocabulary import clip_tokenizer

_CONFIGURATIONS = Path(engine.models.single_file.__file__).with_name("configurations")
#: As counted in the published weights.
_PUBLISHED = {
    ("sd15", "unet"): 859_520_964,
    ("sd15", "vae"): 83_653_863,
    ("sd15", "text_encoder"): 123_060_480,
    ("sd2", "unet"): 865_910_724,
    ("sd2", "vae"): 83_653_863,
    ("sd2", "text_encoder"): 340_387_840,
    ("sdxl", "unet"): 2_567_463_684,
    ("sdxl", "vae"): 83_653_863,
    ("sdxl", "text_encoder"): 123_060_480,
    ("sdxl", "text_encoder_2"): 694_659_840,
}
_CAT = [49406, 320, 1125, 539, 320, 2368, 49407]


def configuration(kind: str, part: str) -> dict[str, Any]:
    name = "scheduler_config.json" if part == "scheduler" else "config.json"
    read: dict[str, Any] = json.loads((_CONFIGURATIONS / kind / part / name).read_text("utf-8"))
    return read


def index(kind: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((_CONFIGURATIONS / kind / "model_index.json").read_text())
    return read


@pytest.mark.parametrize(("kind", "part"), _PUBLISHED)
def test_models_have_as_many_weights_as_the_published_ones(kind: str, part: str) -> None:
    import diffusers
    import transformers

    library, class_name = index(kind)[part]
    with init_empty_weights():
        if library == "diffusers":
            model = getattr(diffusers, class_name).from_config(configuration(kind, part))
        else:
            config = transformers.CLIPTextConfig.from_dict(configuration(kind, part))
            model = getattr(transformers, class_name)(config)
    assert sum(value.numel() for value in model.parameters()) == _PUBLISHED[kind, part]


def test_what_no_count_tells() -> None:
    """What has no weights and changes every picture."""
    scales = {
        kind: configuration(kind, "vae")["scaling_factor"] for kind in ("sd15", "sd2", "sdxl")
    }
    assert scales == {"sd15": 0.18215, "sd2": 0.18215, "sdxl": 0.13025}
    assert configuration("sdxl", "vae")["force_upcast"] is True
    assert index("sdxl")["force_zeros_for_empty_prompt"] is True
    sides = {kind: 8 * configuration(kind, "unet")["sample_size"] for kind in scales}
    assert sides == {"sd15": 512, "sd2": 768, "sdxl": 1024}
    # diffusers calls "attention_head_dim" what is the number of heads: 8 in SD 1.5, and as many
    # in the others as make every head 64 wide.
    assert configuration("sd15", "unet")["attention_head_dim"] == 8
    for kind in ("sd2", "sdxl"):
        unet = configuration(kind, "unet")
        widths = [64 * heads for heads in unet["attention_head_dim"]]
        assert widths == unet["block_out_channels"]
    # OpenAI's CLIP was trained with a quick GELU, open_clip's ViT-H and bigG with the exact one.
    assert configuration("sd15", "text_encoder")["hidden_act"] == "quick_gelu"
    assert configuration("sdxl", "text_encoder")["hidden_act"] == "quick_gelu"
    assert configuration("sd2", "text_encoder")["hidden_act"] == "gelu"
    assert configuration("sdxl", "text_encoder_2")["hidden_act"] == "gelu"


@pytest.mark.parametrize("kind", ["sd15", "sd2", "sdxl"])
def test_the_schedule_is_that_of_the_training(kind: str) -> None:
    import diffusers

    class_name = index(kind)["scheduler"][1]
    scheduler = getattr(diffusers, class_name).from_config(configuration(kind, "scheduler"))
    assert float(scheduler.alphas_cumprod[0]) == pytest.approx(1 - 0.00085)
    # The product of 1 - beta over betas whose roots are even from .00085 ** .5 to .012 ** .5.
    assert float(scheduler.alphas_cumprod[-1]) == pytest.approx(0.00466, abs=1e-5)
    scheduler.set_timesteps(50)
    assert [float(time) for time in scheduler.timesteps[:2]] == [981, 961]
    assert float(scheduler.timesteps[-1]) == 1  # leading, with an offset of one


@pytest.mark.parametrize(
    ("kind", "part", "pad"),
    [
        ("sd15", "tokenizer", 49407),
        ("sd2", "tokenizer", 0),
        ("sdxl", "tokenizer", 49407),
        ("sdxl", "tokenizer_2", 0),
    ],
)
def test_prompts_become_the_published_ids(kind: str, part: str, pad: int) -> None:
    tokenizer = clip_tokenizer(_CONFIGURATIONS / kind / part)
    padded = tokenizer("a photo of a cat", padding="max_length", truncation=True).input_ids
    assert padded == _CAT + [pad] * 70
    assert tokenizer("A  photo\nof a CAT").input_ids == _CAT
    assert len(tokenizer) == 49408


def test_ids_of_words_that_are_put_together() -> None:
    """As OpenAI's own tokenizer says them: merges, punctuation, numbers digit by digit, bytes."""
    tokenizer = clip_tokenizer(_CONFIGURATIONS / "sd15" / "tokenizer")

    def ids(prompt: str) -> list[int]:
        read: list[int] = tokenizer(prompt).input_ids
        return read[1:-1]

    assert ids("hello world!") == [3306, 1002, 256]
    assert ids("an astronaut riding a horse") == [550, 18376, 6765, 320, 4558]
    assert tokenizer.convert_ids_to_tokens(ids("2024")) == ["2</w>", "0</w>", "2</w>", "4</w>"]
    assert "".join(tokenizer.convert_ids_to_tokens(ids("café"))) == "cafÃ©</w>"
