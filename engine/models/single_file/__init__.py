"""Checkpoints of Stable Diffusion 1.5, 2.x and XL in one ``.safetensors`` file, and LoRA files.

Configurations and CLIP's vocabulary lie here, so that nothing is asked of a network.
"""
