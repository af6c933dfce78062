"""One training step of my-method in float64.

usage: python my_method.py OUT.json      (test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from the formula of NT-Xent (equation 1 of arXiv 2002.05709), independently of the TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

from tiny_vit import EMBED_DIM, Draws, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, OUTPUT, TEMPERATURE = 6, 10, 7, 0.5


def main():
    draws = Draws(1)
    projector = head_parameters(draws, [EMBED_DIM, HIDDEN, HIDDEN, OUTPUT], hidden_bias=False, output_bias=False, output_norm="none")
    trainable = join(encoder=vit_parameters(draws), projector=projector)
    views = [draws.normal(BATCH, 8, 8, 3) for _ in range(2)]
    running = {}

    def loss_of(parameters):
        # Each view has its own pass through the projector, and so its own statistics.
        embeddings = [head(part(parameters, "projector."), vit_cls(part(parameters, "encoder."), view), "none", running) for view in views]
        rows = F.normalize(torch.cat(embeddings), dim=1)
        # An anchor is no candidate for itself; its positive is the other view of its image.
        similarities = (rows @ rows.T / TEMPERATURE).masked_fill(torch.eye(2 * BATCH, dtype=torch.bool), -torch.inf)
        return F.cross_entropy(similarities, torch.arange(2 * BATCH).roll(BATCH))

    options = {"hiddenDim": HIDDEN, "outputDim": OUTPUT, "temperature": TEMPERATURE}
    write_step(sys.argv[1], options, trainable, {}, [("global", view) for view in views], loss_of, lambda: join(projector=running))


if __name__ == "__main__":
    main()
