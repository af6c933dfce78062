"""Parameters and operations of a training step, by PyTorch's counter (torch.utils.flop_counter) on the "meta" device.

usage: python peer_cost.py METHOD,METHOD,… SIZE,SIZE,… --batch-size N --image-size N --patch-size N
needs (PyPI): torch==2.15.0, timm==1.0.31, numpy==2.4.6

Written from the papers and the authors' files, independently of the TypeScript. Prints one JSON object, by method and size: parameters of the encoder, and of all that is
trained; operations of the encoder's forward pass, one image; operations of a step, an image, as the authors compute it (`published`) and with the fewest
operations for the same loss that are known here (`step`). Where steps differ in what is drawn, also how many were counted (`draws`), and how far they are apart (`deviation`, the
standard deviation as a share of their mean).
"""
import argparse
import json
import pathlib
import statistics
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "reference"))

import peer_distillation
import peer_joint
import peer_masked
from peer_networks import counted, images, trained_parameters

METHODS = {name.replace("_", "-"): getattr(module, name) for module, names in (
    (peer_joint, ("simclr", "moco", "byol", "simsiam", "barlow_twins", "vicreg", "lejepa", "swav")),
    (peer_distillation, ("dino", "dinov2", "ibot", "msn")),
    (peer_masked, ("mae", "simmim", "data2vec", "ijepa", "cmae")),
) for name in names}


def step_flops(method, setting, published):
    """Operations of a step, an image; of each of many steps where they differ in what is drawn."""
    modules, encoder, loss = METHODS[method](setting, published)
    for module in modules:
        module.train()
    draws = getattr(loss, "draws", None)
    if draws is None:
        steps = [counted(lambda: loss().backward())]
    else:
        of = {draw: counted(lambda: loss(draw).backward()) for draw in set(draws)}
        steps = [of[draw] for draw in draws]
    return [step / setting.batch for step in steps], modules, encoder


def cost(method, setting):
    steps, modules, encoder = step_flops(method, setting, published=False)
    step = sum(steps) / len(steps)
    # Where steps differ, counting takes minutes, and there is one way only.
    published = None if len(steps) > 1 else step_flops(method, setting, published=True)[0][0]
    drawn = {"draws": len(steps), "deviation": statistics.pstdev(steps) / step} if len(steps) > 1 else {}
    with torch.no_grad():
        encode = counted(lambda: encoder.forward_features(images(1, setting.image_size)))
    return {"encoder": sum(parameter.numel() for name, parameter in encoder.named_parameters() if name != "pos_embed" or parameter.requires_grad),
            "trained": trained_parameters(*modules), "encode": encode, "step": step, "published": published, **drawn}


def main():
    parser = argparse.ArgumentParser()
    for name in ("methods", "sizes"):
        parser.add_argument(name, type=lambda text: text.split(","))
    for name in ("--batch-size", "--image-size", "--patch-size"):
        parser.add_argument(name, type=int, required=True)
    options = parser.parse_args()
    settings = {size: argparse.Namespace(size=size, batch=options.batch_size, image_size=options.image_size, patch_size=options.patch_size) for size in options.sizes}
    with torch.device("meta"):
        results = {method: {size: cost(method, setting) for size, setting in settings.items()} for method in options.methods}
    print(json.dumps(results, separators=(",", ":")))


if __name__ == "__main__":
    main()
