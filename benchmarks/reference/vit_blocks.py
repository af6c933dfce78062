"""What each block of a ViT gives after the final norm, in float64.

usage: python vit_blocks.py OUT.json      (packages/vit/test/golden/blocks.json)
needs (PyPI): torch==2.15.0, timm==1.0.31, numpy==2.4.6

timm's get_intermediate_layers with its norm (DINO's method of that name), and once more by tiny_vit.py, which must agree within 1e-12.
"""
import json
import sys

import torch
from timm.models.vision_transformer import VisionTransformer

from methods.tiny_vit import EMBED_DIM, HEADS, IMAGE_SIZE, MLP_RATIO, PATCH_SIZE, Draws, block_outputs, block_parameters, embed_patches, encode, layer_norm, part, vit_parameters, with_cls

DEPTH = 5
ENCODER = {"imageSize": IMAGE_SIZE, "patchSize": PATCH_SIZE, "embedDim": EMBED_DIM, "depth": DEPTH, "numHeads": HEADS, "mlpRatio": MLP_RATIO}


def main():
    draws = Draws(2104)
    parameters = {name: value for name, value in vit_parameters(draws).items() if not name.startswith("blocks.")}
    parameters |= {f"blocks.{name}": value for name, value in block_parameters(draws, EMBED_DIM, DEPTH, MLP_RATIO).items()}
    images = draws.normal(2, IMAGE_SIZE, IMAGE_SIZE, 3)
    model = VisionTransformer(img_size=IMAGE_SIZE, patch_size=PATCH_SIZE, embed_dim=EMBED_DIM, depth=DEPTH, num_heads=HEADS,
                              mlp_ratio=MLP_RATIO, num_classes=0, global_pool="token").double().eval()
    model.load_state_dict(parameters)
    with torch.no_grad():
        layers = model.get_intermediate_layers(images.permute(0, 3, 1, 2), DEPTH, return_prefix_tokens=True, norm=True)
        by_timm = [torch.cat([prefix, patches], 1) for patches, prefix in layers]
        outputs = block_outputs(part(parameters, "blocks."), with_cls(parameters, embed_patches(parameters, images)), DEPTH, HEADS)
        for one, other in zip(by_timm, outputs, strict=True):
            assert (one - layer_norm(part(parameters, "norm."), other)).abs().max() < 1e-12
    result = {"encoder": ENCODER, "variables": {name: encode(value) for name, value in parameters.items()}, "images": encode(images),
              "blocks": [encode(tokens) for tokens in by_timm]}
    with open(sys.argv[1], "w") as file:
        json.dump(result, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
