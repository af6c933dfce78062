"""Training steps of methods that compare views, in PyTorch on the "meta" device.

Each function builds its networks for a size and gives (networks that are trained, encoder, loss). The losses are the papers'; `published` asks for the way the
authors compute them, else for the way with the fewest operations that is known here, the values being the same.
"""
import torch
from torch import nn
from torch.nn import functional as F

from peer_networks import Encoder, images, local_side, perceptron, teacher


def two_views(setting):
    return [images(setting.batch, setting.image_size) for _ in range(2)]


def simclr(setting, published):
    """arXiv 2002.05709; google-research/simclr (objective.py, model_util.py)."""
    encoder = Encoder(setting.size, setting.image_size, setting.patch_size)
    width = encoder.embed_dim
    projector = perceptron([width, width, width, 128], hidden_bias=False, output_bias=False, output_norm="scale")

    def loss():
        a, b = F.normalize(projector(encoder.cls(torch.cat(two_views(setting)))), dim=1).chunk(2)
        return sum(torch.logsumexp(torch.cat([x @ y.T, x @ x.T], 1), 1).mean() for x, y in ((a, b), (b, a)))

    return (encoder, projector), encoder, loss


def predicted(setting, fixed_positions, heads, compare):
    """A student with a predictor, and a teacher without: MoCo v3 and BYOL."""

    def network():
        encoder = Encoder(setting.size, setting.image_size, setting.patch_size, fixed_positions=fixed_positions)
        return nn.ModuleDict({"encoder": encoder, "projector": heads(encoder.embed_dim)})

    student, target, predictor = network(), teacher(network), heads(256, predictor=True)
    project = lambda owner, view: owner["projector"](owner["encoder"].cls(view))

    def loss():
        views = two_views(setting)
        predictions = [predictor(project(student, view)) for view in views]
        with torch.no_grad():
            targets = [project(target, view) for view in views]
        return compare(predictions[0], targets[1]) + compare(predictions[1], targets[0])

    return (student, predictor), student["encoder"], loss


def moco(setting, published):
    """MoCo v3, arXiv 2104.02057; facebookresearch/moco-v3 (moco/builder.py, vits.py): the patch embedding stays at its random start."""
    heads = lambda width, predictor=False: perceptron([width, *([4096] if predictor else [4096, 4096]), 256], hidden_bias=False, output_bias=False, output_norm="plain")
    contrast = lambda query, key: F.cross_entropy(F.normalize(query, dim=1) @ F.normalize(key, dim=1).T, torch.zeros(len(query), dtype=torch.long))
    modules, encoder, loss = predicted(setting, True, heads, contrast)
    encoder.patch_embed.requires_grad_(False)
    return modules, encoder, loss


def byol(setting, published):
    """arXiv 2006.07733; google-deepmind/deepmind-research (byol/utils/networks.py)."""
    heads = lambda width, predictor=False: perceptron([width, 4096, 256], output_bias=False)
    regression = lambda prediction, target: (F.normalize(prediction, dim=1) - F.normalize(target, dim=1)).square().sum(1).mean()
    return predicted(setting, False, heads, regression)


def simsiam(setting, published):
    """arXiv 2011.10566; facebookresearch/simsiam (simsiam/builder.py). The bias of the projector's last layer, which is frozen there, is left out."""
    encoder = Encoder(setting.size, setting.image_size, setting.patch_size)
    width = encoder.embed_dim
    projector = perceptron([width, width, width, 2048], hidden_bias=False, output_bias=False, output_norm="plain")
    predictor = perceptron([2048, 512, 2048], hidden_bias=False)

    def loss():
        projections = [projector(encoder.cls(view)) for view in two_views(setting)]
        predictions = [predictor(projection) for projection in projections]
        return -sum(F.cosine_similarity(p, z.detach()).mean() for p, z in zip(predictions, reversed(projections))) / 2

    return (encoder, projector, predictor), encoder, loss


def squared_cross_product(a, b, published):
    """Sum of the squares of aᵀ·b: that matrix itself, or, with fewer rows than columns, from the two of rows times rows."""
    if published or len(a) >= a.shape[1]:
        return (a.T @ b).square().sum()
    return ((a @ a.T) * (b @ b.T)).sum()


def barlow_twins(setting, published):
    """arXiv 2103.03230; facebookresearch/barlowtwins (main.py)."""
    encoder = Encoder(setting.size, setting.image_size, setting.patch_size)
    projector = perceptron([encoder.embed_dim, 8192, 8192, 8192], hidden_bias=False, output_bias=False)
    standard = nn.BatchNorm1d(8192, affine=False)

    def loss():
        first, second = (standard(projector(encoder.cls(view))) for view in two_views(setting))
        diagonal = (first * second).mean(0)
        return (diagonal - 1).square().sum() + 0.0051 * (squared_cross_product(first, second, published) / setting.batch**2 - diagonal.square().sum())

    return (encoder, projector), encoder, loss


def vicreg(setting, published):
    """arXiv 2105.04906; facebookresearch/vicreg (main_vicreg.py)."""
    encoder = Encoder(setting.size, setting.image_size, setting.patch_size)
    expander = perceptron([encoder.embed_dim, 8192, 8192, 8192], output_bias=False)

    def loss():
        first, second = (expander(encoder.cls(view)) for view in two_views(setting))
        total = 25 * (first - second).square().mean()
        for z in (first, second):
            z = z - z.mean(0)
            covariances = squared_cross_product(z, z, published) / (setting.batch - 1) ** 2 - z.var(0).square().sum()
            total = total + 12.5 * torch.relu(1 - torch.sqrt(z.var(0) + 1e-4)).mean() + covariances / z.shape[1]
        return total

    return (encoder, expander), encoder, loss


def lejepa(setting, published):
    """arXiv 2511.08544; rbalestr-lab/lejepa (MINIMAL.md): four views, 256 directions, 17 knots. The projector starts at [CLS]."""
    encoder = Encoder(setting.size, setting.image_size, setting.patch_size)
    projector = perceptron([encoder.embed_dim, 2048, 2048, 16])

    def loss():
        views = torch.cat([images(setting.batch, setting.image_size) for _ in range(4)])
        embeddings = projector(encoder.cls(views)).unflatten(0, (4, setting.batch))  # [V, B, K]
        directions = F.normalize(torch.empty(256, 16), dim=1)
        knots = torch.linspace(0, 3, 17)
        angles = (embeddings @ directions.T)[..., None] * knots  # [V, B, M, T]
        error = (angles.cos().mean(1) - torch.exp(-knots.square() / 2)).square() + angles.sin().mean(1).square()
        return 0.98 * (embeddings - embeddings.mean(0)).square().mean() + 0.02 * torch.trapezoid(error, knots).mean()

    return (encoder, projector), encoder, loss


def swav(setting, published):
    """arXiv 2006.09882; facebookresearch/swav (main_swav.py), with the queue of 3840 that a batch of 256 has."""
    encoder = Encoder(setting.size, setting.image_size, setting.patch_size)
    projector = perceptron([encoder.embed_dim, 2048, 128])
    prototypes = nn.Linear(128, 3000, bias=False)
    side = local_side(setting.image_size, setting.patch_size)

    def loss():
        features = [encoder.cls(torch.cat(two_views(setting))), encoder.cls(images(6 * setting.batch, side))]
        scores = prototypes(F.normalize(projector(torch.cat(features)), dim=1)).unflatten(0, (8, setting.batch))
        total = 0.0
        for view in range(2):
            with torch.no_grad():
                rows = torch.cat([prototypes(torch.empty(3840, 128)), scores[view]])
                for _ in range(3):
                    rows = rows / rows.sum(0, keepdim=True)
                    rows = rows / rows.sum(1, keepdim=True)
            others = [other for other in range(8) if other != view]
            total = total - sum((rows[-setting.batch:] * F.log_softmax(scores[other] / 0.1, 1)).sum(1).mean() for other in others)
        return total / 14

    return (encoder, projector, prototypes), encoder, loss
