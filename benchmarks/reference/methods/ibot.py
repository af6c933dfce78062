"""One training step of iBOT with given masks, in float64.

usage: python ibot.py OUT.json      (packages/ibot/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 3 of arXiv 2111.07832 and from bytedance/ibot (main_ibot.py, models/head.py, models/vision_transformer.py), independently
of the TypeScript.
"""
import sys

import torch

from tiny_vit import (EMBED_DIM, Draws, embed_patches, encode_tokens, join, part, prototype_head, prototype_head_parameters, vit_cls, vit_parameters,
                      vit_tokens, write_step)

BATCH, HIDDEN, BOTTLENECK, PROTOTYPES, LOCALS = 4, 10, 6, 9, 2
STUDENT_TEMPERATURE, TEACHER_TEMPERATURE, PATCH_TEMPERATURE, CENTER_MOMENTUM, TEACHER_MOMENTUM = 0.1, 0.05, 0.06, 0.9, 0.996
#: Of both global views of four images with four patches each: some have none.
MASKS = torch.tensor([[[0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 1, 1], [0, 0, 1, 1]], [[0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]]).double()


def cross_entropy(target_scores, center, temperature, scores):
    target = ((target_scores - center) / temperature).softmax(-1)
    return -(target * torch.log_softmax(scores / STUDENT_TEMPERATURE, -1)).sum(-1)


def main():
    draws = Draws(21110783)
    head = lambda: prototype_head_parameters(draws, [EMBED_DIM, HIDDEN, HIDDEN, BOTTLENECK], PROTOTYPES, learned_lengths=True)
    trainable, teacher = join(encoder=vit_parameters(draws), head=head()), join(encoder=vit_parameters(draws), head=head())
    trainable["encoder.mask_token"] = draws.normal(1, EMBED_DIM, scale=0.5)
    center, patch_center = draws.normal(PROTOTYPES, scale=0.1), draws.normal(PROTOTYPES, scale=0.1)
    views = [draws.normal(BATCH, 8, 8, 3) for _ in range(2 + LOCALS)]
    scores = lambda parameters, tokens: prototype_head(part(parameters, "head."), tokens)
    with torch.no_grad():
        targets = [scores(teacher, vit_tokens(part(teacher, "encoder."), view)) for view in views[:2]]  # [B, 1 + P, K] each

    def loss_of(parameters):
        encoder = part(parameters, "encoder.")
        holed = lambda view, mask: encode_tokens(encoder, embed_patches(encoder, view, mask, encoder["mask_token"]))
        predicted = [scores(parameters, holed(view, mask)) for view, mask in zip(views, MASKS)]
        predicted_cls = [each[:, 0] for each in predicted] + [scores(parameters, vit_cls(encoder, view)) for view in views[2:]]
        cls_losses, patch_losses = [], []
        for q, target in enumerate(targets):
            for v, view_scores in enumerate(predicted_cls):
                if v != q:
                    cls_losses.append(cross_entropy(target[:, 0], center, TEACHER_TEMPERATURE, view_scores).mean())
            losses = cross_entropy(target[:, 1:], patch_center, PATCH_TEMPERATURE, predicted[q][:, 1:])  # [B, P]
            patch_losses.append(((losses * MASKS[q]).sum(1) / MASKS[q].sum(1).clamp(min=1)).mean())
        return torch.stack(cls_losses).mean() + torch.stack(patch_losses).mean()

    def after_step():
        both = torch.cat(targets)
        means = {"center": (center, both[:, 0].mean(0)), "patch_center": (patch_center, both[:, 1:].mean((0, 1)))}
        centers = {name: CENTER_MOMENTUM * old + (1 - CENTER_MOMENTUM) * mean for name, (old, mean) in means.items()}
        return centers | {f"teacher.{name}": TEACHER_MOMENTUM * value + (1 - TEACHER_MOMENTUM) * trainable[name] for name, value in teacher.items()}

    options = {"prototypes": PROTOTYPES, "hiddenDim": HIDDEN, "bottleneckDim": BOTTLENECK, "localViews": LOCALS, "localSizeRatio": 1,
               "teacherTemperature": TEACHER_TEMPERATURE, "patchTeacherTemperature": PATCH_TEMPERATURE}
    fixed = {f"teacher.{name}": value for name, value in teacher.items()} | {"center": center, "patch_center": patch_center}
    names = ["global"] * 2 + ["local"] * LOCALS
    write_step(sys.argv[1], options, trainable, fixed, list(zip(names, views)), loss_of, after_step=after_step, masks=MASKS.flatten(0, 1))


if __name__ == "__main__":
    main()
