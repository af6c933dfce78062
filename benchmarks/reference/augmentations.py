"""Golden file of @ssl-vit/augment: what Pillow makes of small images.

torchvision's transforms of PIL images are thin calls of Pillow, so they are restated here from its documentation instead of
installing torch. The one transform that torchvision computes itself, GaussianBlur, is restated in NumPy. Pillow 12 and not 13: see CROPS.

    pip install pillow==12.3.0 numpy==2.4.6
    python benchmarks/reference/augmentations.py packages/augment/test/golden/augmentations.json
"""

import base64
import json
import math
import sys

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from PIL import __version__ as pillow_version

FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def test_image(width, height, seed):
    """Smooth waves, an edge, some noise, and saturated corners: something for every operation to get wrong."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    waves = [np.sin(x / (3 + channel) + seed) + np.cos(y / (4 - channel) + channel) for channel in range(3)]
    values = 128 + 60 * np.stack(waves, axis=-1) + random.normal(0, 12, (height, width, 3))
    values[:, width // 2 :] += 40
    values[:4, :4] = 0
    values[-4:, -4:] = 255
    values[:4, -4:] = [255, 0, 17]
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def resized_crop(image, left, top, cutWidth, cutHeight, width, height, interpolation):
    cut = image.crop((left, top, left + cutWidth, top + cutHeight))
    return cut.resize((width, height), FILTERS[interpolation])


def center_crop(image, size, cropRatio, interpolation):
    """timm's evaluation transform: Resize(floor(size / ratio)), CenterCrop(size)."""
    shorter = math.floor(size / cropRatio)
    width, height = image.size
    longer = int(shorter * max(width, height) / min(width, height))
    resized = image.resize((shorter, longer) if width <= height else (longer, shorter), FILTERS[interpolation])
    left = int(round((resized.width - size) / 2.0))
    top = int(round((resized.height - size) / 2.0))
    return resized.crop((left, top, left + size, top + size))


def hue(image, shift):
    if image.mode == "L":
        return image
    h, s, v = image.convert("HSV").split()
    turned = (np.array(h).astype(np.int32) + np.int32(shift * 255)) % 256
    return Image.merge("HSV", (Image.fromarray(turned.astype(np.uint8)), s, v)).convert("RGB")


def gaussian_blur(image, sigma):
    """torchvision's GaussianBlur with a kernel of 2 * ceil(3 sigma) + 1 pixels."""
    radius = math.ceil(3 * sigma)
    bell = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel = bell / bell.sum()
    values = np.array(image).astype(float)
    values = values if values.ndim == 3 else values[..., None]
    padded = np.pad(values, ((radius, radius), (radius, radius), (0, 0)), mode="reflect")
    rows = sum(weight * padded[:, tap : tap + image.width] for tap, weight in enumerate(kernel))
    both = sum(weight * rows[tap : tap + image.height] for tap, weight in enumerate(kernel))
    return Image.fromarray(np.round(both).astype(np.uint8).squeeze())


OPERATIONS = {
    "resizedCrop": resized_crop,
    "centerCrop": center_crop,
    "horizontalFlip": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "brightness": lambda image, factor: ImageEnhance.Brightness(image).enhance(factor),
    "contrast": lambda image, factor: ImageEnhance.Contrast(image).enhance(factor),
    "saturation": lambda image, factor: ImageEnhance.Color(image).enhance(factor),
    "hue": hue,
    "grayscale": lambda image: image.convert("L").convert(image.mode),
    "solarize": lambda image, threshold: ImageOps.solarize(image, threshold),
    "gaussianBlur": gaussian_blur,
    "pilGaussianBlur": lambda image, sigma: image.filter(ImageFilter.GaussianBlur(sigma)),
}

CROPS = [
    # left, top, width, height of the part; width, height of the result
    (0, 0, 33, 26, 16, 16),
    (0, 0, 33, 26, 48, 40),
    (5, 3, 11, 20, 24, 24),
    (9, 1, 24, 13, 24, 24),
    (7, 8, 20, 20, 20, 20),
    (32, 25, 1, 1, 6, 6),
    (2, 2, 30, 23, 3, 5),
    # Pillow 13 resizes this one's columns first; the older versions, which published results were made with, begin with the rows.
    (3, 0, 8, 26, 20, 14),
]

CASES = (
    [
        ("resizedCrop", dict(zip(("left", "top", "cutWidth", "cutHeight", "width", "height"), crop)) | {"interpolation": name})
        for crop in CROPS
        for name in FILTERS
    ]
    + [
        ("centerCrop", {"size": size, "cropRatio": ratio, "interpolation": "bicubic"})
        for size, ratio in ((32, 1), (28, 0.875), (21, 0.75), (15, 0.5))
    ]
    + [("horizontalFlip", {}), ("grayscale", {})]
    + [(name, {"factor": factor}) for name in ("brightness", "contrast", "saturation") for factor in (0, 0.2, 0.77, 1, 1.4, 1.83)]
    + [("hue", {"shift": shift}) for shift in (-0.5, -0.2, -0.013, 0, 0.1, 0.37, 0.5)]
    + [("solarize", {"threshold": threshold}) for threshold in (0, 100, 128, 255)]
    + [(name, {"sigma": sigma}) for name in ("gaussianBlur", "pilGaussianBlur") for sigma in (0.1, 0.5, 1.0, 2.0)]
)


def encode(image):
    return {
        "width": image.width,
        "height": image.height,
        "channels": len(image.getbands()),
        "data": base64.b64encode(image.tobytes()).decode(),
    }


def main(path):
    color = test_image(33, 26, seed=1)
    images = {"rgb": color, "gray": color.convert("L"), "tall": test_image(22, 37, seed=2)}
    cases = []
    for name, image in images.items():
        for operation, options in CASES:
            if name == "tall" and operation != "centerCrop":
                continue
            output = OPERATIONS[operation](image, **options)
            cases.append({"operation": operation, "image": name, "options": options, "output": encode(output)})
    golden = {"made": f"Pillow {pillow_version}", "images": {name: encode(image) for name, image in images.items()}, "cases": cases}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
