"""Golden file of @ssl-vit/augment: common corruptions of ImageNet-C and CIFAR-10-C (https://arxiv.org/abs/1903.12261).

The formulas of make_imagenet_c.py and make_cifar_c.py (https://github.com/hendrycks/robustness, ImageNet-C/create_c), which need old versions of OpenCV,
ImageMagick and scikit-image, restated with NumPy, SciPy, scikit-image and Pillow. PyPI's imagecorruptions 1.1.2 (ImageNet-C's strengths) gives the same
levels where both have a formula. Three kinds of cases:

- images: corruptions without draws, or with the draws that `Sequence` gives both sides instead of random ones;
- noise: the exact moments of the levels that the noises make of an even image;
- strengths: all constants.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-image==0.26.0 pillow==12.3.0
    python benchmarks/reference/corruptions.py packages/augment/test/golden/corruptions.json
"""

import json
import math
import sys

import numpy as np
import scipy
import skimage
from PIL import Image
from PIL import __version__ as pillow_version
from scipy.ndimage import correlate, gaussian_filter, map_coordinates, zoom
from scipy.stats import norm, poisson
from skimage.color import hsv2rgb, rgb2hsv

from augmentations import encode, test_image

STRENGTHS = {
    "imagenet": {
        "gaussian-noise": [[0.08], [0.12], [0.18], [0.26], [0.38]],
        "shot-noise": [[60], [25], [12], [5], [3]],
        "impulse-noise": [[0.03], [0.06], [0.09], [0.17], [0.27]],
        "speckle-noise": [[0.15], [0.2], [0.35], [0.45], [0.6]],
        "defocus-blur": [[3, 0.1], [4, 0.5], [6, 0.5], [8, 0.5], [10, 0.5]],
        "glass-blur": [[0.7, 1, 2], [0.9, 2, 1], [1, 2, 3], [1.1, 3, 2], [1.5, 4, 2]],
        "motion-blur": [[10, 3], [15, 5], [15, 8], [15, 12], [20, 15]],
        "zoom-blur": [[1.11, 0.01], [1.16, 0.01], [1.21, 0.02], [1.26, 0.02], [1.31, 0.03]],
        "fog": [[1.5, 2], [2, 2], [2.5, 1.7], [2.5, 1.5], [3, 1.4]],
        "brightness": [[0.1], [0.2], [0.3], [0.4], [0.5]],
        "contrast": [[0.4], [0.3], [0.2], [0.1], [0.05]],
        "elastic-transform": [[488, 170.8, 24.4], [488, 19.52, 48.8], [12.2, 2.44, 4.88], [17.08, 2.44, 4.88], [29.28, 2.44, 4.88]],
        "pixelate": [[0.6], [0.5], [0.4], [0.3], [0.25]],
        "gaussian-blur": [[1], [2], [3], [4], [6]],
        "saturate": [[0.3, 0], [0.1, 0], [2, 0], [5, 0.1], [20, 0.2]],
    },
    "cifar": {
        "gaussian-noise": [[0.04], [0.06], [0.08], [0.09], [0.1]],
        "shot-noise": [[500], [250], [100], [75], [50]],
        "impulse-noise": [[0.01], [0.02], [0.03], [0.05], [0.07]],
        "speckle-noise": [[0.06], [0.1], [0.12], [0.16], [0.2]],
        "defocus-blur": [[0.3, 0.4], [0.4, 0.5], [0.5, 0.6], [1, 0.2], [1.5, 0.1]],
        "glass-blur": [[0.05, 1, 1], [0.25, 1, 1], [0.4, 1, 1], [0.25, 1, 2], [0.4, 1, 2]],
        "motion-blur": [[6, 1], [6, 1.5], [6, 2], [8, 2], [9, 2.5]],
        "zoom-blur": [[1.06, 0.01], [1.11, 0.01], [1.16, 0.01], [1.21, 0.01], [1.26, 0.01]],
        "fog": [[0.2, 3], [0.5, 3], [0.75, 2.5], [1, 2], [1.5, 1.75]],
        "brightness": [[0.05], [0.1], [0.15], [0.2], [0.3]],
        "contrast": [[0.75], [0.5], [0.4], [0.3], [0.15]],
        "elastic-transform": [[0, 0, 2.56], [1.6, 6.4, 2.24], [2.56, 1.92, 1.92], [3.2, 1.28, 1.6], [3.2, 0.96, 0.96]],
        "pixelate": [[0.95], [0.9], [0.85], [0.75], [0.65]],
        "gaussian-blur": [[0.4], [0.6], [0.7], [0.8], [1]],
        "saturate": [[0.3, 0], [0.1, 0], [1.5, 0], [2, 0.1], [2.5, 0.2]],
    },
}


class Sequence:
    """Numbers that both sides can compute: the fractional parts of multiples of the golden ratio, from one on, as float32."""

    def __init__(self):
        self.used = 0

    def uniforms(self, count):
        places = np.arange(self.used, self.used + count, dtype=np.float64)
        self.used += count
        return ((places * 0.6180339887498949) % 1).astype(np.float32).astype(np.float64)


def smooth(x, sigma, mode="nearest", truncate=4.0):
    """scikit-image's gaussian: each channel by itself."""
    return gaussian_filter(x, (sigma, sigma, 0), mode=mode, truncate=truncate)


def disk(radius, softening):
    reach, soft_reach = (8, 1) if radius <= 8 else (radius, 2)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = (x**2 + y**2 <= radius**2).astype(float)
    kernel /= kernel.sum()
    bell = np.exp(-0.5 * (np.arange(-soft_reach, soft_reach + 1) / softening) ** 2)
    bell /= bell.sum()
    return correlate(kernel, np.outer(bell, bell), mode="mirror")


def defocus_blur(x, radius, softening, draws):
    kernel = disk(radius, softening)
    return np.stack([correlate(x[..., channel], kernel, mode="mirror") for channel in range(x.shape[2])], axis=-1)


def glass_blur(x, sigma, distance, rounds, draws):
    x = np.floor(smooth(x, sigma) * 255) / 255
    height, width = x.shape[:2]
    for _ in range(rounds):
        # The side that this is checked by draws for all pixels, and does not use those of the border.
        steps = np.floor(draws.uniforms(height * width * 2) * 2 * distance).astype(int) - distance
        places = [(h, w) for h in range(height - distance, distance, -1) for w in range(width - distance, distance, -1)]
        for (h, w), (dx, dy) in zip(places, steps.reshape(-1, 2)):
            x[h, w] = x[h + dy, w + dx]
    return smooth(x, sigma)


def motion_blur(x, radius, sigma, draws):
    angle = np.deg2rad(90 * draws.uniforms(1)[0] - 45)
    bell = np.exp(-(np.arange(2 * radius + 1) ** 2) / (2 * sigma**2))
    bell /= bell.sum()
    height, width = x.shape[:2]
    blurred = np.zeros_like(x)
    for step, weight in enumerate(bell):
        rows = np.clip(np.arange(height) + math.ceil(step * np.sin(angle) - 0.5), 0, height - 1)
        columns = np.clip(np.arange(width) + math.ceil(step * np.cos(angle) - 0.5), 0, width - 1)
        blurred += weight * x[rows][:, columns]
    # ImageMagick rounds to the nearest level.
    return np.floor(blurred * 255 + 0.5) / 255 + 1e-9


def zoom_blur(x, end, step, draws):
    size = x.shape[0]
    factors = np.arange(1, end, step)
    total = x.copy()
    for factor in factors:
        part = int(np.ceil(size / factor))
        top = (size - part) // 2
        zoomed = zoom(x[top : top + part, top : top + part], (factor, factor, 1), order=1)
        trim = (zoomed.shape[0] - size) // 2
        total += zoomed[trim : trim + size, trim : trim + size]
    return total / (len(factors) + 1)


def plasma_fractal(size, decay, draws):
    heights = np.zeros((size, size))
    step, roughness = size, 100
    while step >= 2:
        half = step // 2

        def draw(mean):
            return mean + roughness * roughness * (2 * draws.uniforms(mean.size).reshape(mean.shape) - 1)

        corners = heights[::step, ::step]
        middle = (corners + np.roll(corners, -1, 0) + np.roll(corners, -1, 1) + np.roll(corners, (-1, -1), (0, 1))) / 4
        heights[half::step, half::step] = draw(middle)
        centers = heights[half::step, half::step]
        heights[::step, half::step] = draw((centers + np.roll(centers, 1, 0) + corners + np.roll(corners, -1, 1)) / 4)
        heights[half::step, ::step] = draw((centers + np.roll(centers, 1, 1) + corners + np.roll(corners, -1, 0)) / 4)
        step, roughness = half, roughness / decay
    heights -= heights.min()
    return heights / heights.max()


def fog(x, thickness, decay, draws):
    height, width = x.shape[:2]
    heights = plasma_fractal(2 ** (max(height, width) - 1).bit_length(), decay, draws)
    return (x + thickness * heights[:height, :width, None]) * x.max() / (x.max() + thickness)


def brightness(x, added, draws):
    if x.shape[2] == 1:
        return x + added
    hsv = rgb2hsv(x)
    hsv[..., 2] = np.clip(hsv[..., 2] + added, 0, 1)
    return hsv2rgb(hsv)


def contrast(x, factor, draws):
    means = x.mean(axis=(0, 1), keepdims=True)
    return (x - means) * factor + means


def saturate(x, factor, added, draws):
    hsv = rgb2hsv(x)
    hsv[..., 1] = np.clip(hsv[..., 1] * factor + added, 0, 1)
    return hsv2rgb(hsv)


def elastic_transform(x, displacement, sigma, shift, draws):
    height, width = x.shape[:2]
    middle, reach = np.array([width // 2, height // 2], dtype=float), min(height, width) // 3
    before = np.array([middle + reach, [middle[0] + reach, middle[1] - reach], middle - reach])
    after = before + shift * (2 * draws.uniforms(6) - 1).reshape(3, 2)
    # The affine map of the three points, then its inverse: where each pixel comes from.
    affine = np.linalg.solve(np.hstack([before, np.ones((3, 1))]), after).T
    inverse = np.linalg.inv(np.vstack([affine, [0, 0, 1]]))
    y, x_place = np.mgrid[:height, :width].astype(float)
    from_x, from_y = (inverse[row, 0] * x_place + inverse[row, 1] * y + inverse[row, 2] for row in (0, 1))
    mapped = np.stack([map_coordinates(x[..., channel], [from_y, from_x], order=1, mode="mirror") for channel in range(x.shape[2])], axis=-1)
    if displacement == 0:
        return mapped
    # Each side draws the field along x, then the one along y.
    dx, dy = (
        gaussian_filter(2 * draws.uniforms(height * width).reshape(height, width) - 1, sigma, mode="reflect", truncate=3) * displacement for _ in range(2)
    )
    return np.stack([map_coordinates(mapped[..., channel], [y + dy, x_place + dx], order=1, mode="reflect") for channel in range(x.shape[2])], axis=-1)


def gaussian_blur(x, sigma, draws):
    return smooth(x, sigma)


CORRUPTIONS = {
    "defocus-blur": defocus_blur,
    "glass-blur": glass_blur,
    "motion-blur": motion_blur,
    "zoom-blur": zoom_blur,
    "fog": fog,
    "brightness": brightness,
    "contrast": contrast,
    "elastic-transform": elastic_transform,
    "gaussian-blur": gaussian_blur,
    "saturate": saturate,
}


def corrupt(image, name, strength):
    """What upstream saves: cut to 0 … 1, times 255, cut to whole numbers."""
    if name == "pixelate":
        small = image.resize((int(image.width * strength[0]), int(image.height * strength[0])), Image.Resampling.BOX)
        return small.resize(image.size, Image.Resampling.BOX)
    x = np.array(image) / 255.0
    x = x if x.ndim == 3 else x[..., None]
    out = CORRUPTIONS[name](x, *strength, draws=Sequence())
    return Image.fromarray((np.clip(out, 0, 1) * 255).astype(np.uint8).squeeze())


LEVELS = np.arange(256)


def moments(shares):
    mean = float((shares * LEVELS).sum())
    variance, fourth = (float((shares * (LEVELS - mean) ** power).sum()) for power in (2, 4))
    return {"mean": round(mean, 6), "deviation": round(math.sqrt(variance), 6), "kurtosis": round(fourth / variance**2, 6)}


def normal_levels(value, deviation):
    """How often value + deviation · normal, cut as in `corrupt`, gives each level."""
    below = norm.cdf((LEVELS / 255 - value) / deviation)
    below[0] = 0
    return np.append(below[1:], 1) - below


def poisson_levels(value, photons):
    counts = np.arange(0, 10 * photons + 1)
    levels = (np.clip(counts / photons, 0, 1) * 255).astype(np.uint8)
    return np.bincount(levels, poisson.pmf(counts, value * photons), 256)


def impulse_levels(value, share):
    shares = np.zeros(256)
    shares[round(value * 255)] = 1 - share
    shares[[0, 255]] += share / 2
    return shares


NOISES = {
    "gaussian-noise": normal_levels,
    "speckle-noise": lambda value, deviation: normal_levels(value, value * deviation),
    "shot-noise": poisson_levels,
    "impulse-noise": impulse_levels,
}


def main(path):
    color = test_image(32, 32, seed=1)
    images = {"rgb": color, "gray": color.convert("L")}
    cases = []
    for scale, strengths in STRENGTHS.items():
        for name in [*CORRUPTIONS, "pixelate"]:
            for severity in (1, 3, 5):
                cases.append({"image": "rgb", "name": name, "severity": severity, "scale": scale, "output": encode(corrupt(color, name, strengths[name][severity - 1]))})
            if name != "saturate":
                cases.append({"image": "gray", "name": name, "severity": 4, "scale": scale, "output": encode(corrupt(images["gray"], name, strengths[name][3]))})
    noise = [
        {"name": name, "severity": severity, "scale": scale, "value": value, **moments(levels(value / 255, *STRENGTHS[scale][name][severity - 1]))}
        for scale in STRENGTHS
        for name, levels in NOISES.items()
        for severity in (1, 3, 5)
        for value in (20, 128, 230)
    ]
    golden = {
        "made": f"SciPy {scipy.__version__}, scikit-image {skimage.__version__}, Pillow {pillow_version}",
        "strengths": STRENGTHS,
        "images": {name: encode(image) for name, image in images.items()},
        "cases": cases,
        "noise": noise,
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
