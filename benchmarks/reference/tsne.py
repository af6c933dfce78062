"""Golden file of @ssl-vit/visualize's t-SNE: the joint shares with SciPy's root finder for each point's precision, and the gradient of the Kullback-Leibler
divergence by torch's automatic differentiation, in float64. The package bisects, and computes the gradient by the paper's equation 5.

    pip install numpy==2.4.6 scipy==1.17.1 torch==2.15.0
    python benchmarks/reference/tsne.py packages/visualize/test/golden/tsne.json
"""

import json
import sys

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.special import entr

ROWS, DIM, PERPLEXITY = 14, 5, 4


def rounded(values, digits=9):
    return [float(f"{value:.{digits}g}") for value in np.asarray(values, dtype=float).ravel()]


def shares(distances, precision):
    weights = np.exp(-precision * (distances - distances.min()))
    return weights / weights.sum()


def joint_shares(rows):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    distances = ((unit[:, None] - unit[None]) ** 2).sum(-1)
    conditional = np.zeros((len(rows), len(rows)))
    for row in range(len(rows)):
        others = np.arange(len(rows)) != row
        own = distances[row, others]
        excess = lambda logarithm: entr(shares(own, np.exp(logarithm))).sum() - np.log(PERPLEXITY)
        conditional[row, others] = shares(own, np.exp(brentq(excess, -6, 6, xtol=1e-12)))
    return (conditional + conditional.T) / (2 * len(rows))


def gradient(joint, layout, exaggeration):
    layout = torch.tensor(layout, requires_grad=True)
    others = ~torch.eye(len(layout), dtype=torch.bool)
    kernel = 1 / (1 + (layout[:, None] - layout[None]).square().sum(-1))
    q = kernel / kernel[others].sum()
    p = torch.from_numpy(joint)
    # Exaggeration enlarges what pulls alone: the divergence's part with log q by p, of the kernel's sum as before.
    loss = -(exaggeration * p * kernel.log())[others].sum() + kernel[others].sum().log()
    if exaggeration == 1:
        divergence = (p * (p.clamp(min=1e-300) / q).log())[others].sum()
        (exact,) = torch.autograd.grad(divergence, layout, retain_graph=True)
        (own,) = torch.autograd.grad(loss, layout, retain_graph=True)
        assert (exact - own).abs().max() < 1e-12
    return torch.autograd.grad(loss, layout)[0].numpy()


def main(path):
    random = np.random.default_rng(0)
    rows = random.normal(size=(ROWS, DIM)).astype(np.float32).astype(np.float64)
    joint = joint_shares(rows)
    layout = np.round(random.normal(size=(ROWS, 2)), 4)
    golden = {
        "dim": DIM,
        "perplexity": PERPLEXITY,
        "values": rounded(rows),
        "joint": rounded(joint),
        "layout": rounded(layout),
        "gradients": [{"exaggeration": factor, "values": rounded(gradient(joint, layout, factor))} for factor in (1, 12)],
    }
    with open(path, "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


main(sys.argv[1])
