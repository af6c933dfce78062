"""One training step of DINOv2 with given masks, centred targets, in float64.

usage: python dinov2.py OUT.json      (packages/dinov2/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 4 of arXiv 2304.07193 and from facebookresearch/dinov2 (dinov2/train/ssl_meta_arch.py, dinov2/loss, dinov2/layers/dino_head.py),
independently of the TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

import tiny_vit
from tiny_vit import (EMBED_DIM, ENCODER, IMAGE_SIZE, Draws, embed_patches, encode_tokens, join, part, prototype_head,
                      prototype_head_parameters, vit_cls, vit_parameters, vit_tokens, write_step)

BATCH, HIDDEN, BOTTLENECK, PROTOTYPES, LOCALS, GLOBALS = 4, 10, 6, 9, 3, 2
STUDENT_TEMPERATURE, TEACHER_TEMPERATURE, KOLEO_WEIGHT, CENTER_MOMENTUM, TEACHER_MOMENTUM = 0.1, 0.05, 0.1, 0.9, 0.992
GRID = 4
tiny_vit.PATCH_SIZE = IMAGE_SIZE // GRID
#: Masked patches of the first global views of four images, then of the second: half of the eight have none.
MASKED = [[5], [], [0, 1, 4, 5, 11], [], [], [2, 3, 6, 7], [], [13, 14]]
MASKS = torch.tensor([[float(patch in row) for patch in range(GRID**2)] for row in MASKED]).double()


def koleo(features):
    """Minus the mean logarithm of the distance to the nearest other row."""
    rows = F.normalize(features, dim=1, eps=1e-8)
    with torch.no_grad():
        nearest = (rows @ rows.T).fill_diagonal_(-1).argmax(1)
    return -torch.log((rows - rows[nearest] + 1e-8).norm(dim=1) + 1e-8).mean()


def main():
    draws = Draws(23040719)
    head = lambda: prototype_head_parameters(draws, [EMBED_DIM, HIDDEN, HIDDEN, BOTTLENECK], PROTOTYPES, learned_lengths=True)
    trainable, teacher = join(encoder=vit_parameters(draws), head=head()), join(encoder=vit_parameters(draws), head=head())
    trainable["encoder.mask_token"] = draws.normal(1, EMBED_DIM, scale=0.5)
    center, patch_center = draws.normal(PROTOTYPES, scale=0.1), draws.normal(PROTOTYPES, scale=0.1)
    views = [draws.normal(BATCH, 8, 8, 3) for _ in range(GLOBALS + LOCALS)]
    masked = MASKS.flatten().nonzero().flatten()  # places among the patches of all global views
    rows_of = lambda tokens: tokens[:, 1:].flatten(0, 1)[masked]
    scores = lambda parameters, rows: prototype_head(part(parameters, "head."), rows)
    with torch.no_grad():
        seen = vit_tokens(part(teacher, "encoder."), torch.cat(views[:GLOBALS]))
        teacher_cls, teacher_masked = scores(teacher, seen[:, 0]), scores(teacher, rows_of(seen))
        targets = ((teacher_cls - center) / TEACHER_TEMPERATURE).softmax(-1).chunk(GLOBALS)
        patch_targets = ((teacher_masked - patch_center) / TEACHER_TEMPERATURE).softmax(-1)

    def loss_of(parameters):
        encoder = part(parameters, "encoder.")
        log = lambda rows: torch.log_softmax(scores(parameters, rows) / STUDENT_TEMPERATURE, -1)
        tokens = encode_tokens(encoder, embed_patches(encoder, torch.cat(views[:GLOBALS]), MASKS, encoder["mask_token"]))
        global_cls = tokens[:, 0].chunk(GLOBALS)
        terms = GLOBALS * (GLOBALS - 1) + GLOBALS * LOCALS
        cross_entropy = lambda target, predicted: -(target * predicted).sum(-1).mean()
        of_globals = cross_entropy(targets[1], log(global_cls[0])) + cross_entropy(targets[0], log(global_cls[1]))
        of_locals = sum(cross_entropy(target, log(vit_cls(encoder, view))) for view in views[GLOBALS:] for target in targets)
        weights = (MASKS / MASKS.sum(1, keepdim=True).clamp(min=1)).flatten()[masked]
        of_patches = (-(patch_targets * log(rows_of(tokens))).sum(-1) * weights).sum() / len(MASKS)
        return of_globals / terms + of_locals / terms + of_patches + KOLEO_WEIGHT * sum(koleo(cls) for cls in global_cls)

    def after_step():
        means = {"center": (center, teacher_cls.mean(0)), "patch_center": (patch_center, teacher_masked.mean(0))}
        centers = {name: CENTER_MOMENTUM * old + (1 - CENTER_MOMENTUM) * mean for name, (old, mean) in means.items()}
        return centers | {f"teacher.{name}": TEACHER_MOMENTUM * value + (1 - TEACHER_MOMENTUM) * trainable[name] for name, value in teacher.items()}

    options = {"prototypes": PROTOTYPES, "hiddenDim": HIDDEN, "bottleneckDim": BOTTLENECK, "localViews": LOCALS, "localSizeRatio": 1,
               "teacherTemperature": TEACHER_TEMPERATURE, "koleoWeight": KOLEO_WEIGHT}
    fixed = {f"teacher.{name}": value for name, value in teacher.items()} | {"center": center, "patch_center": patch_center}
    names = ["global"] * GLOBALS + ["local"] * LOCALS
    write_step(sys.argv[1], options, trainable, fixed, list(zip(names, views)), loss_of, after_step=after_step,
               encoder={**ENCODER, "patchSize": tiny_vit.PATCH_SIZE}, masks=MASKS)


if __name__ == "__main__":
    main()
