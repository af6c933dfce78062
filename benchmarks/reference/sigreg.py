"""Golden values for `sigreg` of @ssl-vit/losses, in float64, from the formula; lightly's SIGReg must agree.

usage: python sigreg.py OUT.json      (packages/losses/test/golden/sigreg.json)
needs (PyPI): torch==2.15.0 lightly==1.6.0

Each case: {fn, args: [{shape, values}], options, value, grads: {argIndex: {shape, values}}}, as in the other golden files of losses.
"""
import json
import sys

import torch
import torch.nn.functional as F
from lightly.loss.lejepa_loss import SIGReg

generator = torch.Generator().manual_seed(20251111)


def draw(*shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def encode(tensor):
    tensor = tensor.detach()
    return {"shape": list(tensor.shape), "values": [float(f"{value:.9g}") for value in tensor.flatten().tolist()]}


def sigreg(embeddings, directions, knots, max_frequency):
    """N times the integral of |phi_hat(t) - exp(-t^2/2)|^2 exp(-t^2/2) over [-max, max], averaged over directions."""
    t = torch.linspace(-max_frequency, max_frequency, 2 * knots - 1, dtype=torch.float64)
    products = embeddings @ F.normalize(directions, dim=1).T  # [N, M]
    empirical = torch.exp(1j * products[:, :, None] * t).mean(0)  # [M, T]
    window = torch.exp(-t.square() / 2)
    error = (empirical - window).abs().square() * window
    return torch.trapezoid(error, t, dim=1).mean() * len(embeddings)


def lightly_sigreg(embeddings, directions, knots, max_frequency):
    module = SIGReg(knots=knots, t_max=max_frequency, num_vectors=len(directions)).double()
    module._generate_unit_vectors = lambda *_: F.normalize(directions, dim=1).T
    return module(embeddings[None])


def case(rows, dim, count, scale, shift, options):
    embeddings = (draw(rows, dim) * scale + shift).requires_grad_()
    directions = draw(count, dim)
    arguments = (options.get("knots", 17), options.get("maxFrequency", 3.0))
    value = sigreg(embeddings, directions, *arguments)
    (gradient,) = torch.autograd.grad(value, embeddings)
    reference = lightly_sigreg(embeddings, directions, *arguments)
    assert abs(value - reference) < 1e-6 * max(1.0, abs(value)), (float(value), float(reference))
    return {"fn": "sigreg", "args": [encode(embeddings), encode(directions)], "options": options, "value": encode(value), "grads": {"0": encode(gradient)}}


def main():
    cases = [
        case(9, 6, 12, 1.0, 0.0, {}),
        case(5, 8, 4, 2.5, 0.7, {}),
        case(7, 5, 3, 0.01, 0.0, {}),
        case(6, 4, 8, 1.0, 0.3, {"knots": 9, "maxFrequency": 5.0}),
    ]
    with open(sys.argv[1], "w") as file:
        json.dump({"cases": cases}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
