"""One training step of CMAE in float64.

usage: python cmae.py OUT.json      (packages/cmae/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 3 of arXiv 2207.13532 and from ZhichengHuang/CMAE (cmae/models/algorithms/cmae.py, backbones/cmae_vit.py,
heads/cmae_head.py, necks/mae_neck.py, necks/nonlinear_neck.py), independently of the TypeScript.
"""
import sys

import torch
from torch.nn import functional as F

from tiny_vit import DEPTH, EMBED_DIM, HEADS, IMAGE_SIZE, PATCH_SIZE, Draws, block_parameters, blocks, embed_patches, encode_tokens, head, head_parameters
from tiny_vit import layer_norm, linear, part, patchify, sincos_positions, vit_parameters, with_cls, write_step

BATCH, WIDTH, PIXEL_DEPTH, FEATURE_DEPTH, DECODER_HEADS, HIDDEN, OUTPUT, KEEP = 4, 8, 2, 1, 2, 10, 6, 2
TEMPERATURE, CONTRASTIVE_WEIGHT, RECONSTRUCTION_WEIGHT, MOMENTUM = 0.07, 0.5, 2.0, 0.9
GRID = IMAGE_SIZE // PATCH_SIZE
PATCHES = GRID**2
POSITIONS = torch.cat([torch.zeros(1, WIDTH).double(), sincos_positions(WIDTH, GRID)])  # [CLS] has none


def decode(decoder, depth, encoded, order):
    """Tokens of the visible patches behind [CLS] → predictions of all patches, [B, P, out]."""
    encoded = linear(part(decoder, "decoder_embed."), encoded)
    full = [decoder["mask_token"][0].expand(1 + PATCHES, WIDTH).clone() for _ in range(BATCH)]
    for image, tokens in enumerate(full):
        tokens[0] = encoded[image, 0]
        for place, patch in enumerate(order[image, :KEEP]):
            tokens[1 + patch] = encoded[image, 1 + place]
    decoded = blocks(part(decoder, "decoder_blocks."), torch.stack(full) + POSITIONS, depth, DECODER_HEADS)
    return linear(part(decoder, "decoder_pred."), layer_norm(part(decoder, "decoder_norm."), decoded))[:, 1:]


def main():
    draws = Draws(22071353)
    under = lambda prefix, parameters: {f"{prefix}.{name}": value for name, value in parameters.items()}
    matrix = lambda outputs, inputs: {"weight": draws.normal(outputs, inputs, scale=0.2), "bias": draws.normal(outputs, scale=0.2)}
    projection = lambda inputs: head_parameters(draws, [inputs, HIDDEN, OUTPUT], hidden_bias=True, output_bias=False, output_norm="none")
    network = lambda: under("encoder", vit_parameters(draws)) | under("projector", projection(EMBED_DIM))

    def decoder(depth, outputs):
        return {"mask_token": draws.normal(1, 1, WIDTH), **under("decoder_embed", matrix(WIDTH, EMBED_DIM)), **under("decoder_blocks", block_parameters(draws, WIDTH, depth, 4)),
                "decoder_norm.weight": draws.normal(WIDTH, scale=0.2, mean=1.0), "decoder_norm.bias": draws.normal(WIDTH, scale=0.2),
                **under("decoder_pred", matrix(outputs, WIDTH))}

    trainable = network() | under("predictor", projection(OUTPUT))
    trainable |= under("pixel_decoder", decoder(PIXEL_DEPTH, PATCH_SIZE**2 * 3)) | under("feature_decoder", decoder(FEATURE_DEPTH, EMBED_DIM))
    teacher = network()
    images, whole = draws.normal(BATCH, IMAGE_SIZE, IMAGE_SIZE, 3), draws.normal(BATCH, IMAGE_SIZE, IMAGE_SIZE, 3)
    drawn = torch.stack([torch.randperm(PATCHES, generator=torch.Generator().manual_seed(image)) for image in range(BATCH)])
    order = drawn.flip(1)  # the first that were drawn are masked, the last KEEP visible
    running = {"projector": {}, "predictor": {}, "teacher.projector": {}}
    project = lambda parameters, x, statistics: head(parameters, x, "none", running[statistics], epsilon=1e-6)

    def loss_of(parameters):
        encoder = part(parameters, "encoder.")
        visible = torch.stack([tokens[kept[:KEEP]] for tokens, kept in zip(embed_patches(encoder, images), order)])
        encoded = encode_tokens(encoder, visible)

        pixels = decode(part(parameters, "pixel_decoder."), PIXEL_DEPTH, encoded, order)
        target = patchify(images)
        target = (target - target.mean(-1, keepdim=True)) / torch.sqrt(target.var(-1, keepdim=True) + 1e-6)  # the unbiased variance
        masked = [(image, patch) for image in range(BATCH) for patch in order[image, KEEP:]]
        reconstruction = torch.stack([(pixels[where] - target[where]).square().mean() for where in masked]).mean()

        feature = decode(part(parameters, "feature_decoder."), FEATURE_DEPTH, encoded, order).mean(1)
        query = project(part(parameters, "predictor."), project(part(parameters, "projector."), feature, "projector"), "predictor")
        with torch.no_grad():
            frozen = part(teacher, "encoder.")
            tokens = blocks(part(frozen, "blocks."), with_cls(frozen, embed_patches(frozen, whole)), DEPTH, HEADS)  # no final norm
            key = project(part(teacher, "projector."), tokens[:, 1:].mean(1), "teacher.projector")
        similarity = F.normalize(query, dim=1) @ F.normalize(key, dim=1).T / TEMPERATURE
        contrastive = 2 * TEMPERATURE * F.cross_entropy(similarity, torch.arange(BATCH))
        return RECONSTRUCTION_WEIGHT * reconstruction + CONTRASTIVE_WEIGHT * contrastive

    options = {"maskRatio": 1 - KEEP / PATCHES, "maskUnit": 1, "decoderDim": WIDTH, "decoderHeads": DECODER_HEADS, "pixelDecoderDepth": PIXEL_DEPTH,
               "featureDecoderDepth": FEATURE_DEPTH, "hiddenDim": HIDDEN, "outputDim": OUTPUT, "contrastiveWeight": CONTRASTIVE_WEIGHT,
               "reconstructionWeight": RECONSTRUCTION_WEIGHT, "teacherMomentum": MOMENTUM}
    after = lambda: {f"{owner}.{name}": value for owner, values in running.items() for name, value in values.items()}
    after_step = lambda: under("teacher", {name: MOMENTUM * value + (1 - MOMENTUM) * trainable[name] for name, value in teacher.items()})
    views = [("masked", images), ("target", whole)]
    write_step(sys.argv[1], options, trainable, under("teacher", teacher), views, loss_of, after, after_step, order=drawn.double())


if __name__ == "__main__":
    main()
