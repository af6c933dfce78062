"""DINO's head, and patches replaced by a mask token, for the golden steps of iBOT and DINOv2, in float64.

needs (PyPI): torch==2.15.0, numpy==2.4.6

The head is written from appendix C of arXiv 2104.14294 and checked against torch.nn.utils' weight_norm by running this file:
    python dino_head.py
"""
import torch
from torch.nn import functional as F

from tiny_vit import EMBED_DIM, PATCH_SIZE, Draws


def prototypes_parameters(draws, bottleneck, prototypes):
    """Directions and lengths; no length is a start value."""
    return {"weight_v": draws.normal(prototypes, bottleneck, scale=0.5), "weight_g": draws.normal(prototypes, 1, scale=0.2, mean=1.0)}


def dino_head_parameters(draws, hidden, bottleneck, prototypes):
    """Names of @ssl-vit/heads, with learned lengths of the prototypes."""
    dims = [EMBED_DIM, hidden, hidden, bottleneck]
    mlp = {}
    for index, (inputs, outputs) in enumerate(zip(dims, dims[1:])):
        mlp[f"mlp.{index}.weight"] = draws.normal(outputs, inputs, scale=0.5)
        mlp[f"mlp.{index}.bias"] = draws.normal(outputs, scale=0.2)
    last = prototypes_parameters(draws, bottleneck, prototypes)
    return mlp | {f"last_layer.{name}": value for name, value in last.items()}


def embed(parameters, x):
    """GELU perceptron and L2 normalisation, [R, D] → [R, bottleneck]."""
    for index in range(3):
        x = F.linear(x, parameters[f"mlp.{index}.weight"], parameters[f"mlp.{index}.bias"])
        x = F.gelu(x) if index < 2 else x
    return F.normalize(x, dim=-1)


def score(prototypes, embedded):
    """Products with g·v/‖v‖, [R, bottleneck] → [R, K]."""
    v, g = prototypes["weight_v"], prototypes["weight_g"]
    return embedded @ (g * v / v.norm(dim=1, keepdim=True)).T


def with_mask(encoder, images, mask, token):
    """The encoder's parameters for `vit_tokens`, with the embeddings of masked patches replaced by the token: what stands in for a patch's position
    is, where it is masked, position + token − embedding, so that position + token is left."""
    patches = F.conv2d(images.permute(0, 3, 1, 2), encoder["patch_embed.proj.weight"], encoder["patch_embed.proj.bias"], stride=PATCH_SIZE)
    change = mask[:, :, None] * (token - patches.flatten(2).transpose(1, 2))  # [B, P, D]
    return encoder | {"pos_embed": encoder["pos_embed"] + F.pad(change, (0, 0, 1, 0))}


def check_against_weight_norm():
    parameters = dino_head_parameters(Draws(1), 10, 6, 9)
    layer = torch.nn.utils.weight_norm(torch.nn.Linear(6, 9, bias=False).double())
    layer.load_state_dict({name: parameters[f"last_layer.{name}"] for name in ("weight_g", "weight_v")})
    rows = Draws(2).normal(5, 6)
    difference = (layer(rows) - score({name: parameters[f"last_layer.{name}"] for name in ("weight_g", "weight_v")}, rows)).abs().max().item()
    print(f"largest difference from torch.nn.utils.weight_norm: {difference:.1e}")
    assert difference < 1e-12


if __name__ == "__main__":
    check_against_weight_norm()
