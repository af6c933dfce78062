"""One side of knn-speed.js: k-NN in PyTorch as DINO's eval_knn.py has it (a hundredth of the queries at a time, product, topk, weighted vote), written from its formula.

usage: python peer_knn.py FOLDER K REPEATS --threads N     The last line is one JSON object.
"""
import argparse
import json
import pathlib
import resource
import time

import numpy
import torch
from torch.nn import functional as F

CHUNKS = 100
TEMPERATURE = 0.07


@torch.no_grad()
def top1(train, train_labels, test, test_labels, k, classes):
    bank, queries = F.normalize(train), F.normalize(test)
    size = max(1, len(queries) // CHUNKS)
    right = 0
    for start in range(0, len(queries), size):
        similarities, rows = (queries[start : start + size] @ bank.t()).topk(k, dim=1)  # [size, k]
        votes = torch.zeros(len(rows), classes)
        votes.scatter_add_(1, train_labels[rows], (similarities / TEMPERATURE).exp())
        right += (votes.argmax(1) == test_labels[start : start + size]).sum().item()
    return right / len(queries)


parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("k", type=int)
parser.add_argument("repeats", type=int)
parser.add_argument("--threads", type=int, required=True)
options = parser.parse_args()
torch.set_num_threads(options.threads)
dim = json.loads((options.folder / "features.json").read_text())["dim"]


def read(name):
    values = numpy.fromfile(options.folder / f"{name}-values.bin", dtype=numpy.float32).reshape(-1, dim)
    labels = numpy.fromfile(options.folder / f"{name}-labels.bin", dtype=numpy.int32).astype(numpy.int64)
    return torch.from_numpy(values), torch.from_numpy(labels)


(train, train_labels), (test, test_labels) = read("train"), read("test")
classes = int(train_labels.max()) + 1
top1(train, train_labels, test[:1000], test_labels[:1000], options.k, classes)
times = []
for _ in range(options.repeats):
    started = time.perf_counter()
    accuracy = top1(train, train_labels, test, test_labels, options.k, classes)
    times.append(1000 * (time.perf_counter() - started))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"engine": f"pytorch {torch.__version__}", "threads": options.threads, "times": times, "top1": accuracy, "peak_rss_mb": peak}))
