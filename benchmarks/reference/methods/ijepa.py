"""One training step of I-JEPA, with given blocks, in float64.

usage: python ijepa.py OUT.json      (packages/ijepa/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from Section 3 of arXiv 2301.08243 and from facebookresearch/ijepa (src/train.py, src/models/vision_transformer.py), independently of the TypeScript.
"""
import sys

import torch

import tiny_vit
from tiny_vit import EMBED_DIM, ENCODER, IMAGE_SIZE, Draws, block_parameters, blocks, embed_patches, encode_tokens, join, layer_norm, linear, part
from tiny_vit import sincos_positions, vit_parameters, write_step

BATCH, WIDTH, DEPTH, HEADS, TEACHER_MOMENTUM = 3, 8, 1, 2, 0.9
GRID = 4
tiny_vit.PATCH_SIZE = IMAGE_SIZE // GRID
#: Patches of each image's context and of its two target blocks of 1 × 2, which may overlap.
CONTEXTS = [[0, 1, 2, 4, 9], [3, 7, 8, 12, 15], [1, 5, 6, 10, 11]]
TARGETS = [[[5, 6], [14, 15]], [[0, 1], [1, 2]], [[12, 13], [2, 3]]]


def main():
    draws = Draws(23010824)
    weight_and_bias = lambda outputs, inputs: {"weight": draws.normal(outputs, inputs, scale=0.2), "bias": draws.normal(outputs, scale=0.2)}
    trainable = join(encoder=vit_parameters(draws, cls_token=False), predictor_embed=weight_and_bias(WIDTH, EMBED_DIM),
                     predictor_blocks=block_parameters(draws, WIDTH, DEPTH, 4),
                     predictor_norm={"weight": draws.normal(WIDTH, scale=0.2, mean=1.0), "bias": draws.normal(WIDTH, scale=0.2)},
                     predictor_proj=weight_and_bias(EMBED_DIM, WIDTH))
    trainable = {name.replace("predictor.", "predictor_", 1): value for name, value in trainable.items()} | {"mask_token": draws.normal(1, 1, WIDTH)}
    teacher = vit_parameters(draws, cls_token=False)
    images = draws.normal(BATCH, IMAGE_SIZE, IMAGE_SIZE, 3)
    positions = sincos_positions(WIDTH, GRID)

    def loss_of(parameters):
        encoder = part(parameters, "encoder.")
        errors = []
        for image, seen, image_targets in zip(images, CONTEXTS, TARGETS):
            with torch.no_grad():
                wanted = encode_tokens(teacher, embed_patches(teacher, image[None]))[0]
                wanted = (wanted - wanted.mean(1, keepdim=True)) / torch.sqrt(wanted.var(1, unbiased=False, keepdim=True) + 1e-5)
            context = encode_tokens(encoder, embed_patches(encoder, image[None])[:, seen])[0]
            context = linear(part(parameters, "predictor_embed."), context) + positions[seen]
            for target in image_targets:  # each by itself
                tokens = torch.cat([context, parameters["mask_token"][0] + positions[target]])
                decoded = blocks(part(parameters, "predictor_blocks."), tokens[None], DEPTH, HEADS)[0, len(seen):]
                predicted = linear(part(parameters, "predictor_proj."), layer_norm(part(parameters, "predictor_norm."), decoded))
                errors.append((predicted - wanted[target]).abs())
        errors = torch.stack(errors)
        return torch.where(errors < 1, errors**2 / 2, errors - 0.5).mean()

    def after_step():
        return {f"teacher.{name}": TEACHER_MOMENTUM * value + (1 - TEACHER_MOMENTUM) * trainable[f"encoder.{name}"] for name, value in teacher.items()}

    options = {"targets": 2, "predictorDim": WIDTH, "predictorDepth": DEPTH, "predictorHeads": HEADS, "minKeep": 2, "teacherMomentum": TEACHER_MOMENTUM}
    write_step(sys.argv[1], options, trainable, {f"teacher.{name}": value for name, value in teacher.items()}, [("global", images)], loss_of,
               after_step=after_step, encoder={**ENCODER, "patchSize": tiny_vit.PATCH_SIZE, "clsToken": False},
               contexts=torch.tensor(CONTEXTS), targets=torch.tensor(TARGETS).flatten(1))


if __name__ == "__main__":
    main()
