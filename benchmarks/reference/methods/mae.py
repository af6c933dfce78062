"""One training step of MAE in float64.

usage: python mae.py OUT.json      (packages/mae/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 3 and Appendix A.1 of arXiv 2111.06377 and from facebookresearch/mae (models_mae.py), independently of the TypeScript.
"""
import sys

import torch

from tiny_vit import EMBED_DIM, IMAGE_SIZE, PATCH_SIZE, Draws, block_parameters, blocks, embed_patches, encode_tokens, join, layer_norm, linear, part
from tiny_vit import patchify, sincos_positions, vit_parameters, write_step

BATCH, WIDTH, DEPTH, HEADS, MLP_RATIO, KEEP = 3, 8, 1, 2, 4, 2
GRID = IMAGE_SIZE // PATCH_SIZE
PATCHES = GRID**2


def main():
    draws = Draws(21110637)
    weight_and_bias = lambda outputs, inputs: {"weight": draws.normal(outputs, inputs, scale=0.2), "bias": draws.normal(outputs, scale=0.2)}
    trainable = join(encoder=vit_parameters(draws), decoder_embed=weight_and_bias(WIDTH, EMBED_DIM), decoder_blocks=block_parameters(draws, WIDTH, DEPTH, MLP_RATIO),
                     decoder_norm={"weight": draws.normal(WIDTH, scale=0.2, mean=1.0), "bias": draws.normal(WIDTH, scale=0.2)},
                     decoder_pred=weight_and_bias(PATCH_SIZE**2 * 3, WIDTH))
    trainable = {name.replace("decoder.", "decoder_", 1): value for name, value in trainable.items()} | {"mask_token": draws.normal(1, 1, WIDTH)}
    images = draws.normal(BATCH, IMAGE_SIZE, IMAGE_SIZE, 3)
    noise = torch.rand(BATCH, PATCHES, generator=torch.Generator().manual_seed(7)).double()
    order = noise.argsort(1)
    positions = torch.cat([torch.zeros(1, WIDTH).double(), sincos_positions(WIDTH, GRID)])  # [CLS] has none

    def loss_of(parameters):
        encoder = part(parameters, "encoder.")
        visible = torch.stack([tokens[kept[:KEEP]] for tokens, kept in zip(embed_patches(encoder, images), order)])
        encoded = linear(part(parameters, "decoder_embed."), encode_tokens(encoder, visible))
        full = parameters["mask_token"].expand(BATCH, 1 + PATCHES, WIDTH).clone()
        full[:, 0] = encoded[:, 0]
        for image in range(BATCH):
            for place, patch in enumerate(order[image, :KEEP]):
                full[image, 1 + patch] = encoded[image, 1 + place]
        decoded = layer_norm(part(parameters, "decoder_norm."), blocks(part(parameters, "decoder_blocks."), full + positions, DEPTH, HEADS))
        predicted = linear(part(parameters, "decoder_pred."), decoded)[:, 1:]
        target = patchify(images)
        target = (target - target.mean(-1, keepdim=True)) / torch.sqrt(target.var(-1, keepdim=True) + 1e-6)  # the unbiased variance
        masked = [(image, patch) for image in range(BATCH) for patch in order[image, KEEP:]]
        return torch.stack([(predicted[where] - target[where]).square().mean() for where in masked]).mean()

    options = {"maskRatio": 1 - KEEP / PATCHES, "decoderDim": WIDTH, "decoderDepth": DEPTH, "decoderHeads": HEADS, "decoderMlpRatio": MLP_RATIO}
    write_step(sys.argv[1], options, trainable, {}, [("global", images)], loss_of, noise=noise)


if __name__ == "__main__":
    main()
