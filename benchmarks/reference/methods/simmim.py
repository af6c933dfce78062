"""One training step of SimMIM in float64.

usage: python simmim.py OUT.json      (packages/simmim/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 3 of arXiv 2111.09886 and from microsoft/SimMIM (models/simmim.py, data/data_simmim.py), independently of the TypeScript:
the head is the convolution with PixelShuffle of the paper's code, the loss is taken pixel by pixel on images [B, C, Y, X]. Only the rows of
the head's weight are brought into the order of the TypeScript's patches, (row, column, channel).
"""
import sys

import torch
from torch.nn import functional as F

import tiny_vit
from tiny_vit import EMBED_DIM, ENCODER, IMAGE_SIZE, Draws, embed_patches, encode_tokens, join, part, vit_parameters, write_step

BATCH, CHANNELS, PATCH, UNIT, RATIO = 3, 3, 2, 2, 0.6
GRID = IMAGE_SIZE // PATCH
MASKED_UNITS = 3  # ceil(0.6 * 4)


def main():
    tiny_vit.PATCH_SIZE = PATCH  # a grid of 2 × 2 patches has no units of several patches
    draws = Draws(21110988)
    outputs = PATCH**2 * CHANNELS
    trainable = join(
        encoder=vit_parameters(draws),
        decoder={"weight": draws.normal(outputs, EMBED_DIM, scale=0.3), "bias": draws.normal(outputs, scale=0.2)},
    ) | {"mask_token": draws.normal(1, 1, EMBED_DIM, scale=0.5)}
    images = draws.normal(BATCH, IMAGE_SIZE, IMAGE_SIZE, CHANNELS)
    order = torch.from_numpy(draws.generator.permuted(torch.arange((GRID // UNIT) ** 2).repeat(BATCH, 1).numpy(), axis=1))

    units = torch.zeros(BATCH, (GRID // UNIT) ** 2, dtype=torch.float64).scatter_(1, order[:, :MASKED_UNITS], 1)
    patch_mask = units.unflatten(1, (GRID // UNIT, -1)).repeat_interleave(UNIT, 1).repeat_interleave(UNIT, 2)
    pixel_mask = patch_mask.repeat_interleave(PATCH, 1).repeat_interleave(PATCH, 2)[:, None]  # [B, 1, Y, X]
    # PixelShuffle takes channel·p² + row·p + column.
    rows = torch.arange(outputs).reshape(PATCH, PATCH, CHANNELS).permute(2, 0, 1).flatten()

    def loss_of(parameters):
        target = images.permute(0, 3, 1, 2)
        encoder = part(parameters, "encoder.")
        tokens = encode_tokens(encoder, embed_patches(encoder, images, patch_mask.flatten(1), parameters["mask_token"]))[:, 1:]
        features = tokens.transpose(1, 2).unflatten(2, (GRID, GRID))  # [B, D, Y, X]
        weight, bias = parameters["decoder.weight"][rows], parameters["decoder.bias"][rows]
        painted = F.pixel_shuffle(F.conv2d(features, weight[:, :, None, None], bias), PATCH)
        return ((painted - target).abs() * pixel_mask).sum() / (pixel_mask.sum() + 1e-5) / CHANNELS

    write_step(sys.argv[1], {"maskUnit": UNIT, "maskRatio": RATIO}, trainable, {}, [("global", images)], loss_of,
               encoder={**ENCODER, "patchSize": PATCH}, order=order.double())


if __name__ == "__main__":
    main()
