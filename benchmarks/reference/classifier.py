"""Steps of fine-tuning and of linear probes in float64.

usage: python classifier.py OUT.json      (packages/eval/test/golden/classifier.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6, timm==1.0.31

Loss, gradients and batch normalisation are torch's, mixed targets timm's Mixup, AdamW and SGD torch's, each parameter with the learning rate that
layer decay gives it; restated from facebookresearch/mae: the global pool (models_vit.py), layer decay (util/lr_decay.py), LARS (util/lars.py).
Independent of the TypeScript, but for the share of the mixed images and the box: they are what @ssl-vit/augment draws for step 0 (the test looks that it
still does).
"""
import json
import sys
from pathlib import Path

import torch
from timm.data.mixup import mixup_target
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent / "methods"))
from tiny_vit import DEPTH, EMBED_DIM, ENCODER, HEADS, IMAGE_SIZE, MLP_RATIO, Draws, block_outputs, block_parameters, blocks, embed_patches, encode, encode_tokens, join, layer_norm, part, rounded, vit_parameters, with_cls  # noqa: E402

CLASSES, BATCH = 3, 6
SHARE = 0.2237626280243596
#: Of CutMix: top, left, height, width in pixels.
BOX = (2, 0, 6, 4)
BETAS, EPSILON = (0.9, 0.999), 1e-8


def features(parameters, images, layer):
    encoder = part(parameters, "encoder.")
    if layer == "global-pool":
        tokens = blocks(part(encoder, "blocks."), with_cls(encoder, embed_patches(encoder, images)), DEPTH, HEADS)
        return layer_norm(part(parameters, "fc_norm."), tokens[:, 1:].mean(1))
    if layer == "last4":
        outputs = block_outputs(part(encoder, "blocks."), with_cls(encoder, embed_patches(encoder, images)), 4, HEADS)
        return torch.cat([layer_norm(part(encoder, "norm."), tokens)[:, 0] for tokens in outputs], 1)
    tokens = encode_tokens(encoder, embed_patches(encoder, images))
    return {"cls": tokens[:, 0], "mean": tokens[:, 1:].mean(1), "cls+mean": torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], 1)}[layer]


def logits(parameters, images, layer, norm=None):
    x = features(parameters, images, layer)
    return F.linear(x if norm is None else norm(x), parameters["head.weight"], parameters["head.bias"])


def layer_factor(name, decay):
    """layer_decay ** (depth + 1 - layer); embeddings are layer 0, block i is i + 1, all else depth + 1."""
    if name.startswith("encoder.blocks."):
        return decay ** (DEPTH - int(name.split(".")[2]))
    return decay ** (DEPTH + 1) if name.startswith(("encoder.patch_embed", "encoder.pos_embed", "encoder.cls_token")) else 1.0


def adamw(parameters, recipe):
    """One group a parameter; vectors are not decayed. MAE leaves `pos_embed` and `cls_token` out besides (no_weight_decay); here they are decayed."""
    groups = [{"params": [value], "lr": recipe["learningRate"] * layer_factor(name, recipe["layerDecay"]), "weight_decay": 0.0 if value.ndim == 1 else recipe["weightDecay"]}
              for name, value in parameters.items()]
    return torch.optim.AdamW(groups, betas=BETAS, eps=EPSILON)


class Lars(torch.optim.Optimizer):
    """v ← m·v + q·g with q = η‖w‖ / ‖g‖ for matrices and 1 for vectors, w ← w - lr·v."""

    def __init__(self, parameters, recipe):
        super().__init__(parameters, {"lr": recipe["learningRate"], "momentum": recipe["momentum"]})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for value in group["params"]:
                ratio = 0.001 * value.norm() / value.grad.norm() if value.ndim > 1 else 1.0
                buffer = self.state[value].setdefault("buffer", torch.zeros_like(value))
                buffer.mul_(group["momentum"]).add_(ratio * value.grad)
                value.sub_(group["lr"] * buffer)


def mix(images, share, box):
    """With the batch in reverse order: all of each image by the share, or CutMix's box of it."""
    if box is None:
        return share * images + (1 - share) * images.flip(0)
    top, left, height, width = box
    mixed = images.clone()
    mixed[:, top:top + height, left:left + width] = images.flip(0)[:, top:top + height, left:left + width]
    return mixed


def case(name, draws, options, recipe, steps, share=1.0, box=None):
    """Some steps on the same batch: each loss, the first gradients, and all that has changed at the end."""
    layer, frozen = options["layer"], options["freezeEncoder"]
    dim = EMBED_DIM * {"cls+mean": 2, "last4": 4}.get(layer, 1)
    depth = 4 if layer == "last4" else DEPTH
    share = share if box is None else 1 - box[2] * box[3] / IMAGE_SIZE**2
    pooled = {"fc_norm.weight": draws.normal(dim, scale=0.2, mean=1.0), "fc_norm.bias": draws.normal(dim, scale=0.2)} if layer == "global-pool" else {}
    encoder = vit_parameters(draws)
    if depth != DEPTH:
        encoder |= {f"blocks.{key}": value for key, value in block_parameters(draws, EMBED_DIM, depth, MLP_RATIO).items()}
    parameters = join(encoder=encoder) | pooled | {"head.weight": draws.normal(CLASSES, dim, scale=0.3), "head.bias": draws.normal(CLASSES, scale=0.1)}
    start = {key: value.clone() for key, value in parameters.items()}
    images, labels = draws.normal(BATCH, 8, 8, 3), torch.tensor([0, 2, 1, 1, 0, 2])
    is_trained = lambda key: key.startswith("head.") if frozen else not (layer == "global-pool" and key.startswith("encoder.norm."))
    trained = {key: value.requires_grad_(True) for key, value in parameters.items() if is_trained(key)}
    norm = torch.nn.BatchNorm1d(dim, eps=1e-6, momentum=0.1, affine=False).double() if options["batchNorm"] else None
    optimizer = {"adamw": lambda: adamw(trained, recipe), "lars": lambda: Lars(trained.values(), recipe),
                 "sgd": lambda: torch.optim.SGD(trained.values(), lr=recipe["learningRate"], momentum=recipe["momentum"])}[recipe["name"]]()
    mixed = mix(images, share, box)
    targets = mixup_target(labels, CLASSES, lam=share, smoothing=options["labelSmoothing"]).double()
    average = {key: value.detach().clone() for key, value in trained.items()}
    losses, gradients = [], {}
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.sum(-targets * F.log_softmax(logits(parameters, mixed, layer, norm), -1), -1).mean()
        loss.backward()
        losses.append(rounded(loss.item(), 12))
        gradients = gradients or {key: encode(value.grad) for key, value in trained.items()}
        optimizer.step()
        momentum = options.get("averageMomentum", 0)
        average = {key: momentum * value + (1 - momentum) * trained[key].detach() for key, value in average.items()}
    running = {} if norm is None else {"head_norm.running_mean": encode(norm.running_mean), "head_norm.running_var": encode(norm.running_var)}
    averages = {f"average.{key}": encode(value) for key, value in average.items()} if options.get("averageMomentum", 0) > 0 else {}
    with torch.no_grad():
        if norm is not None:
            norm.eval()
        evaluated = logits({**parameters, **(average if averages else {})}, images, layer, norm)
    return {"name": name, "encoder": {**ENCODER, "depth": depth}, "options": {"numClasses": CLASSES, **options}, "optimizer": recipe, "images": encode(images), "labels": labels.tolist(),
            "variables": {key: encode(value) for key, value in start.items()}, "share": share, **({} if box is None else {"box": box}), "losses": losses, "gradients": gradients,
            "after": {key: encode(value) for key, value in trained.items()} | running | averages, "logits": encode(evaluated)}


def main():
    draws = Draws(21110637)
    fixed = {"learningRateBatch": 0, "learningRateSchedule": "constant"}
    finetune = {"name": "adamw", "learningRate": 1e-3, "weightDecay": 0.05, "layerDecay": 0.65, **fixed}
    sgd = {"name": "sgd", "learningRate": 0.1, "momentum": 0.9, "weightDecay": 0, **fixed}
    lars = {"name": "lars", "learningRate": 2.0, "momentum": 0.9, "weightDecay": 0, **fixed}
    whole = lambda **more: {"freezeEncoder": False, "batchNorm": False, "labelSmoothing": 0, **more}
    frozen = lambda **more: {"freezeEncoder": True, "labelSmoothing": 0, **more}
    cases = [
        case("fine-tuning as MAE's", draws, whole(layer="global-pool", labelSmoothing=0.1, mix={"mixupAlpha": 0.8, "cutmixAlpha": 0}), finetune, 1, SHARE),
        case("fine-tuning of the patch mean", draws, whole(layer="mean"), finetune, 3),
        case("fine-tuning of both, averaged", draws, whole(layer="cls+mean", averageMomentum=0.7), sgd, 3),
        case("linear probe by SGD", draws, frozen(layer="cls", batchNorm=False), sgd, 3),
        case("linear probe by SGD, normalised", draws, frozen(layer="cls", batchNorm=True), sgd, 3),
        case("linear probe by LARS, normalised", draws, frozen(layer="cls", batchNorm=True), lars, 3),
        case("fine-tuning as MAE's with CutMix", draws, whole(layer="global-pool", labelSmoothing=0.1, mix={"mixupAlpha": 0, "cutmixAlpha": 1}), finetune, 3, box=BOX),
        case("linear probe by SGD of four blocks", draws, frozen(layer="last4", batchNorm=False), sgd, 3),
    ]
    with open(sys.argv[1], "w") as file:
        json.dump({"cases": cases}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
