"""One training step of MoCo v3 in float64.

usage: python moco.py OUT.json      (packages/moco/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from algorithm 1 of arXiv 2104.02057 and from facebookresearch/moco-v3 (moco/builder.py), independently of the TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

from tiny_vit import EMBED_DIM, Draws, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, OUTPUT, TEMPERATURE = 4, 10, 6, 0.2


def main():
    draws = Draws(21040205)
    plain = {"hidden_bias": False, "output_bias": False, "output_norm": "plain"}
    network = lambda: {"encoder": vit_parameters(draws), "projector": head_parameters(draws, [EMBED_DIM, HIDDEN, HIDDEN, OUTPUT], **plain)}
    trainable = join(**network(), predictor=head_parameters(draws, [OUTPUT, HIDDEN, OUTPUT], **plain))
    teacher = join(**network())
    views = draws.normal(BATCH, 8, 8, 3), draws.normal(BATCH, 8, 8, 3)
    running = {"projector": {}, "predictor": {}, "teacher.projector": {}}

    def loss_of(parameters):
        queries, keys = [], []
        for view in views:  # every view is a batch of its own for the normalisations
            projection = head(part(parameters, "projector."), vit_cls(part(parameters, "encoder."), view), "plain", running["projector"])
            queries.append(F.normalize(head(part(parameters, "predictor."), projection, "plain", running["predictor"]), dim=1))
            with torch.no_grad():
                key = head(part(teacher, "projector."), vit_cls(part(teacher, "encoder."), view), "plain", running["teacher.projector"])
                keys.append(F.normalize(key, dim=1))
        labels = torch.arange(BATCH)
        contrast = lambda q, k: 2 * TEMPERATURE * F.cross_entropy(q @ k.T / TEMPERATURE, labels)
        return contrast(queries[0], keys[1]) + contrast(queries[1], keys[0])

    options = {"hiddenDim": HIDDEN, "outputDim": OUTPUT, "temperature": TEMPERATURE}
    after = lambda: {f"{owner}.{name}": value for owner, values in running.items() for name, value in values.items()}
    write_step(sys.argv[1], options, trainable, {f"teacher.{name}": value for name, value in teacher.items()},
               [("global", view) for view in views], loss_of, after)


if __name__ == "__main__":
    main()
