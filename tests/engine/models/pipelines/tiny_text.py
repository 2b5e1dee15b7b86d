"""Tokenizers and text encoders with random weights, in the classes that real pipelines have."""

from __future__ import annotations

from typing import Any

import torch

_LETTERS = [chr(code) for code in range(33, 127)]
_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_QWEN_MARKS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
]


def _bytes() -> list[str]:
    from tokenizers.pre_tokenizers import ByteLevel

    return sorted(ByteLevel.alphabet())


def _numbered(pieces: list[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(pieces)}


def clip_tokenizer() -> Any:
    from transformers import CLIPTokenizer

    endings = [f"{letter}</w>" for letter in _bytes()]
    marks = ["<|startoftext|>", "<|endoftext|>"]
    vocab = _numbered([*_bytes(), *endings, *marks])
    return CLIPTokenizer(vocab=vocab, merges=[], model_max_length=77)


def t5_tokenizer() -> Any:
    from transformers import T5Tokenizer

    pieces = ["<pad>", "</s>", "<unk>", "▁", *_LETTERS]
    vocab = [(piece, 0.0) for piece in pieces]
    return T5Tokenizer(vocab=vocab, extra_ids=0, model_max_length=512)


def qwen_tokenizer() -> Any:
    from transformers import Qwen2Tokenizer

    tokenizer = Qwen2Tokenizer(
        vocab=_numbered([*_bytes(), *_QWEN_MARKS]),
        merges=[],
        additional_special_tokens=_QWEN_MARKS[1:],
        model_max_length=4096,
    )
    tokenizer.chat_template = _CHAT
    return tokenizer


def gemma_tokenizer() -> Any:
    from transformers import GemmaTokenizer

    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "▁", "\n", *_LETTERS]
    return GemmaTokenizer(vocab=_numbered(pieces), merges=[], model_max_length=512)


def clip_encoder(projection: int | None = None) -> Any:
    """With a projection it is what SDXL and SD 3 have; without, SD's and FLUX.1's."""
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(0)
    config = CLIPTextConfig(
        vocab_size=520,
        hidden_size=32,
        intermediate_size=37,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=77,
        projection_dim=projection or 32,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
    )
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config).eval()


def t5_encoder(width: int = 32) -> Any:
    from transformers import T5Config, T5EncoderModel

    torch.manual_seed(0)
    config = T5Config(vocab_size=128, d_model=width, d_kv=8, d_ff=37, num_layers=2, num_heads=4)
    return T5EncoderModel(config).eval()


def qwen3_encoder(layers: int = 3, *, speaks: bool = False) -> Any:
    """Args: speaks: the class with a head for the next word."""
    from transformers import Qwen3Config, Qwen3ForCausalLM, Qwen3Model

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=300,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=2048,
    )
    return (Qwen3ForCausalLM if speaks else Qwen3Model)(config).eval()


def gemma2_encoder() -> Any:
    from transformers import Gemma2Config, Gemma2Model

    torch.manual_seed(0)
    config = Gemma2Config(
        vocab_size=128,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=2048,
    )
    return Gemma2Model(config).eval()


_SEES = {
    "depth": 1,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_heads": 2,
    "out_hidden_size": 32,
}
_SEEN = {
    "image_token_id": 262,
    "video_token_id": 263,
    "vision_start_token_id": 259,
    "vision_end_token_id": 260,
}
_READS = {
    "vocab_size": 300,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
}


def qwen25_vl_encoder() -> Any:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    torch.manual_seed(0)
    rope = {"mrope_section": [1, 1, 2], "rope_type": "default"}
    config = Qwen2_5_VLConfig(
        text_config={**_READS, "rope_scaling": rope}, vision_config=_SEES, **_SEEN
    )
    return Qwen2_5_VLForConditionalGeneration(config).eval()


def qwen3_vl_encoder() -> Any:
    from transformers import Qwen3VLConfig, Qwen3VLModel

    torch.manual_seed(0)
    config = Qwen3VLConfig(text_config={**_READS, "head_dim": 8}, vision_config=_SEES, **_SEEN)
    return Qwen3VLModel(config).eval()
