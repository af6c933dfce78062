"""Training steps of methods that predict masked patches, in PyTorch on the "meta" device. As in peer_joint.py."""
import functools

import numpy as np
import torch
from timm.models.vision_transformer import Block
from torch import nn
from torch.nn import functional as F

import masks
from peer_networks import SIZES, Decoder, Encoder, images, perceptron, rounded_up, teacher


def pixels(setting):
    return setting.patch_size**2 * 3


def mae(setting, published):
    """arXiv 2111.06377; facebookresearch/mae (models_mae.py)."""
    encoder = Encoder(setting.size, setting.image_size, setting.patch_size, fixed_positions=True)
    decoder = Decoder(encoder.embed_dim, encoder.patches, pixels(setting), dim=512, depth=8, heads=16)
    kept = int(encoder.patches * (1 - 0.75))

    def loss():
        visible = encoder.embed(images(setting.batch, setting.image_size))[:, :kept]
        return decoder(encoder.encode(visible))[:, kept:].square().mean()

    return (encoder, decoder), encoder, loss


def simmim(setting, published):
    """arXiv 2111.09886; microsoft/SimMIM (models/simmim.py), with LayerScale; positions are timm's, the authors' a relative bias."""
    encoder = Encoder(setting.size, setting.image_size, setting.patch_size, layer_scale=0.1)
    head = nn.Conv2d(encoder.embed_dim, pixels(setting), 1)
    mask_token = nn.Parameter(torch.empty(1, 1, encoder.embed_dim))

    def loss():
        tokens = encoder.encode(encoder.embed(images(setting.batch, setting.image_size), mask_token))[:, 1:]
        return F.pixel_shuffle(head(tokens.transpose(1, 2).unflatten(2, encoder.grid)), setting.patch_size).abs().mean()

    return (encoder, head, nn.ParameterList([mask_token])), encoder, loss


def data2vec(setting, published):
    """
    arXiv 2202.03555; facebookresearch/data2vec_vision (engine_for_cyclical.py, modeling_cyclical.py), with LayerScale; positions are timm's. The authors' head sees
    masked patches alone.
    """
    build = lambda: Encoder(setting.size, setting.image_size, setting.patch_size, layer_scale=1e-4)
    encoder, target = build(), teacher(build)
    head = nn.Linear(encoder.embed_dim, encoder.embed_dim)
    mask_token = nn.Parameter(torch.empty(1, 1, encoder.embed_dim))
    patches = encoder.patches
    wanted = round(patches * 120 / 196)
    masked = np.mean([masks.block_mask(encoder.grid, wanted, 16 if patches == 196 else (min(encoder.grid) // 3) ** 2).sum() for _ in range(2000)])
    count = round(setting.batch * float(masked)) if published else setting.batch * patches

    def loss():
        view = images(setting.batch, setting.image_size)
        with torch.no_grad():
            target.encode(target.embed(view))
        tokens = encoder.encode(encoder.embed(view, mask_token))[:, 1:]
        return head(tokens.flatten(0, 1)[:count]).square().mean()

    return (encoder, head, nn.ParameterList([mask_token])), encoder, loss


class Predictor(nn.Module):
    """VisionTransformerPredictor of facebookresearch/ijepa (src/models/vision_transformer.py), 12 blocks of 384."""

    def __init__(self, width, heads, dim=384, depth=12):
        super().__init__()
        self.predictor_embed = nn.Linear(width, dim)
        self.mask_token = nn.Parameter(torch.empty(1, 1, dim))
        self.blocks = nn.Sequential(*[Block(dim, heads, qkv_bias=True) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.proj = nn.Linear(dim, width)

    def forward(self, context, targets, length):
        """[B, M, D] → [T·B, N, D]"""
        seen = self.predictor_embed(context).repeat(targets, 1, 1)
        asked = self.mask_token.expand(len(seen), length, -1)
        return self.proj(self.norm(self.blocks(torch.cat([seen, asked], 1)))[:, seen.shape[1]:])


@functools.lru_cache
def drawn_lengths(grid, batch):
    """Patches of a context and of a target, for each of many batches: their sizes are drawn anew for each."""
    lengths = []
    for _ in range(256):
        _, contexts, (height, width) = masks.multi_block_batch(grid, batch)
        lengths.append((int(contexts[0].sum()), height * width))
    return lengths


def ijepa(setting, published):
    """arXiv 2301.08243; facebookresearch/ijepa (src/train.py). `loss.draws` are what the loss may be called with."""
    build = lambda: Encoder(setting.size, setting.image_size, setting.patch_size, cls_token=False, fixed_positions=True)
    encoder, target = build(), teacher(build)
    predictor = Predictor(encoder.embed_dim, SIZES[setting.size][2])

    def loss(lengths):
        context, length = lengths
        view = images(setting.batch, setting.image_size)
        with torch.no_grad():
            target.encode(target.embed(view))
        seen = encoder.encode(encoder.embed(view)[:, :context])
        return predictor(seen, 4, length).square().mean()

    loss.draws = drawn_lengths(encoder.grid, setting.batch)
    return (encoder, predictor), encoder, loss


def cmae(setting, published):
    """arXiv 2207.13532; ZhichengHuang/CMAE (configs/pre-training/cmae, cmae/models): two decoders, a projector, a predictor, a teacher of the whole image."""
    build = lambda: Encoder(setting.size, setting.image_size, setting.patch_size, fixed_positions=True)
    encoder, target = build(), teacher(build)
    width = encoder.embed_dim
    neck = lambda inputs: perceptron([inputs, 1536, 256], output_bias=False)
    projector, target_projector, predictor = neck(width), teacher(lambda: neck(width)), neck(256)
    pixel_decoder = Decoder(width, encoder.patches, pixels(setting), dim=512, depth=8, heads=16)
    feature_decoder = Decoder(width, encoder.patches, width, dim=512, depth=2, heads=16)
    units = encoder.patches // 4  # of 2 × 2 patches
    kept = 4 * (units - rounded_up(0.65, units))

    def loss():
        tokens = encoder.encode(encoder.embed(images(setting.batch, setting.image_size))[:, :kept])
        prediction = predictor(projector(feature_decoder(tokens).mean(1)))
        with torch.no_grad():
            whole = target_projector(target.encode(target.embed(images(setting.batch, setting.image_size)))[:, 1:].mean(1))
        contrast = F.cross_entropy(F.normalize(prediction, dim=1) @ F.normalize(whole, dim=1).T, torch.zeros(setting.batch, dtype=torch.long))
        return pixel_decoder(tokens).square().mean() + contrast

    return (encoder, projector, predictor, pixel_decoder, feature_decoder), encoder, loss
