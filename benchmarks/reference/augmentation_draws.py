"""Golden file of @ssl-vit/augment's random parameters: 200,000 draws of each by torchvision's own transforms.

A parameter is kept as its cumulative distribution at up to 300 of its values, rates and orders as counts.

    pip install torch==2.15.0 torchvision==0.29.2 pillow==12.3.0 numpy==2.4.6
    python benchmarks/reference/augmentation_draws.py packages/augment/test/golden/draws.json
"""

import json
import math
import sys
from collections import Counter

import numpy as np
import torch
from PIL import Image
from torchvision import transforms

DRAWS = 200_000
POINTS = 300

CROPS = {
    "photo": {"width": 500, "height": 375, "scale": [0.08, 1.0], "ratio": [3 / 4, 4 / 3]},
    "small": {"width": 32, "height": 32, "scale": [0.2, 1.0], "ratio": [3 / 4, 4 / 3]},
    "local": {"width": 640, "height": 480, "scale": [0.05, 0.4], "ratio": [0.5, 1.5]},
}
ERASINGS = {
    "photo": {"width": 224, "height": 200, "scale": [0.02, 0.33], "ratio": [0.3, 3.3]},
    "small": {"width": 32, "height": 24, "scale": [0.1, 0.6], "ratio": [0.3, 3.3]},
}
JITTER = {"brightness": 0.4, "contrast": 1.2, "saturation": 0.2, "hue": 0.1}
SIGMA = [0.1, 2.0]


def distribution(values):
    """Values at even steps of the sorted draws, rounded, and the share of the draws that are not above each but for the rounding."""
    ordered = np.sort(np.asarray(values, dtype=float))
    steps = ordered[np.linspace(0, len(ordered) - 1, POINTS).astype(int)]
    points = np.unique([float(f"{value:.7g}") for value in steps])
    shares = np.searchsorted(ordered, points + 1e-6 * np.abs(points), side="right") / len(ordered)
    return {"values": points.tolist(), "shares": [float(f"{share:.6g}") for share in shares]}


def place(offset, room):
    """Where in the room that is left: 0 at one border, 1 at the other."""
    return offset / room if room > 0 else 0.0


def crops(width, height, scale, ratio):
    image = Image.new("L", (width, height))
    rows = []
    for _ in range(DRAWS):
        top, left, h, w = transforms.RandomResizedCrop.get_params(image, scale, ratio)
        rows.append((h * w / (width * height), math.log(w / h), place(left, width - w), place(top, height - h)))
    area, aspect, from_left, from_top = zip(*rows)
    return {"area": distribution(area), "logRatio": distribution(aspect), "left": distribution(from_left), "top": distribution(from_top)}


def erasings(width, height, scale, ratio):
    image = torch.zeros(1, height, width)
    rows, left_out = [], 0
    for _ in range(DRAWS):
        top, left, h, w, _ = transforms.RandomErasing.get_params(image, scale, ratio, [0.0])
        if (h, w) == (height, width):
            left_out += 1
            continue
        rows.append((h * w / (width * height), math.log(h / w), place(left, width - w), place(top, height - h)))
    area, aspect, from_left, from_top = zip(*rows)
    return {
        "leftOut": left_out,
        "area": distribution(area),
        "logRatio": distribution(aspect),
        "left": distribution(from_left),
        "top": distribution(from_top),
    }


def jitter():
    transform = transforms.ColorJitter(**JITTER)
    names = list(JITTER)
    factors, orders = {name: [] for name in names}, Counter()
    for _ in range(DRAWS):
        order, *drawn = transform.get_params(transform.brightness, transform.contrast, transform.saturation, transform.hue)
        orders[" ".join(names[index] for index in order)] += 1
        for name, factor in zip(names, drawn):
            factors[name].append(factor)
    return {name: distribution(values) for name, values in factors.items()}, dict(sorted(orders.items()))


def rate(transform):
    """How often a transform changes a picture that it would change each time it is applied."""
    image = Image.new("RGB", (2, 2), (10, 60, 200))
    image.putpixel((1, 0), (250, 30, 5))
    return sum(transform(image).tobytes() != image.tobytes() for _ in range(DRAWS))


def main(path):
    torch.manual_seed(0)
    factors, orders = jitter()
    solarize = transforms.RandomSolarize(128, p=0.2)
    golden = {
        "draws": DRAWS,
        "crops": [{"name": name, "options": options, "draws": crops(**options)} for name, options in CROPS.items()],
        "erasings": [{"name": name, "options": options, "draws": erasings(**options)} for name, options in ERASINGS.items()],
        "jitter": {"options": JITTER, "factors": factors, "orders": orders},
        "blur": {"options": {"sigma": SIGMA}, "sigma": distribution([transforms.GaussianBlur.get_params(*SIGMA) for _ in range(DRAWS)])},
        "rates": {
            "horizontalFlip": {"probability": 0.5, "count": rate(transforms.RandomHorizontalFlip(0.5))},
            "grayscale": {"probability": 0.2, "count": rate(transforms.RandomGrayscale(0.2))},
            "solarize": {"probability": 0.2, "count": rate(solarize)},
            "colorJitter": {"probability": 0.8, "count": rate(transforms.RandomApply([transforms.ColorJitter(brightness=(0.5, 0.6))], 0.8))},
            "gaussianBlur": {"probability": 0.1, "count": rate(transforms.RandomApply([transforms.GaussianBlur(3, (1.0, 1.0))], 0.1))},
        },
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
