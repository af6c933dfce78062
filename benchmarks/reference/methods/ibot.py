"""One training step of iBOT with given masks, in float64.

usage: python ibot.py OUT.json [separate]      (packages/ibot/test/golden/step.json, step-separate.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 3 of arXiv 2111.07832 and from bytedance/ibot (main_ibot.py, models/head.py), independently of the TypeScript.
"""
import sys

import torch

from dino_head import dino_head_parameters, embed, prototypes_parameters, score, with_mask
from tiny_vit import EMBED_DIM, Draws, join, part, vit_cls, vit_parameters, vit_tokens, write_step

BATCH, HIDDEN, BOTTLENECK, PROTOTYPES, LOCALS = 4, 10, 6, 9, 2
STUDENT_TEMPERATURE, TEACHER_TEMPERATURE, PATCH_TEMPERATURE = 0.1, 0.05, 0.06
#: Of both global views of four images with four patches each: some have none.
MASKS = torch.tensor([[[0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 1, 1], [0, 0, 1, 1]], [[0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]]).double()


def network(draws, separate):
    parameters = join(encoder=vit_parameters(draws), head=dino_head_parameters(draws, HIDDEN, BOTTLENECK, PROTOTYPES))
    if separate:
        parameters |= {f"head.last_layer2.{name}": value for name, value in prototypes_parameters(draws, BOTTLENECK, PROTOTYPES).items()}
    return parameters


def scores(parameters, tokens, separate):
    """[B, N, D] → scores of [CLS], [B, K], and of all patches, [B, P, K]."""
    embedded = embed(part(parameters, "head."), tokens)
    of_patches = "head.last_layer2." if separate else "head.last_layer."
    return score(part(parameters, "head.last_layer."), embedded[:, 0]), score(part(parameters, of_patches), embedded[:, 1:])


def main():
    separate = "separate" in sys.argv[2:]
    draws = Draws(21110783)
    trainable = network(draws, separate) | {"encoder.mask_token": draws.normal(1, EMBED_DIM, scale=0.5)}
    teacher = network(draws, separate)
    center, patch_center = draws.normal(PROTOTYPES, scale=0.1), draws.normal(PROTOTYPES, scale=0.1)
    views = [draws.normal(BATCH, 8, 8, 3) for _ in range(2 + LOCALS)]
    with torch.no_grad():
        targets = [scores(teacher, vit_tokens(part(teacher, "encoder."), view), separate) for view in views[:2]]

    def loss_of(parameters):
        encoder = part(parameters, "encoder.")
        token = encoder.pop("mask_token")
        outputs = [scores(parameters, vit_tokens(with_mask(encoder, view, mask, token), view), separate) for view, mask in zip(views, MASKS)]
        student_cls = [cls for cls, _ in outputs]
        student_cls += [score(part(parameters, "head.last_layer."), embed(part(parameters, "head."), vit_cls(encoder, view))) for view in views[2:]]
        cross_entropy = lambda q, scores: -(q * torch.log_softmax(scores / STUDENT_TEMPERATURE, -1)).sum(-1)
        cls_losses, patch_losses = [], []
        for q, (target_cls, target_patches) in enumerate(targets):
            for v, predicted in enumerate(student_cls):
                if v != q:
                    cls_losses.append(cross_entropy(torch.softmax((target_cls - center) / TEACHER_TEMPERATURE, -1), predicted).mean())
            losses = cross_entropy(torch.softmax((target_patches - patch_center) / PATCH_TEMPERATURE, -1), outputs[q][1])  # [B, P]
            patch_losses.append(((losses * MASKS[q]).sum(1) / MASKS[q].sum(1).clamp(min=1)).mean())
        return sum(cls_losses) / len(cls_losses) + sum(patch_losses) / len(patch_losses)

    def after():
        means = torch.cat([cls for cls, _ in targets]).mean(0), torch.cat([patches for _, patches in targets]).mean((0, 1))
        return {name: 0.9 * old + 0.1 * mean for name, old, mean in zip(("center", "patch_center"), (center, patch_center), means)}

    options = {"prototypes": PROTOTYPES, "hiddenDim": HIDDEN, "bottleneckDim": BOTTLENECK, "sharedHead": not separate, "localViews": LOCALS, "localSizeRatio": 1,
               "teacherTemperature": TEACHER_TEMPERATURE, "patchTeacherTemperature": PATCH_TEMPERATURE, "teacherMomentum": 1}
    fixed = {f"teacher.{name}": value for name, value in teacher.items()} | {"center": center, "patch_center": patch_center}
    names = ["global"] * 2 + ["local"] * LOCALS
    write_step(sys.argv[1], options, trainable, fixed, list(zip(names, views)), loss_of, after, masks=MASKS.flatten(0, 1))


if __name__ == "__main__":
    main()
