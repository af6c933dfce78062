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


def block_parameters(draws, dim, depth, mlp_ratio):
    """`0.norm1.weight`, …: timm's names within `blocks`."""
    hidden, parameters = int(dim * mlp_ratio), {}
    for block in range(depth):
        shapes = {"norm1.weight": (dim,), "norm1.bias": (dim,), "attn.qkv.weight": (3 * dim, dim), "attn.qkv.bias": (3 * dim,),
                  "attn.proj.weight": (dim, dim), "attn.proj.bias": (dim,), "norm2.weight": (dim,), "norm2.bias": (dim,),
                  "mlp.fc1.weight": (hidden, dim), "mlp.fc1.bias": (hidden,), "mlp.fc2.weight": (dim, hidden), "mlp.fc2.bias": (dim,)}
        parameters |= {f"{block}.{name}": draws.normal(*shape, scale=0.2, mean=1.0 if name in ("norm1.weight", "norm2.weight") else 0.0)
                       for name, shape in shapes.items()}
    return parameters


def vit_parameters(draws, cls_token=True):
    """timm's names; no value is a start value, so that every gradient counts."""
    d, patches = EMBED_DIM, (IMAGE_SIZE // PATCH_SIZE) ** 2
    parameters = {"cls_token": draws.normal(1, 1, d, scale=0.2)} if cls_token else {}
    parameters |= {"pos_embed": draws.normal(1, patches + (1 if cls_token else 0), d, scale=0.2),
                   "patch_embed.proj.weight": draws.normal(d, 3, PATCH_SIZE, PATCH_SIZE, scale=0.2), "patch_embed.proj.bias": draws.normal(d, scale=0.2)}
    parameters |= {f"blocks.{name}": value for name, value in block_parameters(draws, d, DEPTH, MLP_RATIO).items()}
    return parameters | {"norm.weight": draws.normal(d, scale=0.2, mean=1.0), "norm.bias": draws.normal(d, scale=0.2)}


def linear(parameters, x):
    return F.linear(x, parameters["weight"], parameters["bias"])


def layer_norm(parameters, x):
    return F.layer_norm(x, x.shape[-1:], parameters["weight"], parameters["bias"], 1e-6)


def blocks(parameters, tokens, depth, heads):
    """[B, N, D] through pre-norm blocks; the output of each, in a list, is what `block_outputs` gives."""
    return block_outputs(parameters, tokens, depth, heads)[-1]


def block_outputs(parameters, tokens, depth, heads):
    outputs = []
    for block in range(depth):
        p = lambda name: part(parameters, f"{block}.{name}.")
        qkv = linear(p("attn.qkv"), layer_norm(p("norm1"), tokens))  # [B, N, 3·D]
        q, k, v = (each.unflatten(-1, (heads, -1)).transpose(1, 2) for each in qkv.chunk(3, -1))  # [B, H, N, D/H]
        attention = (q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])).softmax(-1)
        tokens = tokens + linear(p("attn.proj"), (attention @ v).transpose(1, 2).flatten(2))
        tokens = tokens + linear(p("mlp.fc2"), F.gelu(linear(p("mlp.fc1"), layer_norm(p("norm2"), tokens))))
        outputs.append(tokens)
    return outputs


def patchify(images):
    """[B, Y, X, C] → [B, P, p²·C]: row, column, channel of each patch, patches row by row."""
    batch, height, width, channels = images.shape
    grid = images.reshape(batch, height // PATCH_SIZE, PATCH_SIZE, width // PATCH_SIZE, PATCH_SIZE, channels)
    return grid.permute(0, 1, 3, 2, 4, 5).reshape(batch, -1, PATCH_SIZE**2 * channels)


def sincos_positions(dim, grid):
    """[P, D]: MAE's fixed positions. The first half of a row tells the column, the second the row; sines before cosines."""
    frequencies = 10000.0 ** -(torch.arange(dim // 4, dtype=torch.float64) / (dim / 4))
    wave = lambda place: torch.cat([torch.sin(place * frequencies), torch.cos(place * frequencies)])
    return torch.stack([torch.cat([wave(column), wave(row)]) for row in range(grid) for column in range(grid)])


def embed_patches(parameters, images, mask=None, token=None):
    """[B, Y, X, C] → [B, P, D] with positions; patches where `mask` [B, P] is 1 are replaced by `token` before."""
    patches = F.conv2d(images.permute(0, 3, 1, 2), parameters["patch_embed.proj.weight"], parameters["patch_embed.proj.bias"], stride=PATCH_SIZE)
    patches = patches.flatten(2).transpose(1, 2)
    if mask is not None:
        patches = torch.where(mask[:, :, None] > 0, token, patches)
    return patches + parameters["pos_embed"][:, -patches.shape[1]:]


def with_cls(parameters, patches):
    if "cls_token" not in parameters:
        return patches
    return torch.cat([(parameters["cls_token"] + parameters["pos_embed"][:, :1]).expand(len(patches), -1, -1), patches], 1)


def encode_tokens(parameters, patches):
    """Patches with positions, any of them → [B, N, D] after the final norm, [CLS] first."""
    return layer_norm(part(parameters, "norm."), blocks(part(parameters, "blocks."), with_cls(parameters, patches), DEPTH, HEADS))


def vit_tokens(parameters, images):
    """[B, Y, X, C] → [B, N, D] after the final norm, [CLS] first."""
    return encode_tokens(parameters, embed_patches(parameters, images))


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


def head(parameters, x, output_norm, running=None):
    """The head on one batch. `running` collects the running statistics, name by name, from call to call."""
    layers = 1 + max(int(name.split(".")[0]) for name in parameters)
    for index in range(layers):
        get = lambda name: parameters.get(f"{index}.{name}")
        x = F.linear(x, get("weight"), get("bias"))
        last = index == layers - 1
        if not last or output_norm != "none":
            x = batch_norm(x, get("norm.weight"), get("norm.bias"), running, f"{index}.norm.")
        if not last:
            x = F.relu(x)
    return x


def prototype_head_parameters(draws, dims, prototypes, learned_lengths=False):
    """DINO's head: a perceptron of these widths and prototypes of the last one's, under the names of @ssl-vit/heads."""
    parameters = {}
    for index, (inputs, outputs) in enumerate(zip(dims, dims[1:])):
        parameters |= {f"mlp.{index}.weight": draws.normal(outputs, inputs, scale=0.5), f"mlp.{index}.bias": draws.normal(outputs, scale=0.2)}
    parameters["last_layer.weight_v"] = draws.normal(prototypes, dims[-1])
    if learned_lengths:
        parameters["last_layer.weight_g"] = draws.normal(prototypes, 1, scale=0.2, mean=1.0)
    return parameters


def prototype_head(parameters, x):
    """[…, in] → scores […, K]: GELU between the layers, the normalised bottleneck times the normalised prototypes, times their lengths."""
    layers = sum(name.startswith("mlp.") and name.endswith("weight") for name in parameters)
    for index in range(layers):
        x = linear(part(parameters, f"mlp.{index}."), x)
        x = F.gelu(x) if index < layers - 1 else x
    prototypes = F.normalize(parameters["last_layer.weight_v"], dim=1) * parameters.get("last_layer.weight_g", 1.0)
    return F.normalize(x, dim=-1) @ prototypes.T


def part(parameters, prefix):
    """The parameters under a prefix, without it."""
    return {name[len(prefix):]: value for name, value in parameters.items() if name.startswith(prefix)}


def join(**maps):
    return {f"{prefix.replace('_', '.')}.{name}": value for prefix, values in maps.items() for name, value in values.items()}


def rounded(value, digits):
    """The same on every machine: what is 0 but for rounding (a bias before a normalisation has such a gradient) is 0."""
    return 0.0 if abs(value) < 1e-12 else float(f"{value:.{digits}g}")


def encode(tensor):
    return {"shape": list(tensor.shape), "values": [rounded(value, 8) for value in tensor.detach().flatten().tolist()]}


def write_step(path, options, trainable, fixed, views, loss_of, after=None, after_step=None, encoder=ENCODER, **draws):
    """One step: `loss_of(trainable)` of the given values and its gradients. `fixed` are buffers set before (a teacher); `after()` gives
    the buffers that the loss has changed, `after_step()` those that the end of the step changes (nothing being trained), `draws` are what
    the step draws at random."""
    for value in trainable.values():
        value.requires_grad_(True)
    loss = loss_of(trainable)
    gradients = torch.autograd.grad(loss, list(trainable.values()))
    step = {"encoder": encoder, "options": options, "variables": {name: encode(value) for name, value in {**trainable, **fixed}.items()},
            "views": [{"name": name, "images": encode(images)} for name, images in views], "loss": rounded(loss.item(), 12),
            "gradients": {name: encode(gradient) for name, gradient in zip(trainable, gradients)},
            "after": {name: encode(value) for name, value in (after() if after else {}).items()},
            "afterStep": {name: encode(value) for name, value in (after_step() if after_step else {}).items()},
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
