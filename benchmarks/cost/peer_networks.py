"""Vision Transformers, heads and decoders in PyTorch, on the "meta" device: shapes without values.

needs (PyPI): torch==2.15.0, timm==1.0.31

The ViT is timm's. Heads are the authors', from the papers and files that each method's function names.
"""
import math

import torch
from timm.layers import set_fused_attn
from timm.models.vision_transformer import Block, VisionTransformer
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

#: Width, blocks, heads: DeiT (arXiv 2012.12877) and An Image is Worth 16x16 Words (arXiv 2010.11929).
SIZES = {"tiny": (192, 12, 3), "small": (384, 12, 6), "base": (768, 12, 12), "large": (1024, 24, 16), "huge": (1280, 32, 16)}

# As products, softmax and products: where attention is one kernel, the counter adds the scores that its gradient computes once more.
set_fused_attn(False)


class Encoder(VisionTransformer):
    """timm's ViT, with the steps between which masked methods work."""

    def __init__(self, size, image_size, patch_size, cls_token=True, fixed_positions=False, layer_scale=None):
        width, depth, heads = SIZES[size]
        super().__init__(img_size=image_size, patch_size=patch_size, embed_dim=width, depth=depth, num_heads=heads, num_classes=0, global_pool="token" if cls_token else "avg",
                         class_token=cls_token, init_values=layer_scale, dynamic_img_size=True, fc_norm=False)
        self.pos_embed.requires_grad_(not fixed_positions)

    @property
    def grid(self):
        return self.patch_embed.grid_size

    @property
    def patches(self):
        return self.grid[0] * self.grid[1]

    def embed(self, images, token=None):
        """[B, 3, Y, X] → [B, P, D]. `token` stands for those patches that are masked: any, as nothing is computed."""
        patches = self.patch_embed(images).flatten(1, 2)
        if token is not None:
            mask = torch.zeros(*patches.shape[:2], 1)
            patches = patches * (1 - mask) + token * mask
        return patches + self.pos_embed[:, -patches.shape[1]:]

    def encode(self, patches):
        """[B, M, D] → [B, N, D], [CLS] first if there is one."""
        if self.cls_token is not None:
            patches = torch.cat([self.cls_token.expand(len(patches), -1, -1) + self.pos_embed[:, :1], patches], 1)
        return self.norm(self.blocks(patches))

    def cls(self, images):
        return self.forward_features(images)[:, 0]


def perceptron(dims, activation=nn.ReLU, hidden_bias=True, hidden_norm=True, output_bias=True, output_norm=None):
    """Linear, BatchNorm, activation; the last layer alone, or with "affine", "scale" or "plain" BatchNorm."""
    layers = []
    for inputs, outputs in zip(dims[:-2], dims[1:-1]):
        layers += [nn.Linear(inputs, outputs, bias=hidden_bias), *([nn.BatchNorm1d(outputs)] if hidden_norm else []), activation()]
    layers.append(nn.Linear(dims[-2], dims[-1], bias=output_bias))
    if output_norm is not None:
        layers.append(nn.BatchNorm1d(dims[-1], affine=output_norm != "plain"))
    if output_norm == "scale":
        layers[-1].bias.requires_grad_(False)
    return nn.Sequential(*layers)


class PrototypeHead(nn.Module):
    """DINOHead of facebookresearch/dino (vision_transformer.py): GELU perceptron without norms, unit rows, weight-normalised prototypes."""

    def __init__(self, width, prototypes, learned_lengths, hidden=2048, bottleneck=256):
        super().__init__()
        self.mlp = perceptron([width, hidden, hidden, bottleneck], activation=nn.GELU, hidden_norm=False)
        self.directions = nn.Parameter(torch.empty(prototypes, bottleneck))
        self.lengths = nn.Parameter(torch.empty(prototypes, 1), requires_grad=learned_lengths)

    def forward(self, x):
        return F.linear(F.normalize(self.mlp(x), dim=-1), F.normalize(self.directions, dim=1) * self.lengths)


class Decoder(nn.Module):
    """MAE's (models_mae.py): visible tokens and mask tokens to a narrow ViT, and a prediction of each patch."""

    def __init__(self, width, patches, outputs, dim, depth, heads):
        super().__init__()
        self.patches = patches
        self.decoder_embed = nn.Linear(width, dim)
        self.mask_token = nn.Parameter(torch.empty(1, 1, dim))
        self.blocks = nn.Sequential(*[Block(dim, heads, qkv_bias=True) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.pred = nn.Linear(dim, outputs)

    def forward(self, tokens):
        """[B, 1 + M, D] → [B, P, outputs]"""
        x = self.decoder_embed(tokens)
        masks = self.mask_token.expand(len(x), self.patches + 1 - x.shape[1], -1)
        return self.pred(self.norm(self.blocks(torch.cat([x, masks], 1))))[:, 1:]


def images(count, side):
    return torch.empty(count, 3, side, side)


def teacher(build):
    """A network that is not trained."""
    return build().requires_grad_(False)


def local_side(side, patch_size, ratio=96 / 224):
    return max(1, round(side * ratio / patch_size)) * patch_size


def rounded_up(share, count):
    return math.ceil(share * count)


def trained_parameters(*modules):
    found = {parameter for module in modules for parameter in module.parameters() if parameter.requires_grad}
    return sum(parameter.numel() for parameter in found)


def counted(run):
    """Operations that PyTorch counts while `run` runs."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()
