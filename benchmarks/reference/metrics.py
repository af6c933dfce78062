"""Golden values for the metrics and the k-NN of @ssl-vit/eval, in float64.

usage: python metrics.py OUT.json      (packages/eval/test/golden/metrics.json)
needs (PyPI): torch==2.15.0, lightly==1.6.0, numpy==2.4.6

The cases are those of losses.py, without gradients.

By others' code, and once more by the formula, which must agree within 1e-12: alignment and uniformity (lightly's HypersphereLoss, which adds
the two), knnPredict (lightly's knn_predict; a vote counted out).
Restated: rankMe, equation 1 of arXiv 2210.02885, with torch's singular values. Without its epsilon it is the exponential of the entropy that
torch's Categorical gives, within 1e-4.
"""
import sys

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
