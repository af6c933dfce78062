"""One training step of DINO in float64.

usage: python dino.py OUT.json      (packages/dino/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 3 and Algorithm 1 of arXiv 2104.14294 and from facebookresearch/dino (main_dino.py, vision_transformer.py), independently
of the TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

from tiny_vit import EMBED_DIM, Draws, join, part, prototype_head, prototype_head_parameters, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, BOTTLENECK, PROTOTYPES, LOCALS = 4, 10, 6, 9, 2
STUDENT_TEMPERATURE, TEACHER_TEMPERATURE, CENTER_MOMENTUM, TEACHER_MOMENTUM = 0.1, 0.04, 0.9, 0.996


def main():
    draws = Draws(21041429)
    network = lambda: join(encoder=vit_parameters(draws), head=prototype_head_parameters(draws, [EMBED_DIM, HIDDEN, HIDDEN, BOTTLENECK], PROTOTYPES))
    trainable, teacher = network(), network()
    center = draws.normal(PROTOTYPES, scale=0.1)
    views = [draws.normal(BATCH, 8, 8, 3) for _ in range(2 + LOCALS)]
    scores = lambda parameters, view: prototype_head(part(parameters, "head."), vit_cls(part(parameters, "encoder."), view))

    def loss_of(parameters):
        pairs = []
        for seen in range(2):
            with torch.no_grad():
                target = ((scores(teacher, views[seen]) - center) / TEACHER_TEMPERATURE).softmax(-1)
            for view in range(len(views)):
                if view != seen:
                    pairs.append(-(target * F.log_softmax(scores(parameters, views[view]) / STUDENT_TEMPERATURE, -1)).sum(-1).mean())
        return torch.stack(pairs).mean()

    def after_step():
        mean = torch.cat([scores(teacher, view) for view in views[:2]]).mean(0)
        moved = {name: TEACHER_MOMENTUM * value + (1 - TEACHER_MOMENTUM) * trainable[name] for name, value in teacher.items()}
        return {"center": CENTER_MOMENTUM * center + (1 - CENTER_MOMENTUM) * mean, **{f"teacher.{name}": value for name, value in moved.items()}}

    options = {"prototypes": PROTOTYPES, "hiddenDim": HIDDEN, "bottleneckDim": BOTTLENECK, "localViews": LOCALS, "localSizeRatio": 1}
    fixed = {"center": center, **{f"teacher.{name}": value for name, value in teacher.items()}}
    names = ["global"] * 2 + ["local"] * LOCALS
    write_step(sys.argv[1], options, trainable, fixed, list(zip(names, views)), loss_of, after_step=after_step)


if __name__ == "__main__":
    main()
