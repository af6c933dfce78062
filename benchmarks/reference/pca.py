"""Golden file of @ssl-vit/visualize: principal components by NumPy's singular value decomposition of the centered rows in float64 (the package takes
eigenvectors of the covariance), with scikit-learn's rule of signs (svd_flip with u_based_decision=False: the coefficient of largest absolute value is
positive), and Pillow's bicubic enlargement of float32 grids.

    pip install numpy==2.4.6 pillow==12.3.0
    python benchmarks/reference/pca.py packages/visualize/test/golden/pca.json
"""

import json
import sys

import numpy as np
from PIL import Image


def rounded(values, digits=9):
    return [float(f"{value:.{digits}g}") for value in np.asarray(values, dtype=float).ravel()]


def components(name, rows, count):
    rows = rows.astype(np.float32).astype(np.float64)
    mean = rows.mean(0)
    centered = rows - mean
    _, singular, directions = np.linalg.svd(centered, full_matrices=False)
    largest = np.abs(directions).argmax(1)
    directions *= np.sign(directions[np.arange(len(directions)), largest])[:, None]
    variances = singular**2 / (len(rows) - 1)
    return {
        "name": name,
        "shape": list(rows.shape),
        "values": rounded(rows),
        "mean": rounded(mean),
        "components": [rounded(direction) for direction in directions[:count]],
        "variances": rounded(variances[:count]),
        "explained": rounded(variances[:count] / variances.sum()),
        "projected": [rounded(centered @ direction) for direction in directions[:count]],
    }


def enlarged(grid, size):
    height, width = size
    image = Image.fromarray(grid.astype(np.float32), mode="F").resize((width, height), Image.Resampling.BICUBIC)
    return {"grid": list(grid.shape), "values": rounded(grid.astype(np.float32)), "size": [height, width], "enlarged": rounded(np.asarray(image), 7)}


def main(path):
    random = np.random.default_rng(0)
    scales = np.array([5, 3, 2, 1, 0.5, 0.2, 0.1])
    golden = {
        "components": [
            components("tall", random.normal(size=(40, 7)) * scales + random.normal(size=7) * 10, 3),
            # Fewer rows than values, as of one image at a low resolution.
            components("wide", random.normal(size=(6, 11)), 3),
        ],
        "enlarged": [enlarged(random.normal(size=(4, 3)), (12, 15)), enlarged(random.normal(size=(1, 2)), (5, 7))],
    }
    with open(path, "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


main(sys.argv[1])
