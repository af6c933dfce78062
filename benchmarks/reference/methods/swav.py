"""One training step of SwAV, with a full queue, in float64.

usage: python swav.py OUT.json      (packages/swav/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 3 of arXiv 2006.09882 and from facebookresearch/swav (main_swav.py, src/resnet50.py), independently of the TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

from tiny_vit import EMBED_DIM, Draws, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, OUTPUT, PROTOTYPES, QUEUE, LOCALS = 4, 10, 6, 9, 8, 2
TEMPERATURE, EPSILON, ITERATIONS = 0.1, 0.05, 3


def assign(scores):
    """[N, K] → soft assignments: columns share the rows out equally, each row sums to 1."""
    weights = torch.exp(scores / EPSILON)
    for _ in range(ITERATIONS):
        weights = weights / weights.sum(0, keepdim=True)
        weights = weights / weights.sum(1, keepdim=True)
    return weights


def main():
    draws = Draws(20060988)
    unit = lambda tensor: F.normalize(tensor, dim=-1).float().double()
    trainable = join(
        encoder=vit_parameters(draws),
        projector=head_parameters(draws, [EMBED_DIM, HIDDEN, OUTPUT], hidden_bias=True, output_bias=True, output_norm="none"),
        prototypes={"weight": unit(draws.normal(PROTOTYPES, OUTPUT))},
    )
    queue = unit(draws.normal(2, QUEUE, OUTPUT))
    views = [draws.normal(BATCH, 8, 8, 3) for _ in range(2 + LOCALS)]

    running = {}

    def loss_of(parameters):
        # All views go through the projector together: one batch for its normalisation.
        features = torch.cat([vit_cls(part(parameters, "encoder."), view) for view in views])
        embeddings = F.normalize(head(part(parameters, "projector."), features, "none", running), dim=1)
        scores = (embeddings @ parameters["prototypes.weight"].T).chunk(2 + LOCALS)
        loss = 0.0
        for assigned in range(2):
            with torch.no_grad():
                rows = torch.cat([queue[assigned] @ parameters["prototypes.weight"].T, scores[assigned]])
                targets = assign(rows)[-BATCH:]
            for view in range(2 + LOCALS):
                if view != assigned:
                    loss = loss - (targets * torch.log_softmax(scores[view] / TEMPERATURE, 1)).sum(1).mean() / (1 + LOCALS)
        return loss / 2

    options = {"hiddenDim": HIDDEN, "outputDim": OUTPUT, "prototypes": PROTOTYPES, "queueLength": QUEUE, "queueStartEpoch": 0,
               "localViews": LOCALS, "localSizeRatio": 1}
    names = ["global"] * 2 + ["local"] * LOCALS
    write_step(sys.argv[1], options, trainable, {"queue": queue}, list(zip(names, views)), loss_of, lambda: join(projector=running))


if __name__ == "__main__":
    main()
