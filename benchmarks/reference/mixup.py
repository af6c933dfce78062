"""Golden file of @ssl-vit/augment's mixBatch: timm's Mixup in its mode "batch" on given shares and centers of the box, and quantiles of Beta(a, a).

timm draws with NumPy: here its draws are replaced by given ones, and everything behind them (box, corrected share, images, targets) is timm's.

    pip install timm==1.0.31 torch==2.15.0 numpy==2.4.6 scipy==1.17.1
    python benchmarks/reference/mixup.py packages/augment/test/golden/mixup.json
"""

import json
import sys
from unittest import mock

import numpy as np
import torch
from scipy.stats import beta
from timm.data import mixup as timm_mixup

BATCH, HEIGHT, WIDTH, CHANNELS, CLASSES = 5, 7, 6, 3, 4
SMOOTHING = 0.1
LABELS = [2, 0, 3, 3, 1]
QUANTILES = 200


def rounded(values, digits=8):
    return [float(f"{value:.{digits}g}") for value in np.asarray(values, dtype=float).ravel()]


def mixed(images, lam, center):
    """What timm makes of the batch; `center` [y, x] of the box, None for mixup."""
    mixer = timm_mixup.Mixup(mixup_alpha=1.0, cutmix_alpha=1.0, label_smoothing=SMOOTHING, num_classes=CLASSES)
    boxes = []
    bbox_and_lam = timm_mixup.cutmix_bbox_and_lam

    def recorded(*arguments, **options):
        boxes.append(bbox_and_lam(*arguments, **options))
        return boxes[-1]

    with (
        mock.patch.object(mixer, "_params_per_batch", lambda: (lam, center is not None)),
        mock.patch.object(timm_mixup, "cutmix_bbox_and_lam", recorded),
        mock.patch("numpy.random.randint", side_effect=center),
    ):
        # Its assertion of an even number is not for this mode.
        x = images.permute(0, 3, 1, 2).clone()
        share = mixer._mix_batch(x)
        targets = timm_mixup.mixup_target(torch.tensor(LABELS), CLASSES, share, SMOOTHING)
    case = {"share": lam, "keptShare": float(share), "images": rounded(x.permute(0, 2, 3, 1)), "targets": rounded(targets)}
    if center is not None:
        top, bottom, left, right = (int(side) for side in boxes[0][0])
        case |= {"center": center, "box": {"top": top, "left": left, "height": bottom - top, "width": right - left}}
    return case


def main(path):
    images = torch.from_numpy(np.random.default_rng(0).normal(size=(BATCH, HEIGHT, WIDTH, CHANNELS)).astype(np.float32))
    cases = [mixed(images, lam, None) for lam in (0.0, 0.3, 0.875)]
    for lam, center in ((0.3, [3, 2]), (0.5, [0, 0]), (0.7, [6, 5]), (0.05, [2, 5]), (0.99, [4, 1]), (0.0, [1, 3])):
        cases.append(mixed(images, lam, center))
    golden = {
        "shape": [BATCH, HEIGHT, WIDTH, CHANNELS],
        "images": rounded(images),
        "labels": LABELS,
        "classes": CLASSES,
        "labelSmoothing": SMOOTHING,
        "cases": cases,
        "betaQuantiles": {str(a): rounded(beta.ppf(np.arange(1, QUANTILES) / QUANTILES, a, a), 12) for a in (0.2, 0.8, 1.0, 3.0)},
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
