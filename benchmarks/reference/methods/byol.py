"""One training step of BYOL in float64.

usage: python byol.py OUT.json      (packages/byol/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from equations 2 and 3 of arXiv 2006.07733 and from google-deepmind/deepmind-research (byol/byol_experiment.py,
byol/utils/networks.py), independently of the TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

from tiny_vit import EMBED_DIM, Draws, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, OUTPUT = 4, 10, 6


def main():
    draws = Draws(20060773)
    kind = {"hidden_bias": True, "output_bias": False, "output_norm": "none"}
    network = lambda: {"encoder": vit_parameters(draws), "projector": head_parameters(draws, [EMBED_DIM, HIDDEN, OUTPUT], **kind)}
    trainable = join(**network(), predictor=head_parameters(draws, [OUTPUT, HIDDEN, OUTPUT], **kind))
    teacher = join(**network())
    views = draws.normal(BATCH, 8, 8, 3), draws.normal(BATCH, 8, 8, 3)
    running = {"projector": {}, "predictor": {}, "teacher.projector": {}}

    def loss_of(parameters):
        predictions, targets = [], []
        for view in views:  # every view is a batch of its own for the normalisations
            projection = head(part(parameters, "projector."), vit_cls(part(parameters, "encoder."), view), "none", running["projector"])
            predictions.append(F.normalize(head(part(parameters, "predictor."), projection, "none", running["predictor"]), dim=1))
            with torch.no_grad():
                target = head(part(teacher, "projector."), vit_cls(part(teacher, "encoder."), view), "none", running["teacher.projector"])
                targets.append(F.normalize(target, dim=1))
        regression = lambda p, z: (p - z).square().sum(1)
        return (regression(predictions[0], targets[1]) + regression(predictions[1], targets[0])).mean()

    after = lambda: {f"{owner}.{name}": value for owner, values in running.items() for name, value in values.items()}
    write_step(sys.argv[1], {"hiddenDim": HIDDEN, "outputDim": OUTPUT}, trainable, {f"teacher.{name}": value for name, value in teacher.items()},
               [("global", view) for view in views], loss_of, after)


if __name__ == "__main__":
    main()
