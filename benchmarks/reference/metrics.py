"""Golden values for the metrics and the k-NN of @ssl-vit/eval, in float64.

usage: python metrics.py OUT.json      (packages/eval/test/golden/metrics.json)
needs (PyPI): torch==2.15.0, lightly==1.6.0, numpy==2.4.6, scipy==1.17.1

The cases are those of losses.py, without gradients.

By others' code, and once more by the formula, which must agree within 1e-12: alignment and uniformity (lightly's HypersphereLoss, which adds
the two), knnPredict (lightly's knn_predict; a vote counted out).
Restated twice, the two statements agreeing within 1e-12: lidar, Section 3 of arXiv 2312.04000 with the inverse square root of Σ_w by torch's eigh, and
by SciPy's generalised eigenvalues of Σ_b and Σ_w; alphaReq, the weighted normal equations of fastssl's stringer_get_powerlaw, and NumPy's polyfit;
effectiveRank, definition 1 of Roy and Vetterli with the singular values of NumPy's covariance, and torch's Categorical with those of the rows.
Restated: rankMe, equation 1 of arXiv 2210.02885, with torch's singular values. Without its epsilon it is the exponential of the entropy that
torch's Categorical gives, within 1e-4.
"""
import sys

import numpy as np
import scipy.linalg
import torch
from lightly.loss.hypersphere_loss import HypersphereLoss
from lightly.utils.benchmarking import knn_predict
from torch.nn import functional as F

from losses import agreed, case, draws, unequal, write

#: How far apart what decides a vote must be, so that float32 decides the same: shares of the votes, and cosines of neighbours.
MARGIN = 1e-4


def rank_me(embeddings):
    values = torch.linalg.svdvals(embeddings)
    shares = values / values.sum() + 1e-7
    rank = torch.exp(-(shares * shares.log()).sum())
    entropy = torch.distributions.Categorical(probs=values / values.sum()).entropy()
    assert abs(rank - entropy.exp()) < 1e-4 * rank, (rank, entropy.exp())
    return rank


def spectrum(embeddings):
    """Eigenvalues of the covariance, largest first."""
    return torch.linalg.svdvals(embeddings - embeddings.mean(0)).square() / len(embeddings)


def effective_rank(embeddings):
    values = np.linalg.svd(np.cov(embeddings.numpy().T, bias=True), compute_uv=False)
    shares = values / values.sum()
    by_definition = torch.tensor(np.exp(-sum(share * np.log(share) for share in shares if share > 0)))
    return agreed(torch.distributions.Categorical(probs=spectrum(embeddings)).entropy().exp(), by_definition)


# `from` is a word of Python.
def alpha_req(embeddings, **fit):
    first, last = fit.get("from", 4), min(fit.get("to", 100), *embeddings.shape)
    ranks = np.arange(first, last + 1)
    logs = spectrum(embeddings).log().numpy()[ranks - 1]
    x = np.stack([-np.log(ranks), np.ones(len(ranks))], 1)
    weights = 1 / ranks[:, None]
    by_equations = np.linalg.solve(x.T @ (weights * x), (weights * x).T @ logs)[0]
    by_numpy = -np.polyfit(np.log(ranks), logs, 1, w=ranks**-0.5)[0]
    return agreed(torch.tensor(by_equations), torch.tensor(by_numpy))


def lidar(embeddings, delta=1e-4):
    images, views, dim = embeddings.shape
    means = embeddings.mean(1)
    between = torch.cov(means.T)
    within = sum(torch.cov(rows.T) for rows in embeddings) / images + delta * torch.eye(dim)
    values, vectors = torch.linalg.eigh(within)
    root = vectors @ torch.diag(values**-0.5) @ vectors.T
    rank_of = lambda eigenvalues: torch.distributions.Categorical(probs=torch.as_tensor(eigenvalues).clamp(min=0)).entropy().exp()
    by_root = rank_of(torch.linalg.eigvalsh(root @ between @ root))
    return agreed(by_root, rank_of(scipy.linalg.eigh(between.numpy(), within.numpy(), eigvals_only=True)))


def alignment(z0, z1, alpha=2.0):
    by_lightly = HypersphereLoss(lam=0.0, alpha=alpha)(z0, z1)
    distances = [sum((a - b) ** 2 for a, b in zip(x, y)) ** 0.5 for x, y in zip(F.normalize(z0), F.normalize(z1))]
    return agreed(by_lightly, sum(distance**alpha for distance in distances) / len(distances))


def uniformity(embeddings, t=2.0):
    by_lightly = HypersphereLoss(t=t)(embeddings, embeddings)  # the alignment of a view with itself is 0
    rows = F.normalize(embeddings)
    pairs = [torch.exp(-t * (x - y).square().sum()) for index, x in enumerate(rows) for y in rows[:index]]
    return agreed(by_lightly, torch.stack(pairs).mean().log())


def knn(bank, labels, queries, k, temperature, numClasses):
    bank, queries = F.normalize(bank), F.normalize(queries)
    by_lightly = knn_predict(queries, bank.T, labels.long(), numClasses, k, temperature)[:, 0]
    classes = []
    for query in queries:
        cosines = bank @ query
        order = cosines.argsort(descending=True).tolist()
        assert k == len(bank) or cosines[order[k - 1]] - cosines[order[k]] > MARGIN, "the last neighbour is one"
        votes = torch.zeros(numClasses)
        for row in order[:k]:
            votes[labels[row]] += torch.exp(cosines[row] / temperature)
        first, second = (votes / votes.sum()).topk(2).values
        assert first - second > MARGIN, "the first class is one"
        classes.append(int(votes.argmax()))
    return agreed(by_lightly, torch.tensor(classes)).int()


def main():
    draw = draws(22100288)
    # Of rank 2: products of eighths, exact in float32.
    flat = (8 * draw(12, 2)).round() / 8 @ (8 * draw(2, 5)).round() / 8
    wide = draw(16, 4) * torch.tensor([8.0, 2.0, 0.5, 0.125])
    cases = [case(rank_me, "rankMe", [rows]) for rows in (draw(24, 7), draw(6, 10), flat, wide)]
    cases += [case(effective_rank, "effectiveRank", [rows]) for rows in (draw(24, 7) + 3, draw(6, 10), flat + 1, wide)]
    for rows, dim, options in [(40, 12, {}), (30, 9, {"from": 1, "to": 6}), (25, 8, {"from": 3, "to": 50})]:
        cases.append(case(alpha_req, "alphaReq", [draw(rows, dim) * 2.0 ** -torch.arange(dim) + 1], **options))
    for images, views, dim, options in [(20, 4, 6, {}), (5, 3, 9, {}), (12, 2, 4, {"delta": 0.5})]:
        cases.append(case(lidar, "lidar", [2 * draw(images, 1, dim) + draw(images, views, dim) / 4], **options))
    for rows, dim, options in [(6, 5, {}), (4, 8, {"alpha": 1.0}), (7, 3, {"alpha": 3.5})]:
        cases.append(case(alignment, "alignment", [unequal(draw(rows, dim)), draw(rows, dim)], **options))
    for rows, dim, options in [(12, 5, {}), (8, 3, {"t": 0.5}), (2, 4, {"t": 1.0}), (9, 6, {"t": 5.0})]:
        cases.append(case(uniformity, "uniformity", [unequal(draw(rows, dim))], **options))
    for rows, dim, count, k, temperature, classes in [(40, 6, 12, 7, 0.07, 5), (15, 4, 8, 15, 0.5, 3), (20, 3, 8, 1, 0.1, 4), (24, 5, 8, 10, 0.02, 6)]:
        labels = torch.arange(rows, dtype=torch.int32) // 3 % classes
        options = {"k": k, "temperature": temperature, "numClasses": classes}
        cases.append(case(knn, "knnPredict", [unequal(draw(rows, dim)), labels, unequal(draw(count, dim))], **options))
    write(sys.argv[1], cases)


if __name__ == "__main__":
    main()
