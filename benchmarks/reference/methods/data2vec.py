"""One training step of data2vec in float64.

usage: python data2vec.py OUT.json      (packages/data2vec/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 3 of arXiv 2202.03555 and from facebookresearch/data2vec_vision (beit/engine_for_cyclical.py, modeling_cyclical.py),
independently of the TypeScript: masked patches are picked out, as theirs are. The masks are BEiT's (Algorithm 1 of arXiv 2106.08254), from
recorded uniform numbers: area, aspect ratio, row and column of each block that is tried.
"""
import math
import sys

import torch
from torch.nn import functional as F

import tiny_vit
from tiny_vit import EMBED_DIM, ENCODER, HEADS, Draws, block_outputs, embed_patches, encode_tokens, join, linear, part, vit_parameters, with_cls
from tiny_vit import write_step

BATCH, IMAGE_SIZE, PATCH, DEPTH, TARGET_BLOCKS, BETA, MOMENTUM = 3, 12, 2, 3, 2, 0.5, 0.9
MASKED, MIN_BLOCK, ASPECT = 22, 4, 0.3  # round(36 · 120 / 196), the square of a third of the side, 0.3 to 1 / 0.3
GRID = IMAGE_SIZE // PATCH


def block_mask(tries):
    """Blocks until enough is masked or ten in a row were of no use. A block touching two opposite borders is of none."""
    mask, failed = torch.zeros(GRID, GRID, dtype=torch.float64), 0
    for area, aspect, row, column in tries:
        left = MASKED - int(mask.sum())
        if left == 0 or failed == 10:
            return mask.flatten()
        area = MIN_BLOCK + (left - MIN_BLOCK) * area
        aspect = math.exp(math.log(ASPECT) * (1 - 2 * aspect))
        height, width = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        block = torch.zeros_like(mask)
        if height < GRID and width < GRID:
            top, first = int(row * (GRID - height + 1)), int(column * (GRID - width + 1))
            block[top:top + height, first:first + width] = 1
        added = int((block * (1 - mask)).sum())
        failed = 0 if 0 < added <= left else failed + 1
        if failed == 0:
            mask = torch.maximum(mask, block)
    raise ValueError("more tries are needed")


def main():
    tiny_vit.IMAGE_SIZE, tiny_vit.PATCH_SIZE, tiny_vit.DEPTH = IMAGE_SIZE, PATCH, DEPTH
    draws = Draws(22020355)
    trainable = join(
        encoder=vit_parameters(draws),
        head={"weight": draws.normal(EMBED_DIM, EMBED_DIM, scale=0.3), "bias": draws.normal(EMBED_DIM, scale=0.2)},
    ) | {"mask_token": draws.normal(1, 1, EMBED_DIM, scale=0.5)}
    teacher = vit_parameters(draws)
    images = draws.normal(BATCH, IMAGE_SIZE, IMAGE_SIZE, 3)
    tries = torch.rand(BATCH, 60, 4, generator=torch.Generator().manual_seed(10)).double()
    mask = torch.stack([block_mask(row.tolist()) for row in tries])
    assert len({int(row.sum()) for row in mask}) > 1, "images must differ in how much of them is masked"
    norm = lambda x: F.layer_norm(x, x.shape[-1:])

    with torch.no_grad():
        outputs = block_outputs(part(teacher, "blocks."), with_cls(teacher, embed_patches(teacher, images)), DEPTH, HEADS)
        targets = norm(sum(norm(output[:, 1:]) for output in outputs[-TARGET_BLOCKS:]) / TARGET_BLOCKS)[mask > 0]

    def loss_of(parameters):
        encoder = part(parameters, "encoder.")
        tokens = encode_tokens(encoder, embed_patches(encoder, images, mask, parameters["mask_token"]))[:, 1:]
        return F.smooth_l1_loss(linear(part(parameters, "head."), tokens[mask > 0]), targets, beta=BETA)

    moved = lambda: {f"teacher.encoder.{name}": MOMENTUM * value + (1 - MOMENTUM) * trainable[f"encoder.{name}"] for name, value in teacher.items()}
    write_step(sys.argv[1], {"targetBlocks": TARGET_BLOCKS, "beta": BETA, "teacherMomentum": MOMENTUM}, trainable,
               {f"teacher.encoder.{name}": value for name, value in teacher.items()}, [("global", images)], loss_of, after_step=moved,
               encoder={**ENCODER, "imageSize": IMAGE_SIZE, "patchSize": PATCH, "depth": DEPTH}, tries=tries)


if __name__ == "__main__":
    main()
