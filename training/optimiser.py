"""Muon for the weights that are matrices, AdamW for the rest.

Muon (Jordan et al. 2024): momentum, then the update's singular values are all brought near one, so
that the rare directions of a layer learn as fast as the common ones. A convolution's weight counts
as the matrix (out, in * height * width). Updates are scaled to AdamW's size (Liu et al. 2025,
"Muon is scalable for LLM training"), so that one learning rate serves both.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

MOMENTUM = 0.95


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay, for weights of two or more axes."""

    def __init__(
        self, weights: Iterable[torch.nn.Parameter], lr: float, weight_decay: float
    ) -> None:
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"]
                momentum.lerp_(weight.grad, 1 - MOMENTUM)
                update = weight.grad.lerp(momentum, MOMENTUM)
                direction = orthogonal(update.reshape(len(update), -1)).view_as(weight)
                rows, columns = len(update), update[0].numel()
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(direction, alpha=-0.2 * max(rows, columns) ** 0.5 * group["lr"])


def orthogonal(matrix: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """The nearest matrix whose singular values are about one, by Newton-Schulz in bfloat16."""
    x = matrix.bfloat16()
    turned = x.shape[0] > x.shape[1]
    if turned:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(rounds):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.T if turned else x).to(matrix.dtype)


def build_optimisers(
    module: torch.nn.Module, rate: float, weight_decay: float = 0.01
) -> list[torch.optim.Optimizer]:
    """Muon for the inner matrices; AdamW for embeddings, first and last layers, norms, biases."""
    matrices, others = [], []
    for name, weight in module.named_parameters():
        outer = any(part in name for part in ("conv_in", "conv_out", "shared", "embed_tokens"))
        (others if outer or weight.ndim < 2 else matrices).append(weight)
    return [
        Muon(matrices, rate, weight_decay),
        torch.optim.AdamW(
            others, lr=rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True
        ),
    ]
