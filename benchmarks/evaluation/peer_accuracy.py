"""The other side of accuracy.js: the same features judged by lightly and scikit-learn.

usage: python peer_accuracy.py TRAIN.safetensors TEST.safetensors --k 20 200 --temperature 0.07 --weight-decay 0.01     The last line is one JSON object.

knn: shares of right answers by "k temperature": lightly's knn_predict, and scikit-learn's KNeighborsClassifier with cosine distance and votes exp(similarity / temperature).
logistic: by weight decay: scikit-learn's LogisticRegression with the same objective: mean cross-entropy + weight decay / 2 · ‖weights‖² is C = 1 / (weight decay · images), on
features standardised by the training images.
"""
import argparse
import json

import numpy as np
import torch
from lightly.utils.benchmarking import knn_predict
from safetensors.numpy import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from torch.nn import functional as F

CHUNK = 500

parser = argparse.ArgumentParser()
parser.add_argument("train")
parser.add_argument("test")
parser.add_argument("--k", type=int, nargs="+", required=True)
parser.add_argument("--temperature", type=float, nargs="+", required=True)
parser.add_argument("--weight-decay", type=float, nargs="+", required=True)
options = parser.parse_args()
(train, train_labels), (test, test_labels) = ((data["embeddings"], data["labels"]) for data in map(load_file, (options.train, options.test)))
classes = int(train_labels.max()) + 1


def by_lightly(k, temperature):
    bank, labels = F.normalize(torch.from_numpy(train)).T.contiguous(), torch.from_numpy(train_labels).long()
    chunks = F.normalize(torch.from_numpy(test)).split(CHUNK)
    predictions = torch.cat([knn_predict(chunk, bank, labels, classes, k, temperature)[:, 0] for chunk in chunks])
    return float((predictions.numpy() == test_labels).mean())


def by_scikit_learn(k, temperature):
    # Divided by the nearest one's weight, as exp(1 / 0.01) is no float32.
    weights = lambda distances: np.exp((distances.min(1, keepdims=True) - distances) / temperature)
    neighbors = KNeighborsClassifier(k, weights=weights, algorithm="brute", metric="cosine").fit(train, train_labels)
    return float(neighbors.score(test, test_labels))


def logistic(weight_decay):
    scaler = StandardScaler().fit(train.astype(np.float64))
    regression = LogisticRegression(C=1 / (weight_decay * len(train)), tol=1e-6, max_iter=5000)
    regression.fit(scaler.transform(train.astype(np.float64)), train_labels)
    return float(regression.score(scaler.transform(test.astype(np.float64)), test_labels))


knn = {f"{k} {temperature}": {"lightly": by_lightly(k, temperature), "scikit-learn": by_scikit_learn(k, temperature)} for k in options.k for temperature in options.temperature}
print(json.dumps({"knn": knn, "logistic": {str(decay): {"scikit-learn": logistic(decay)} for decay in options.weight_decay}}))
