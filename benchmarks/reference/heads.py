"""Golden values for @ssl-vit/heads, in float64, by PyTorch's own layers: Linear, BatchNorm1d, weight_norm.

usage: python heads.py OUT.json      (packages/heads/test/golden/heads.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

An MLP head sees two batches in training mode. Of the second: its output, and the gradients of the sum of output times `weights` in the
input and in every parameter. After both: the running statistics, and the output in evaluation mode. A prototype head: its scores, and the
gradients of the sum of scores times `weights`.
"""
import json
import sys

import numpy as np
import torch
from torch import nn
from torch.nn.utils import weight_norm

from methods.tiny_vit import encode

torch.set_default_dtype(torch.float64)
ROWS = 6
generator = np.random.default_rng(20111566)

#: As MlpHeadOptions: SimCLR's, MoCo v3's, BYOL's, SimSiam's predictor, a GELU perceptron without norms.
MLP_HEADS = {
    "simclr": dict(dims=[5, 5, 4, 3], hiddenBias=False, hiddenNorm=True, activation="relu", outputBias=False, outputNorm="scale"),
    "moco": dict(dims=[5, 7, 7, 4], hiddenBias=False, hiddenNorm=True, activation="relu", outputBias=False, outputNorm="plain"),
    "byol": dict(dims=[5, 7, 4], hiddenBias=True, hiddenNorm=True, activation="relu", outputBias=False, outputNorm="none"),
    "affine": dict(dims=[5, 7, 4], hiddenBias=True, hiddenNorm=True, activation="gelu", outputBias=True, outputNorm="affine"),
    "perceptron": dict(dims=[5, 7, 6, 4], hiddenBias=True, hiddenNorm=False, activation="gelu", outputBias=True, outputNorm="none"),
}
#: As PrototypeHeadOptions.
PROTOTYPE_HEADS = {
    "lengths fixed": dict(inputDim=5, hiddenDim=7, bottleneckDim=4, prototypes=6, normalizeLastLayer=True),
    "lengths learned": dict(inputDim=5, hiddenDim=7, bottleneckDim=4, prototypes=6, normalizeLastLayer=False),
}


def draw(*shape, scale=1.0, mean=0.0):
    return torch.from_numpy((mean + scale * generator.standard_normal(shape)).astype(np.float32).astype(np.float64))


def redraw(module):
    """Values that are no start values, so that every gradient counts."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            norm_weight = parameter.dim() == 1 and name.endswith("weight")
            parameter.copy_(draw(*parameter.shape, scale=0.5, mean=1.0 if norm_weight else 0.0))


class NormWithoutOffset(nn.BatchNorm1d):
    """BatchNorm1d whose offset is 0 and no parameter."""

    def __init__(self, dim):
        super().__init__(dim)
        del self.bias
        self.bias = None


def mlp(dims, hiddenBias, hiddenNorm, activation, outputBias, outputNorm):
    norms = {"none": None, "affine": nn.BatchNorm1d, "scale": NormWithoutOffset, "plain": lambda dim: nn.BatchNorm1d(dim, affine=False)}
    layers, names = [], {}
    for index, (inputs, outputs) in enumerate(zip(dims, dims[1:])):
        last = index == len(dims) - 2
        names[len(layers)] = f"{index}."
        layers.append(nn.Linear(inputs, outputs, bias=outputBias if last else hiddenBias))
        norm = norms[outputNorm if last else "affine" if hiddenNorm else "none"]
        if norm is not None:
            names[len(layers)] = f"{index}.norm."
            layers.append(norm(outputs))
        if not last:
            layers.append({"relu": nn.ReLU, "gelu": nn.GELU}[activation]())
    return nn.Sequential(*layers), names


def renamed(values, names):
    """`3.weight` of the sequence → `1.norm.weight`."""
    return {names[int(name.split(".", 1)[0])] + name.split(".", 1)[1]: value for name, value in values}


def mlp_case(options):
    head, names = mlp(**options)
    redraw(head)
    batches = [draw(ROWS, options["dims"][0]) for _ in range(2)]
    weights = draw(ROWS, options["dims"][-1])
    head.train()
    with torch.no_grad():
        head(batches[0])
    batches[1].requires_grad_(True)
    output = head(batches[1])
    (output * weights).sum().backward()
    statistics = renamed([(name, value) for name, value in head.named_buffers() if "running" in name], names)
    head.eval()
    parameters = renamed(head.named_parameters(), names)
    return {"options": options, "parameters": {name: encode(value) for name, value in parameters.items()}, "batches": [encode(batch) for batch in batches],
            "weights": encode(weights), "output": encode(output), "inputGradient": encode(batches[1].grad),
            "gradients": {name: encode(value.grad) for name, value in parameters.items()},
            "statistics": {name: encode(value) for name, value in statistics.items()}, "evaluated": encode(head(batches[1]))}


def prototype_case(options):
    dims = [options["inputDim"], options["hiddenDim"], options["hiddenDim"], options["bottleneckDim"]]
    perceptron, names = mlp(dims, True, False, "gelu", True, "none")
    last = weight_norm(nn.Linear(options["bottleneckDim"], options["prototypes"], bias=False))
    redraw(perceptron)
    redraw(last)
    with torch.no_grad():
        last.weight_g.fill_(1.0)
        if not options["normalizeLastLayer"]:
            last.weight_g.copy_(draw(*last.weight_g.shape, scale=0.2, mean=1.0))
    x = draw(ROWS, options["inputDim"]).requires_grad_(True)
    weights = draw(ROWS, options["prototypes"])
    scores = last(nn.functional.normalize(perceptron(x), dim=-1))
    (scores * weights).sum().backward()
    parameters = {"mlp." + name: value for name, value in renamed(perceptron.named_parameters(), names).items()}
    parameters |= {"last_layer." + name: value for name, value in last.named_parameters() if name == "weight_v" or not options["normalizeLastLayer"]}
    return {"options": options, "parameters": {name: encode(value) for name, value in parameters.items()}, "input": encode(x), "weights": encode(weights),
            "scores": encode(scores), "inputGradient": encode(x.grad), "gradients": {name: encode(value.grad) for name, value in parameters.items()}}


def main():
    golden = {"mlp": {name: mlp_case(options) for name, options in MLP_HEADS.items()},
              "prototypes": {name: prototype_case(options) for name, options in PROTOTYPE_HEADS.items()}}
    with open(sys.argv[1], "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
