"""One training step of LeJEPA in float64.

usage: python lejepa.py OUT.json      (packages/lejepa/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Sections 4 and 5 of arXiv 2511.08544 and from rbalestr-lab/lejepa (README.md, MINIMAL.md), independently of the TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

from tiny_vit import EMBED_DIM, Draws, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, OUTPUT, GLOBALS, LOCALS = 5, 10, 6, 2, 2
SIGREG_WEIGHT, DIRECTIONS, KNOTS, MAX_FREQUENCY = 0.05, 7, 17, 3.0


def sigreg(embeddings, directions):
    """N times the integral of |phi_hat(t) - exp(-t^2/2)|^2 exp(-t^2/2) over [-3, 3], averaged over directions."""
    t = torch.linspace(-MAX_FREQUENCY, MAX_FREQUENCY, 2 * KNOTS - 1, dtype=torch.float64)
    angles = (embeddings @ F.normalize(directions, dim=1).T)[:, :, None] * t  # [N, M, T]
    window = torch.exp(-t.square() / 2)
    error = ((angles.cos().mean(0) - window) ** 2 + angles.sin().mean(0) ** 2) * window
    return torch.trapezoid(error, t, dim=1).mean() * len(embeddings)


def main():
    draws = Draws(25110854)
    projector = head_parameters(draws, [EMBED_DIM, HIDDEN, HIDDEN, OUTPUT], hidden_bias=True, output_bias=True, output_norm="none")
    trainable = join(encoder=vit_parameters(draws), projector=projector)
    views = [draws.normal(BATCH, 8, 8, 3) for _ in range(GLOBALS + LOCALS)]
    directions = draws.normal(DIRECTIONS, OUTPUT)
    running = {}

    def loss_of(parameters):
        # All views go through the projector together: one batch for its normalisations.
        features = torch.cat([vit_cls(part(parameters, "encoder."), view) for view in views])
        embeddings = head(part(parameters, "projector."), features, "none", running).unflatten(0, (len(views), BATCH))  # [V, B, K]
        center = embeddings[:GLOBALS].mean(0)
        invariance = ((embeddings - center) ** 2).mean()
        regularity = torch.stack([sigreg(view, directions) for view in embeddings]).mean()
        return SIGREG_WEIGHT * regularity + (1 - SIGREG_WEIGHT) * invariance

    options = {"hiddenDim": HIDDEN, "outputDim": OUTPUT, "sigregWeight": SIGREG_WEIGHT, "directions": DIRECTIONS, "knots": KNOTS,
               "globalViews": GLOBALS, "localViews": LOCALS, "localSizeRatio": 1}
    names = ["global"] * GLOBALS + ["local"] * LOCALS
    write_step(sys.argv[1], options, trainable, {}, list(zip(names, views)), loss_of, lambda: join(projector=running), directions=directions)


if __name__ == "__main__":
    main()
