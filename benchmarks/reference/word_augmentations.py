"""Golden file of @ssl-vit/augment on 16-bit words, which Pillow's operations do not take in color: the formulas in float64, rounded once at the end.

Resizing is Pillow's own, of float32 images channel by channel, one axis at a time, clipped and rounded to words after each as Pillow does with bytes.
Blur is torchvision's kernel. Brightness, contrast and saturation are blends with black, the mean luma and each pixel's luma; hue goes through
Python's colorsys; solarize inverts from threshold * 257 on; normalize is (value / 65535 - mean) / std.

    pip install pillow==12.3.0 numpy==2.4.6
    python benchmarks/reference/word_augmentations.py packages/augment/test/golden/word-augmentations.json
"""

import base64
import colorsys
import json
import math
import sys

import numpy as np
from PIL import Image

LARGEST = 65535
FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
MEAN, STD = [0.485, 0.456, 0.406, 0.3, 0.55], [0.229, 0.224, 0.225, 0.2, 0.31]


def test_image(width, height, channels, seed):
    """Waves, noise in the low bits, an edge, and saturated corners."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    waves = [np.sin(x / (2 + channel) + seed) + np.cos(y / (3 + channel) + channel) for channel in range(channels)]
    values = 33000 + 14000 * np.stack(waves, axis=-1) + random.normal(0, 2500, (height, width, channels))
    values[:, width // 2 :] += 9000
    values[:3, :3] = 0
    values[-3:, -3:] = LARGEST
    values[:3, -3:] = [LARGEST, 0, 4321, 17, 60000][:channels]
    return to_words(values)


def to_words(values):
    return np.floor(np.clip(values, 0, LARGEST) + 0.5).astype(np.uint16)


def luma(image):
    return np.floor((image.astype(np.int64) @ [19595, 38470, 7471] + 0x8000) / 65536)[..., None]


def resize(image, size, interpolation):
    channels = [Image.fromarray(image[..., channel].astype(np.float32)).resize(size, FILTERS[interpolation]) for channel in range(image.shape[-1])]
    return to_words(np.stack([np.asarray(channel, dtype=float) for channel in channels], axis=-1))


def resized_crop(image, left, top, cutWidth, cutHeight, width, height, interpolation):
    cut = image[top : top + cutHeight, left : left + cutWidth]
    return resize(resize(cut, (width, cutHeight), interpolation), (width, height), interpolation)


def blend(image, center, factor):
    return to_words(center + factor * (image.astype(float) - center))


def contrast(image, factor):
    values = luma(image) if image.shape[-1] == 3 else image
    return blend(image, math.floor(np.mean(values, dtype=float) + 0.5), factor)


def hue(image, shift):
    turned = np.empty(image.shape)
    for place in np.ndindex(image.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*(image[place] / LARGEST))
        turned[place] = colorsys.hsv_to_rgb((h + shift) % 1, s, v)
    return to_words(turned * LARGEST)


def gaussian_blur(image, sigma):
    radius = math.ceil(3 * sigma)
    bell = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel = bell / bell.sum()
    height, width, _ = image.shape
    padded = np.pad(image.astype(float), ((radius, radius), (radius, radius), (0, 0)), mode="reflect")
    rows = sum(weight * padded[:, tap : tap + width] for tap, weight in enumerate(kernel))
    return to_words(sum(weight * rows[tap : tap + height] for tap, weight in enumerate(kernel)))


ANY = {
    "resizedCrop": resized_crop,
    "horizontalFlip": lambda image: image[:, ::-1],
    "brightness": lambda image, factor: blend(image, 0, factor),
    "contrast": contrast,
    "solarize": lambda image, threshold: np.where(image < threshold * 257, image, LARGEST - image).astype(np.uint16),
    "gaussianBlur": gaussian_blur,
}
COLOR = {
    "saturation": lambda image, factor: blend(image, luma(image), factor),
    "hue": hue,
    "grayscale": lambda image: np.repeat(luma(image), 3, axis=-1).astype(np.uint16),
}

CROPS = [
    # left, top, width, height of the part; width, height of the result
    (0, 0, 17, 13, 8, 8),
    (0, 0, 17, 13, 20, 18),
    (3, 2, 9, 10, 12, 5),
    (14, 0, 3, 3, 6, 6),
    (0, 0, 17, 13, 17, 6),
]

CASES = (
    [
        ("resizedCrop", dict(zip(("left", "top", "cutWidth", "cutHeight", "width", "height"), crop)) | {"interpolation": name})
        for crop in CROPS
        for name in FILTERS
    ]
    + [("horizontalFlip", {}), ("grayscale", {})]
    + [(name, {"factor": factor}) for name in ("brightness", "contrast", "saturation") for factor in (0, 0.37, 1, 1.6)]
    + [("hue", {"shift": shift}) for shift in (-0.5, -0.13, 0, 0.08, 0.41)]
    + [("solarize", {"threshold": threshold}) for threshold in (0, 100.5, 128, 255)]
    + [("gaussianBlur", {"sigma": sigma}) for sigma in (0.1, 0.8, 2.0)]
)


def encode(image):
    data = base64.b64encode(np.ascontiguousarray(image, dtype="<u2").tobytes()).decode()
    return {"width": image.shape[1], "height": image.shape[0], "channels": image.shape[2], "data": data}


def main(path):
    images = {"rgb": test_image(17, 13, 3, 1), "gray": test_image(17, 13, 1, 2), "five": test_image(17, 13, 5, 3)}
    cases, normalized = [], {}
    for name, image in images.items():
        channels = image.shape[-1]
        for operation, options in CASES:
            function = ANY.get(operation) or (COLOR[operation] if channels == 3 else None)
            if function is not None:
                cases.append({"operation": operation, "image": name, "options": options, "output": encode(function(image, **options))})
        values = (image / LARGEST - MEAN[:channels]) / STD[:channels]
        # Seven digits are float32's.
        normalized[name] = {"mean": MEAN[:channels], "std": STD[:channels], "values": [float(f"{value:.7g}") for value in values.ravel()[:120]]}
    golden = {"images": {name: encode(image) for name, image in images.items()}, "cases": cases, "normalized": normalized}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
