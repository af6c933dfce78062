"""One training step of SimCLR in float64.

usage: python simclr.py OUT.json      (packages/simclr/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from equation 1 of arXiv 2002.05709 and from google-research/simclr (objective.py, model_util.py), independently of the TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

from tiny_vit import EMBED_DIM, Draws, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, OUTPUT, TEMPERATURE = 4, 10, 6, 0.5


def main():
    draws = Draws(20020570)
    projector = head_parameters(draws, [EMBED_DIM, HIDDEN, HIDDEN, OUTPUT], hidden_bias=False, output_bias=False, output_norm="scale")
    trainable = join(encoder=vit_parameters(draws), projector=projector)
    first, second = draws.normal(BATCH, 8, 8, 3), draws.normal(BATCH, 8, 8, 3)
    running = {}

    def loss_of(parameters):
        # Both views go through the projector together: one batch of 2B rows for its normalisations.
        features = vit_cls(part(parameters, "encoder."), torch.cat([first, second]))
        a, b = F.normalize(head(part(parameters, "projector."), features, "scale", running), dim=1).chunk(2)
        loss = 0.0
        for anchors, others in ((a, b), (b, a)):
            positives = (anchors * others).sum(1) / TEMPERATURE
            own = (anchors @ anchors.T) / TEMPERATURE - 1e9 * torch.eye(BATCH, dtype=torch.float64)
            denominators = torch.logsumexp(torch.cat([anchors @ others.T / TEMPERATURE, own], 1), 1)
            loss = loss + (denominators - positives).mean()
        return loss

    options = {"hiddenDim": HIDDEN, "outputDim": OUTPUT, "temperature": TEMPERATURE}
    write_step(sys.argv[1], options, trainable, {}, [("global", first), ("global", second)], loss_of, lambda: join(projector=running))


if __name__ == "__main__":
    main()
