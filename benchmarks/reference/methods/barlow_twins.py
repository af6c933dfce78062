"""One training step of Barlow Twins in float64.

usage: python barlow_twins.py OUT.json      (packages/barlow-twins/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from equations 1 and 2 of arXiv 2103.03230 and from facebookresearch/barlowtwins (main.py), independently of the TypeScript.
"""
import sys

import torch

from tiny_vit import EMBED_DIM, Draws, batch_norm, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, OUTPUT, REDUNDANCY_WEIGHT = 6, 10, 7, 0.0051


def main():
    draws = Draws(21030323)
    projector = head_parameters(draws, [EMBED_DIM, HIDDEN, HIDDEN, OUTPUT], hidden_bias=False, output_bias=False, output_norm="none")
    trainable = join(encoder=vit_parameters(draws), projector=projector)
    views = [draws.normal(BATCH, 8, 8, 3) for _ in range(2)]

    running = {}

    def loss_of(parameters):
        # Each view has its own pass through the projector, and so its own statistics.
        encoder, projector = part(parameters, "encoder."), part(parameters, "projector.")
        first, second = (head(projector, vit_cls(encoder, view), "none", running) for view in views)
        correlation = batch_norm(first).T @ batch_norm(second) / BATCH
        loss = 0.0
        for i in range(OUTPUT):
            for j in range(OUTPUT):
                entry = correlation[i, j]
                loss = loss + ((entry - 1) ** 2 if i == j else REDUNDANCY_WEIGHT * entry**2)
        return loss

    options = {"hiddenDim": HIDDEN, "outputDim": OUTPUT, "redundancyWeight": REDUNDANCY_WEIGHT}
    write_step(sys.argv[1], options, trainable, {}, [("global", view) for view in views], loss_of, lambda: join(projector=running))


if __name__ == "__main__":
    main()
