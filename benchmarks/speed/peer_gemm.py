"""GFLOP/s of PyTorch's matrix product at given shapes: MKL for float32, oneDNN for bfloat16.

usage: python peer_gemm.py SHAPES --precision float32|bfloat16 --threads N     where SHAPES is JSON, [[m, n, k], …]
Prints one JSON line with the names of `gemm_speed --json`. Operands and result have the precision's type; nothing is converted.
"""
import argparse
import json
import time

import torch

TIMES = 20
CASES = {"A·B": (False, False), "A·Bᵀ": (False, True), "Aᵀ·B": (True, False), "Aᵀ·Bᵀ": (True, True)}


def matrix(rows, columns, transposed, dtype):
    return (torch.randn(columns, rows).t() if transposed else torch.randn(rows, columns)).to(dtype)


def rate(m, n, k, transposed, dtype):
    a, b, c = matrix(m, k, transposed[0], dtype), matrix(k, n, transposed[1], dtype), torch.empty(m, n, dtype=dtype)
    repeats = max(1, 200_000_000 // (m * n * k))
    seconds = float("inf")
    for _ in range(TIMES):
        start = time.perf_counter()
        for _ in range(repeats):
            torch.matmul(a, b, out=c)
        seconds = min(seconds, (time.perf_counter() - start) / repeats)
    return 2 * m * n * k / seconds / 1e9


parser = argparse.ArgumentParser()
parser.add_argument("shapes", type=json.loads)
parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
parser.add_argument("--threads", type=int, required=True)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(0)
products = [
    {"m": m, "n": n, "k": k, "case": case, "precision": options.precision, "gflops": rate(m, n, k, transposed, getattr(torch, options.precision))}
    for m, n, k in options.shapes
    for case, transposed in CASES.items()
]
print(json.dumps({"engine": f"pytorch {torch.__version__}", "threads": options.threads, "products": products}, ensure_ascii=False))
