"""Takes a run's steps again in PyTorch: from its start weights, on its very views, and with its masks.

In float64: in float32 a ReLU whose input is next to 0 may be open on one side and shut on the other, and from then on two trainings go apart that compute the same.

usage: python peer_replay.py CONFIG INPUTS OUT --threads N      The last line is one JSON object.

CONFIG is a run's config.resolved.json. INPUTS is what replay-inputs.js wrote: start.safetensors, the weights by the run's names; inputs.json; and a file a step with its views
[B, Y, X, C] one after the other, then, where the method masks, a random number for each patch of each image, of which the smallest are seen.
OUT gets metrics.jsonl, a line a step.
"""
import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from peer_train import method_of, take_steps


def names_in_head(layers):
    """Our name of each place in lightly's ProjectionHead: linear layers are numbered, norms belong to them."""
    linear = -1
    for place, layer in enumerate(layers):
        linear += isinstance(layer, nn.Linear)
        if isinstance(layer, nn.Linear):
            yield f"layers.{place}.", f"{linear}."
        if isinstance(layer, nn.BatchNorm1d):
            yield f"layers.{place}.", f"{linear}.norm."


def our_names(method):
    """Beginnings of names there and here, for every weight that is trained."""
    names = {"vit.": "encoder.", "decoder_embed.": "decoder_embed.", "decoder.mask_token": "mask_token", "decoder.blocks.": "decoder_blocks.", "decoder.norm.": "decoder_norm.", "prediction.": "decoder_pred."}
    names["head.last_layer."] = "head.last_layer."
    for head, ours in (("projector.", "projector."), ("predictor.", "predictor."), ("head.", "head.mlp.")):
        module = getattr(method, head[:-1], None)
        if module is not None:
            names.update({head + theirs: ours + own for theirs, own in names_in_head(module.layers)})
    return names


def start_from(method, weights):
    names, left = our_names(method), set(weights)
    with torch.no_grad():
        for name, parameter in method.named_parameters():
            if not parameter.requires_grad:
                continue
            own = next(ours + name[len(theirs) :] for theirs, ours in names.items() if name.startswith(theirs))
            if parameter.shape != weights[own].shape:
                raise ValueError(f"{own}: expected {tuple(parameter.shape)}, received {tuple(weights[own].shape)}")
            parameter.copy_(weights[own])
            left.discard(own)
    if left:
        raise ValueError(f"start.safetensors: expected only weights that PyTorch's side has, received {sorted(left)} as well")
    method.start_teacher()


def views_of_steps(folder, inputs, method):
    for step in range(inputs["steps"]):
        values, at, views = np.fromfile(folder / f"{step}.bin", np.float32), 0, []
        for shape in inputs["views"]:
            count = math.prod(shape)
            views.append(torch.from_numpy(values[at : at + count].reshape(shape)).permute(0, 3, 1, 2).to(torch.float64))
            at += count
        if at < len(values):
            order = torch.from_numpy(values[at:].reshape(len(views[0]), -1)).argsort(dim=1, stable=True)
            seen = int(order.shape[1] * (1 - method.options["maskRatio"]))
            kept = torch.cat([torch.zeros(len(order), 1, dtype=torch.long), order[:, :seen] + 1], 1)
            method.draw_masks = lambda tokens: (kept, order[:, seen:] + 1)
        yield views


def main():
    parser = argparse.ArgumentParser()
    for name in ("config", "inputs", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    run, inputs = json.loads(options.config.read_text())["run"], json.loads((options.inputs / "inputs.json").read_text())
    method = method_of(run)
    start_from(method, load_file(options.inputs / "start.safetensors"))
    method.to(torch.float64)
    take_steps(run, method, views_of_steps(options.inputs, inputs, method), inputs["steps"], inputs["totalSteps"], inputs["stepsPerEpoch"], options.out)
    print(json.dumps({"steps": inputs["steps"]}))


if __name__ == "__main__":
    main()
