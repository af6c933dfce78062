"""A Vision Transformer, heads and a file format for golden training steps, in float64.

needs (PyPI): torch==2.15.0, numpy==2.4.6

The ViT has timm's names, layouts and pre-norm blocks, written from the formula and checked against timm 1.0.31 by running this file:
    python tiny_vit.py
"""
import json
import math

import numpy as np
import torch
from torch.nn import functional as F

IMAGE_SIZE, PATCH_SIZE, EMBED_DIM, DEPTH, HEADS, MLP_RATIO = 8, 4, 12, 1, 2, 2
#: The options of `vit` that build this encoder.
ENCODER = {"imageSize": IMAGE_SIZE, "patchSize": PATCH_SIZE, "embedDim": EMBED_DIM, "depth": DEPTH, "numHeads": HEADS, "mlpRatio": MLP_RATIO}


class Draws:
    """float32 numbers as float64 tensors, in the order of the calls."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)

    def normal(self, *shape, scale=1.0, mean=0.0):
        values = (mean + scale * self.generator.standard_normal(shape)).astype(np.float32)
        return torch.from_numpy(values.astype(np.float64))


def vit_parameters(draws):
    """timm's names; no value is a start value, so that every gradient counts."""
    d, hidden = EMBED_DIM, EMBED_DIM * MLP_RATIO
    shapes = {"cls_token": (1, 1, d), "pos_embed": (1, (IMAGE_SIZE // PATCH_SIZE) ** 2 + 1, d),
              "patch_embed.proj.weight": (d, 3, PATCH_SIZE, PATCH_SIZE), "patch_embed.proj.bias": (d,)}
    for block in range(DEPTH):
        prefix = f"blocks.{block}."
        shapes |= {prefix + "norm1.weight": (d,), prefix + "norm1.bias": (d,),
                   prefix + "attn.qkv.weight": (3 * d, d), prefix + "attn.qkv.bias": (3 * d,),
                   prefix + "attn.proj.weight": (d, d), prefix + "attn.proj.bias": (d,),
                   prefix + "norm2.weight": (d,), prefix + "norm2.bias": (d,),
                   prefix + "mlp.fc1.weight": (hidden, d), prefix + "mlp.fc1.bias": (hidden,),
                   prefix + "mlp.fc2.weight": (d, hidden), prefix + "mlp.fc2.bias": (d,)}
    shapes |= {"norm.weight": (d,), "norm.bias": (d,)}
    is_scale = lambda name: name.endswith("weight") and "norm" in name
    return {name: draws.normal(*shape, scale=0.2, mean=1.0 if is_scale(name) else 0.0) for name, shape in shapes.items()}


def vit_embed(parameters, images):
    """[B, Y, X, C] → tokens with their positions, [B, N, D], [CLS] first."""
    p = lambda name: parameters[name]
    patches = F.conv2d(images.permute(0, 3, 1, 2), p("patch_embed.proj.weight"), p("patch_embed.proj.bias"), stride=PATCH_SIZE)
    patches = patches.flatten(2).transpose(1, 2)  # [B, P, D]
    return torch.cat([p("cls_token").expand(len(images), -1, -1), patches], 1) + p("pos_embed")


def vit_visible(tokens, visible):
    """[CLS] and those of the patches whose places are given, [B, M]."""
    places = torch.cat([torch.zeros_like(visible[:, :1]), visible + 1], 1)
    return tokens.gather(1, places[:, :, None].expand(-1, -1, tokens.shape[2]))


def vit_blocks(parameters, tokens, final_norm=True):
    """[B, N, D] → [B, N, D], any of the tokens."""
    p = lambda name: parameters[name]
    layer_norm = lambda x, name: F.layer_norm(x, (EMBED_DIM,), p(name + ".weight"), p(name + ".bias"), 1e-6)
    linear = lambda x, name: F.linear(x, p(name + ".weight"), p(name + ".bias"))
    for block in range(DEPTH):
        prefix = f"blocks.{block}."
        qkv = linear(layer_norm(tokens, prefix + "norm1"), prefix + "attn.qkv")  # [B, N, 3·D]
        q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in qkv.chunk(3, -1))  # [B, H, N, D/H]
        attention = (q @ k.transpose(-2, -1) / math.sqrt(EMBED_DIM // HEADS)).softmax(-1)
        tokens = tokens + linear((attention @ v).transpose(1, 2).flatten(2), prefix + "attn.proj")
        tokens = tokens + linear(F.gelu(linear(layer_norm(tokens, prefix + "norm2"), prefix + "mlp.fc1")), prefix + "mlp.fc2")
    return layer_norm(tokens, "norm") if final_norm else tokens


def vit_tokens(parameters, images):
    """[B, Y, X, C] → [B, N, D] after the final norm, [CLS] first."""
    return vit_blocks(parameters, vit_embed(parameters, images))


def vit_cls(parameters, images):
    return vit_tokens(parameters, images)[:, 0]


def head_parameters(draws, dims, hidden_bias, output_bias, output_norm):
    """Names of @ssl-vit/heads. output_norm: "none", "affine", "scale" or "plain". BatchNorm after every hidden layer."""
    parameters = {}
    for index, (inputs, outputs) in enumerate(zip(dims, dims[1:])):
        last = index == len(dims) - 2
        norm = output_norm if last else "affine"
        parameters[f"{index}.weight"] = draws.normal(outputs, inputs, scale=0.5)
        if output_bias if last else hidden_bias:
            parameters[f"{index}.bias"] = draws.normal(outputs, scale=0.2)
        if norm in ("affine", "scale"):
            parameters[f"{index}.norm.weight"] = draws.normal(outputs, scale=0.2, mean=1.0)
        if norm == "affine":
            parameters[f"{index}.norm.bias"] = draws.normal(outputs, scale=0.2)
    return parameters


def batch_norm(x, weight=None, bias=None, running=None, prefix=""):
    """By the batch's mean and biased variance; a tenth of the mean and the unbiased variance enters the running ones."""
    mean, var = x.mean(0), x.var(0, unbiased=False)
    if running is not None:
        for name, value, start in (("running_mean", mean, torch.zeros_like(mean)), ("running_var", x.var(0), torch.ones_like(var))):
            running[prefix + name] = 0.9 * running.get(prefix + name, start) + 0.1 * value.detach()
    x = (x - mean) / torch.sqrt(var + 1e-5)
    if weight is not None:
        x = x * weight
    return x if bias is None else x + bias


def head(parameters, x, output_norm, running=None, activation=F.relu):
    """The head on one batch. `running` collects the running statistics, name by name, from call to call."""
    layers = 1 + max(int(name.split(".")[0]) for name in parameters)
    for index in range(layers):
        get = lambda name: parameters.get(f"{index}.{name}")
        x = F.linear(x, get("weight"), get("bias"))
        last = index == layers - 1
        if not last or output_norm != "none":
            x = batch_norm(x, get("norm.weight"), get("norm.bias"), running, f"{index}.norm.")
        if not last:
            x = activation(x)
    return x


def part(parameters, prefix):
    """The parameters under a prefix, without it."""
    return {name[len(prefix):]: value for name, value in parameters.items() if name.startswith(prefix)}


def join(**maps):
    return {f"{prefix.replace('_', '.')}.{name}": value for prefix, values in maps.items() for name, value in values.items()}


def encode(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{value:.8g}") for value in tensor.detach().flatten().tolist()]}


def write_step(path, options, trainable, fixed, views, loss_of, after=None, **draws):
    """One step: `loss_of(trainable)` of the given values and its gradients. `fixed` are buffers set before (a teacher); `after()` gives
    the buffers that the loss has changed, `draws` are what the step draws at random."""
    for value in trainable.values():
        value.requires_grad_(True)
    loss = loss_of(trainable)
    gradients = torch.autograd.grad(loss, list(trainable.values()))
    step = {"encoder": ENCODER, "options": options, "variables": {name: encode(value) for name, value in {**trainable, **fixed}.items()},
            "views": [{"name": name, "images": encode(images)} for name, images in views], "loss": loss.item(),
            "gradients": {name: encode(gradient) for name, gradient in zip(trainable, gradients)},
            "after": {name: encode(value) for name, value in (after() if after else {}).items()},
            **{name: encode(value) for name, value in draws.items()}}
    with open(path, "w") as file:
        json.dump(step, file, separators=(",", ":"))
        file.write("\n")


def check_against_timm():
    from timm.models.vision_transformer import VisionTransformer

    draws = Draws(1)
    parameters = vit_parameters(draws)
    model = VisionTransformer(img_size=IMAGE_SIZE, patch_size=PATCH_SIZE, embed_dim=EMBED_DIM, depth=DEPTH, num_heads=HEADS,
                              mlp_ratio=MLP_RATIO, num_classes=0, global_pool="token").double()
    model.load_state_dict(parameters)
    images = draws.normal(3, IMAGE_SIZE, IMAGE_SIZE, 3)
    difference = (model.forward_features(images.permute(0, 3, 1, 2)) - vit_tokens(parameters, images)).abs().max().item()
    print(f"largest difference from timm: {difference:.1e}")
    assert difference < 1e-12


if __name__ == "__main__":
    check_against_timm()
