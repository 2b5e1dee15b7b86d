"""Families whose denoiser is a transformer, tiny, with random weights."""

from __future__ import annotations

from typing import Any

import torch

from tests.engine.models.pipelines import tiny_text as text
from tests.engine.models.pipelines.tiny_parts import (
    DYNAMIC,
    WIDTH,
    film_codec,
    flow,
    kl_codec,
    lively,
)


def sd3() -> Any:
    from diffusers import SD3Transformer2DModel, StableDiffusion3Pipeline

    torch.manual_seed(0)
    transformer = SD3Transformer2DModel(
        sample_size=16,
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=2 * WIDTH,
        caption_projection_dim=WIDTH,
        pooled_projection_dim=2 * WIDTH,
        pos_embed_max_size=16,
        qk_norm="rms_norm",
        dual_attention_layers=(0,),
    )
    return StableDiffusion3Pipeline(
        transformer=lively(transformer),
        scheduler=flow(shift=3.0),
        vae=kl_codec(1.5305, 0.0609),
        text_encoder=text.clip_encoder(projection=WIDTH),
        tokenizer=text.clip_tokenizer(),
        text_encoder_2=text.clip_encoder(projection=WIDTH),
        tokenizer_2=text.clip_tokenizer(),
        text_encoder_3=text.t5_encoder(2 * WIDTH),
        tokenizer_3=text.t5_tokenizer(),
    )


def _flux1(scheduler: Any, *, guidance_embeds: bool) -> Any:
    from diffusers import FluxPipeline, FluxTransformer2DModel

    torch.manual_seed(0)
    transformer = FluxTransformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=(4, 4, 8),
    )
    return FluxPipeline(
        scheduler=scheduler,
        vae=kl_codec(0.3611, 0.1159),
        text_encoder=text.clip_encoder(),
        tokenizer=text.clip_tokenizer(),
        text_encoder_2=text.t5_encoder(),
        tokenizer_2=text.t5_tokenizer(),
        transformer=lively(transformer),
    )


def flux1_dev() -> Any:
    return _flux1(flow(**DYNAMIC), guidance_embeds=True)


def flux1_schnell() -> Any:
    return _flux1(flow(shift=1.0), guidance_embeds=False)


def flux2_klein(*, distilled: bool = False) -> Any:
    from diffusers import AutoencoderKLFlux2, Flux2KleinPipeline, Flux2Transformer2DModel

    torch.manual_seed(0)
    transformer = Flux2Transformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * WIDTH,
        timestep_guidance_channels=32,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    vae = AutoencoderKLFlux2(
        block_out_channels=(8,) * 4,
        latent_channels=4,
        norm_num_groups=4,
        layers_per_block=1,
        sample_size=64,
    ).eval()
    with torch.no_grad():  # a trained one's statistics are not 0 and 1
        vae.bn.running_mean.normal_(0.0, 0.5)
        vae.bn.running_var.uniform_(0.5, 2.0)
    return Flux2KleinPipeline(
        scheduler=flow(**DYNAMIC),
        vae=vae,
        # The pipeline reads the hidden states 9, 18 and 27.
        text_encoder=text.qwen3_encoder(layers=28, speaks=True),
        tokenizer=text.qwen_tokenizer(),
        transformer=lively(transformer),
        is_distilled=distilled,
    )


def flux2_klein_distilled() -> Any:
    return flux2_klein(distilled=True)


def z_image() -> Any:
    from diffusers import ZImagePipeline, ZImageTransformer2DModel

    torch.manual_seed(0)
    transformer = ZImageTransformer2DModel(
        in_channels=4,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=WIDTH,
        axes_dims=[8, 4, 4],
        axes_lens=[1024, 64, 64],
    )
    return ZImagePipeline(
        scheduler=flow(shift=6.0),
        vae=kl_codec(0.3611, 0.1159),
        text_encoder=text.qwen3_encoder(),
        tokenizer=text.qwen_tokenizer(),
        transformer=lively(transformer),
    )


def qwen_image() -> Any:
    from diffusers import QwenImagePipeline, QwenImageTransformer2DModel

    torch.manual_seed(0)
    transformer = QwenImageTransformer2DModel(
        in_channels=16,
        out_channels=4,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        axes_dims_rope=(4, 6, 6),
    )
    return QwenImagePipeline(
        scheduler=flow(shift_terminal=0.02, **DYNAMIC),
        vae=film_codec(),
        text_encoder=text.qwen25_vl_encoder(),
        tokenizer=text.qwen_tokenizer(),
        transformer=lively(transformer),
    )


def krea2() -> Any:
    from diffusers import Krea2Pipeline, Krea2Transformer2DModel

    torch.manual_seed(0)
    transformer = Krea2Transformer2DModel(
        in_channels=16,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=32,
        timestep_embed_dim=8,
        text_hidden_dim=WIDTH,
        num_text_layers=3,
        text_num_attention_heads=2,
        text_num_key_value_heads=1,
        text_intermediate_size=16,
        num_layerwise_text_blocks=1,
        num_refiner_text_blocks=1,
        axes_dims_rope=(4, 2, 2),
    )
    return Krea2Pipeline(
        scheduler=flow(**{**DYNAMIC, "max_image_seq_len": 6400}),
        vae=film_codec(),
        text_encoder=text.qwen3_vl_encoder(),
        tokenizer=text.qwen_tokenizer(),
        transformer=lively(transformer),
        text_encoder_select_layers=(0, 1, 2),
    )


def pixart_sigma() -> Any:
    from diffusers import (
        DPMSolverMultistepScheduler,
        PixArtSigmaPipeline,
        PixArtTransformer2DModel,
    )

    torch.manual_seed(0)
    transformer = PixArtTransformer2DModel(
        num_attention_heads=4,
        attention_head_dim=8,
        in_channels=4,
        out_channels=8,
        num_layers=2,
        cross_attention_dim=WIDTH,
        sample_size=8,
        caption_channels=WIDTH,
        use_additional_conditions=False,
    )
    return PixArtSigmaPipeline(
        tokenizer=text.t5_tokenizer(),
        text_encoder=text.t5_encoder(),
        vae=kl_codec(0.13025),
        transformer=lively(transformer),
        scheduler=DPMSolverMultistepScheduler(beta_schedule="linear"),
    )


def aura_flow() -> Any:
    from diffusers import AuraFlowPipeline, AuraFlowTransformer2DModel

    torch.manual_seed(0)
    transformer = AuraFlowTransformer2DModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        num_mmdit_layers=1,
        num_single_dit_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_projection_dim=32,
        joint_attention_dim=WIDTH,
        pos_embed_max_size=256,
    )
    with torch.no_grad():  # small random weights hardly notice the prompt
        for block in transformer.joint_transformer_blocks:
            for weight in block.parameters():
                weight.mul_(2.0)
    return AuraFlowPipeline(
        tokenizer=text.t5_tokenizer(),
        text_encoder=text.t5_encoder(),
        vae=kl_codec(0.13025),
        transformer=lively(transformer),
        scheduler=flow(shift=1.73),
    )


def sana() -> Any:
    from diffusers import (
        AutoencoderDC,
        DPMSolverMultistepScheduler,
        SanaPipeline,
        SanaTransformer2DModel,
    )

    torch.manual_seed(0)
    transformer = SanaTransformer2DModel(
        in_channels=4,
        out_channels=4,
        num_layers=2,
        num_attention_heads=2,
        attention_head_dim=8,
        num_cross_attention_heads=2,
        cross_attention_head_dim=8,
        cross_attention_dim=16,
        caption_channels=WIDTH,
        sample_size=16,
    )
    stages = 6
    vae = AutoencoderDC(
        latent_channels=4,
        attention_head_dim=4,
        encoder_block_types=("ResBlock",) * stages,
        decoder_block_types=("ResBlock",) * stages,
        encoder_block_out_channels=(8,) * stages,
        decoder_block_out_channels=(8,) * stages,
        encoder_layers_per_block=(1,) * stages,
        decoder_layers_per_block=(1,) * stages,
        encoder_qkv_multiscales=((),) * stages,
        decoder_qkv_multiscales=((),) * stages,
        scaling_factor=0.41407,
    ).eval()
    return SanaPipeline(
        tokenizer=text.gemma_tokenizer(),
        text_encoder=text.gemma2_encoder(),
        vae=vae,
        transformer=lively(transformer),
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
    )


def lumina2() -> Any:
    from diffusers import Lumina2Pipeline, Lumina2Transformer2DModel

    torch.manual_seed(0)
    transformer = Lumina2Transformer2DModel(
        sample_size=8,
        in_channels=4,
        hidden_size=24,
        num_layers=2,
        num_refiner_layers=1,
        num_attention_heads=2,
        num_kv_heads=1,
        multiple_of=16,
        axes_dim_rope=(4, 4, 4),
        axes_lens=(300, 64, 64),
        cap_feat_dim=WIDTH,
    )
    with torch.no_grad():  # it sees times of 0 to 1, which small random weights hardly notice
        for layer in ("linear_1", "linear_2"):
            getattr(transformer.time_caption_embed.timestep_embedder, layer).weight.mul_(4.0)
    return Lumina2Pipeline(
        transformer=lively(transformer),
        scheduler=flow(shift=6.0),
        vae=kl_codec(0.3611, 0.1159),
        text_encoder=text.gemma2_encoder(),
        tokenizer=text.gemma_tokenizer(),
    )


def chroma() -> Any:
    from diffusers import ChromaPipeline, ChromaTransformer2DModel

    torch.manual_seed(0)
    transformer = ChromaTransformer2DModel(
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        axes_dims_rope=(4, 4, 8),
        approximator_num_channels=64,
        approximator_hidden_dim=32,
        approximator_layers=1,
    )
    return ChromaPipeline(
        scheduler=flow(**DYNAMIC),
        vae=kl_codec(0.3611, 0.1159),
        text_encoder=text.t5_encoder(),
        tokenizer=text.t5_tokenizer(),
        transformer=lively(transformer),
    )


def ovis_image() -> Any:
    from diffusers import OvisImagePipeline, OvisImageTransformer2DModel

    torch.manual_seed(0)
    transformer = OvisImageTransformer2DModel(
        in_channels=16,
        out_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        axes_dims_rope=(4, 4, 8),
    )
    return OvisImagePipeline(
        scheduler=flow(**DYNAMIC),
        vae=kl_codec(0.3611, 0.1159),
        text_encoder=text.qwen3_encoder(),
        tokenizer=text.qwen_tokenizer(),
        transformer=lively(transformer),
    )


def prx_pixel() -> Any:
    from diffusers import PRXPixelPipeline, PRXTransformer2DModel

    torch.manual_seed(0)
    transformer = PRXTransformer2DModel(
        in_channels=3,
        patch_size=8,
        bottleneck_size=8,
        resolution_embeds=True,
        context_in_dim=WIDTH,
        hidden_size=16,
        mlp_ratio=2.0,
        num_heads=2,
        depth=2,
        axes_dim=[4, 4],
    )
    return PRXPixelPipeline(
        transformer=lively(transformer),
        scheduler=flow(shift=3.0),
        text_encoder=text.qwen3_encoder(),
        tokenizer=text.qwen_tokenizer(),
        prompt_max_tokens=64,
    )
