"""Training steps of methods whose student predicts a teacher's prototypes, in PyTorch on the "meta" device. As in peer_joint.py."""
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import masks
from peer_networks import Encoder, PrototypeHead, images, local_side, perceptron, teacher

#: Images whose masks are drawn to know how much of a batch is masked.
DRAWS = 4000


def pair(setting, head_of, **options):
    def network():
        encoder = Encoder(setting.size, setting.image_size, setting.patch_size, **options)
        return nn.ModuleDict({"encoder": encoder, "head": head_of(encoder.embed_dim)})

    return network(), teacher(network)


def local_cls(setting, student, count):
    """[CLS] of the local views, [count·B, D]."""
    return student["encoder"].cls(images(count * setting.batch, local_side(setting.image_size, setting.patch_size)))


def view_cross_entropy(scores, targets, batch):
    """Mean over pairs of different views."""
    scores, targets = F.log_softmax(scores.unflatten(0, (-1, batch)) / 0.1, -1), targets.unflatten(0, (-1, batch)).softmax(-1)
    pairs = [(v, t) for v in range(len(scores)) for t in range(len(targets)) if v != t]
    return -sum((targets[t] * scores[v]).sum(-1).mean() for v, t in pairs) / len(pairs)


def dino(setting, published):
    """arXiv 2104.14294; facebookresearch/dino (main_dino.py): 2 global and 8 local views, 65,536 prototypes."""
    student, target = pair(setting, lambda width: PrototypeHead(width, 65_536, learned_lengths=True))

    def loss():
        globals_ = images(2 * setting.batch, setting.image_size)
        with torch.no_grad():
            targets = target["head"](target["encoder"].cls(globals_))
        features = torch.cat([student["encoder"].cls(globals_), local_cls(setting, student, 8)])
        return view_cross_entropy(student["head"](features), targets, setting.batch)

    return (student,), student["encoder"], loss


def patch_loss(scores, targets):
    return -(targets.softmax(-1) * F.log_softmax(scores / 0.1, -1)).sum(-1).mean()


def ibot(setting, published):
    """
    arXiv 2111.07832; bytedance/ibot (main_ibot.py, models/head.py): 2 global and 10 local views, a head of 8192 prototypes for [CLS] and patches. The authors
    score every patch of both networks; only masked ones count. The teacher's perceptron sees all of them in any case, for the center.
    """
    student, target = pair(setting, lambda width: PrototypeHead(width, 8192, learned_lengths=True))
    mask_token = nn.Parameter(torch.empty(1, student["encoder"].embed_dim))
    grid, patches = student["encoder"].grid, student["encoder"].patches
    smallest = (min(grid) // 3) ** 2
    shares = [masks.block_mask(grid, patches * masks.rng.uniform(0.1, 0.5), smallest).mean() / 2 for _ in range(DRAWS)]  # half of the views have no mask
    count = 2 * setting.batch * patches if published else round(2 * setting.batch * patches * float(np.mean(shares)))

    def loss():
        globals_ = images(2 * setting.batch, setting.image_size)
        some = lambda tokens: tokens[:, 1:].flatten(0, 1)[:count]
        with torch.no_grad():
            tokens = target["encoder"].forward_features(globals_)
            head = target["head"]
            embedded = F.normalize(head.mlp(tokens.flatten(0, 1)), dim=-1).unflatten(0, tokens.shape[:2])
            score = lambda rows: F.linear(rows, F.normalize(head.directions, dim=1) * head.lengths)
            cls_targets, patch_targets = score(embedded[:, 0]), score(some(embedded))
        encoder = student["encoder"]
        tokens = encoder.encode(encoder.embed(globals_, mask_token))
        cls = torch.cat([tokens[:, 0], local_cls(setting, student, 10)])
        return view_cross_entropy(student["head"](cls), cls_targets, setting.batch) + patch_loss(student["head"](some(tokens)), patch_targets)

    modules = (student, nn.ParameterList([mask_token]))
    return modules, student["encoder"], loss


def dinov2(setting, published):
    """arXiv 2304.07193; facebookresearch/dinov2 (vitl16_short): 2 global and 8 local views, one head of 65,536 prototypes, LayerScale. Half of the global views are masked."""
    student, target = pair(setting, lambda width: PrototypeHead(width, 65_536, learned_lengths=True), layer_scale=1e-5)
    mask_token = nn.Parameter(torch.empty(1, student["encoder"].embed_dim))
    grid, patches = student["encoder"].grid, student["encoder"].patches
    wanted = lambda draw: int(patches * (0.1 + 0.4 * (draw + masks.rng.random()) / DRAWS))
    masked = np.mean([masks.block_mask(grid, wanted(draw), 4, patches / 2).sum() for draw in range(DRAWS)])
    count = round(setting.batch * float(masked))

    def koleo(rows):
        rows = F.normalize(rows, dim=1)
        with torch.no_grad():
            nearest = (rows @ rows.T).argmax(1)
        return -torch.log((rows - rows[nearest]).norm(dim=1) + 1e-8).mean()

    def loss():
        globals_ = images(2 * setting.batch, setting.image_size)
        some = lambda tokens: tokens[:, 1:].flatten(0, 1)[:count]
        with torch.no_grad():
            tokens = target["encoder"].forward_features(globals_)
            cls_targets, patch_targets = target["head"](tokens[:, 0]), target["head"](some(tokens))
        encoder = student["encoder"]
        tokens = encoder.encode(encoder.embed(globals_, mask_token))
        cls = torch.cat([tokens[:, 0], local_cls(setting, student, 8)])
        spread = sum(koleo(view) for view in tokens[:, 0].chunk(2))
        return view_cross_entropy(student["head"](cls), cls_targets, setting.batch) + patch_loss(student["head"](some(tokens)), patch_targets) + 0.1 * spread

    return (student, nn.ParameterList([mask_token])), student["encoder"], loss


def msn(setting, published):
    """arXiv 2204.07141; facebookresearch/msn (msn_vits16.yaml, src/losses.py): a target view, a random view of which 85 % of the patches are seen, 10 focal views."""
    student, target = pair(setting, lambda width: perceptron([width, 2048, 2048, 256], activation=nn.GELU))
    prototypes = nn.Parameter(torch.empty(1024, 256))
    kept = math.floor(student["encoder"].patches * (1 - 0.15))

    def loss():
        view = lambda: images(setting.batch, setting.image_size)
        encoder = student["encoder"]
        random = encoder.encode(encoder.embed(view())[:, :kept])[:, 0]
        anchors = torch.cat([student["head"](random), student["head"](local_cls(setting, student, 10))])
        directions = F.normalize(prototypes, dim=1)
        predicted = (F.normalize(anchors, dim=1) @ directions.T / 0.1).softmax(1)
        with torch.no_grad():
            targets = (F.normalize(target["head"](target["encoder"].cls(view())), dim=1) @ directions.T / 0.025).softmax(1).repeat(11, 1)
        mean = predicted.mean(0)
        return -(targets * predicted.log()).sum(1).mean() + (mean * mean.log()).sum()

    return (student, nn.ParameterList([prototypes])), student["encoder"], loss
