"""One training step of MSN, with dropped patches and focal views, in float64.

usage: python msn.py OUT.json      (packages/msn/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from equation 1 of arXiv 2204.07141 and from facebookresearch/msn (src/losses.py, src/msn_train.py, src/deit.py), independently of the
TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

from tiny_vit import EMBED_DIM, Draws, embed_patches, encode_tokens, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, OUTPUT, PROTOTYPES, FOCAL, PATCHES = 4, 10, 6, 5, 2, 4
TEMPERATURE, SHARPEN, ITERATIONS, ENTROPY_WEIGHT, DROP, MOMENTUM = 0.1, 0.25, 3, 1.0, 0.3, 0.9


def assign(probabilities):
    """[B, K] → each prototype gets an equal share of the batch, each row sums to 1."""
    for _ in range(ITERATIONS):
        probabilities = probabilities / probabilities.sum(0, keepdim=True)
        probabilities = probabilities / probabilities.sum(1, keepdim=True)
    return probabilities


def main():
    draws = Draws(22040714)
    dims = [EMBED_DIM, HIDDEN, HIDDEN, OUTPUT]
    network = lambda: {"encoder": vit_parameters(draws), "projector": head_parameters(draws, dims, hidden_bias=True, output_bias=True, output_norm="none")}
    trainable = join(**network(), prototypes={"weight": draws.normal(PROTOTYPES, OUTPUT)})
    teacher = join(**network())
    target, random, *focal = [draws.normal(BATCH, 8, 8, 3) for _ in range(2 + FOCAL)]
    noise = draws.normal(BATCH, PATCHES)
    running = {"projector": {}, "teacher.projector": {}}

    def project(owner, features, statistics):
        return head(part(owner, "projector."), features, "none", statistics, F.gelu)

    def loss_of(parameters):
        encoder = part(parameters, "encoder.")
        # The random view keeps the patches with the smallest noise; its head sees it alone, the focal views go together.
        kept = noise.argsort(1)[:, :int(PATCHES * (1 - DROP))]
        seen = torch.stack([patches[places] for patches, places in zip(embed_patches(encoder, random), kept)])
        features = encode_tokens(encoder, seen)[:, 0], torch.cat([vit_cls(encoder, view) for view in focal])
        anchors = torch.cat([project(parameters, group, running["projector"]) for group in features])
        with torch.no_grad():
            targets = project(teacher, vit_cls(part(teacher, "encoder."), target), running["teacher.projector"])
        directions = F.normalize(parameters["prototypes.weight"], dim=1)
        predicted = (F.normalize(anchors, dim=1) @ directions.T / TEMPERATURE).softmax(1)
        with torch.no_grad():
            sharpened = (F.normalize(targets, dim=1) @ directions.T / TEMPERATURE).softmax(1) ** (1 / SHARPEN)
            assigned = assign(sharpened / sharpened.sum(1, keepdim=True)).repeat(1 + FOCAL, 1)
        cross_entropy = -(assigned * predicted.log()).sum(1).mean()
        mean = predicted.mean(0)
        return cross_entropy + ENTROPY_WEIGHT * ((mean * mean.log()).sum() + torch.tensor(float(PROTOTYPES)).log())

    options = {"hiddenDim": HIDDEN, "outputDim": OUTPUT, "prototypes": PROTOTYPES, "focalViews": FOCAL, "focalSizeRatio": 1, "patchDrop": DROP, "teacherMomentum": MOMENTUM}
    views = [("target", target), ("random", random), *[("focal", view) for view in focal]]
    teacher_of = lambda values: {f"teacher.{name}": value for name, value in values.items()}
    after = lambda: {f"{owner}.{name}": value for owner, values in running.items() for name, value in values.items()}
    after_step = lambda: teacher_of({name: MOMENTUM * value + (1 - MOMENTUM) * trainable[name] for name, value in teacher.items()})
    write_step(sys.argv[1], options, trainable, teacher_of(teacher), views, loss_of, after, after_step, noise=noise)


if __name__ == "__main__":
    main()
