"""Golden values for the retrieval and the few-shot classifiers of @ssl-vit/eval, in float64.

usage: python evaluation.py OUT.json      (packages/eval/test/golden/evaluation.json)
needs (PyPI): torch==2.15.0, scikit-learn==1.9.1, numpy==2.4.6

The cases are those of losses.py, without gradients.

retrieval: [recall@1, recall@3, recall@10, mAP, MAP@R] of queries and a gallery with classes; with `same`, queries are the gallery and leave themselves
out. The average precision is scikit-learn's, and once more torchmetrics' definition (the mean over the right ones of right so far / rank, of equal
similarities the last rank), which must agree within 1e-12. Recall and MAP@R (Musgrave et al., arXiv 2003.08505, equation 5) restated by sorting, of
equal similarities the wrong ones first.
fewShot: [accuracy of the logistic regression, accuracy of the nearest centroid] with all training images. The regression is scikit-learn's with
C = 0.1, on the mean cross-entropy a weight decay of 10 / images, on standardised features; the centroids restated.
"""
import sys

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import StandardScaler
from torch.nn import functional as F

from losses import agreed, case, draws, unequal, write

#: How far apart what decides must be, so that float32 decides the same: cosines of a right and a wrong image, scores of two classes.
MARGIN = 1e-5
KS = (1, 3, 10)


def average_precision(cosines, right):
    by_scikit_learn = average_precision_score(right.numpy(), cosines.numpy())
    precisions = [(right & (cosines >= value)).sum() / (cosines >= value).sum() for value in cosines[right]]
    return agreed(torch.tensor(by_scikit_learn), torch.stack(precisions).double().mean())


def retrieval(queries, query_labels, gallery, gallery_labels, same=False):
    rows = []
    for index, query in enumerate(F.normalize(queries)):
        cosines = F.normalize(gallery) @ query
        right = gallery_labels == query_labels[index]
        if same:
            others = torch.arange(len(gallery)) != index
            cosines, right = cosines[others], right[others]
        # The same rows give the same cosines but for rounding.
        cosines = (cosines * 2**40).round() / 2**40
        gaps = (cosines[right][:, None] - cosines[~right][None]).abs()
        assert ((gaps == 0) | (gaps > MARGIN)).all(), "right and wrong ones are equal or apart"
        order = sorted(range(len(cosines)), key=lambda row: (-cosines[row], bool(right[row])))
        hits = right[order].double()
        count = int(hits.sum())
        precisions = hits.cumsum(0) / torch.arange(1, len(hits) + 1)
        at_r = (precisions * hits)[:count].sum() / count
        rows.append([*(float(hits[:k].any()) for k in KS), average_precision(cosines, right), at_r])
    return torch.tensor(rows, dtype=torch.float64).mean(0)


def few_shot(train, labels, test, test_labels):
    scaler = StandardScaler().fit(train.numpy())
    regression = LogisticRegression(C=0.1, tol=1e-10, max_iter=10_000).fit(scaler.transform(train.numpy()), labels.numpy())
    scores = torch.from_numpy(regression.decision_function(scaler.transform(test.numpy())))
    normal = F.normalize(train)
    centroids = F.normalize(torch.stack([normal[labels == label].sum(0) for label in labels.unique()]))
    cosines = F.normalize(test) @ centroids.T
    accuracies = []
    for values in (scores, cosines):
        first, second = values.topk(2, dim=1).values.T
        assert (first - second > 100 * MARGIN).all(), "the first class is one"
        accuracies.append((values.argmax(1) == test_labels).double().mean())
    return torch.stack(accuracies)


def clusters(draw, rows, dim, classes, spread):
    """Rows around a centre for each class."""
    labels = torch.arange(rows, dtype=torch.int32) % classes
    return lambda centers: (centers[labels.long()] + draw(rows, dim, scale=spread), labels)


def main():
    draw = draws(26110321)
    cases = []
    for gallery_rows, query_rows, dim, classes in [(40, 9, 5, 4), (12, 6, 3, 3), (60, 10, 8, 2)]:
        centers = draw(classes, dim)
        gallery, gallery_labels = clusters(draw, gallery_rows, dim, classes, 1.5)(centers)
        queries, query_labels = clusters(draw, query_rows, dim, classes, 1.5)(centers)
        cases.append(case(retrieval, "retrieval", [unequal(queries), query_labels, unequal(gallery), gallery_labels]))
    centers = draw(4, 6)
    rows, labels = clusters(draw, 30, 6, 4, 1.0)(centers)
    cases.append(case(retrieval, "retrieval", [rows, labels, rows, labels], same=True))
    # Each image three times, in other classes: what is equal cannot be told apart.
    rows, labels = draw(8, 4).repeat(3, 1), torch.arange(24, dtype=torch.int32) % 5
    queries, query_labels = draw(6, 4), torch.arange(6, dtype=torch.int32) % 5
    cases.append(case(retrieval, "retrieval", [queries, query_labels, rows, labels]))
    for rows, dim, classes in [(30, 6, 3), (12, 20, 4), (80, 5, 5)]:
        centers = draw(classes, dim)
        train, labels = clusters(draw, rows, dim, classes, 2.0)(centers)
        test, test_labels = clusters(draw, 40, dim, classes, 2.0)(centers)
        cases.append(case(few_shot, "fewShot", [train, labels, test, test_labels]))
    write(sys.argv[1], cases)


if __name__ == "__main__":
    main()
