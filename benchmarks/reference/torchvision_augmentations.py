"""Golden file of @ssl-vit/augment: torchvision's functional operations on PIL images, on two pictures of scikit-image (an astronaut's face, a cat's).

augmentations.py has Pillow's own operations and made-up pictures; here nothing is restated. torchvision erases tensors only: uint8 ones.

    pip install torch==2.15.0 torchvision==0.29.2 pillow==12.3.0 scikit-image==0.26.0
    python benchmarks/reference/torchvision_augmentations.py packages/augment/test/golden/torchvision.json
"""

import base64
import json
import math
import sys

import skimage
import torch
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
PICTURES = {
    # left, top, right, bottom; width, height
    "astronaut": (skimage.data.astronaut, (166, 20, 286, 180), (36, 48)),
    "cat": (skimage.data.chelsea, (80, 20, 330, 200), (44, 32)),
}


def picture(load, box, size):
    return Image.fromarray(load()).crop(box).resize(size, Image.Resampling.LANCZOS)


def resized_crop(image, left, top, cutWidth, cutHeight, width, height, interpolation):
    return F.resized_crop(image, top, left, cutHeight, cutWidth, [height, width], InterpolationMode(interpolation), antialias=True)


def gaussian_blur(image, sigma):
    return F.gaussian_blur(image, [2 * math.ceil(3 * sigma) + 1] * 2, [sigma, sigma])


def erase(image, left, top, width, height, value):
    values = torch.tensor([value] * 3, dtype=torch.uint8)[:, None, None]
    return F.to_pil_image(F.erase(F.pil_to_tensor(image), top, left, height, width, values))


OPERATIONS = {
    "resizedCrop": resized_crop,
    "horizontalFlip": F.hflip,
    "brightness": lambda image, factor: F.adjust_brightness(image, factor),
    "contrast": lambda image, factor: F.adjust_contrast(image, factor),
    "saturation": lambda image, factor: F.adjust_saturation(image, factor),
    "hue": lambda image, shift: F.adjust_hue(image, shift),
    "grayscale": lambda image: F.rgb_to_grayscale(image, num_output_channels=3),
    "gaussianBlur": gaussian_blur,
    "solarize": lambda image, threshold: F.solarize(image, threshold),
    "erase": erase,
}

CASES = (
    [
        ("resizedCrop", {"left": left, "top": top, "cutWidth": w, "cutHeight": h, "width": size, "height": size, "interpolation": name})
        for left, top, w, h, size in ((2, 3, 33, 27, 20), (6, 8, 13, 20, 24))
        for name in ("bicubic", "bilinear")
    ]
    + [("horizontalFlip", {}), ("grayscale", {})]
    + [(name, {"factor": factor}) for name in ("brightness", "contrast", "saturation") for factor in (0.6, 1.4)]
    + [("hue", {"shift": shift}) for shift in (-0.1, 0.07)]
    + [("gaussianBlur", {"sigma": sigma}) for sigma in (0.4, 1.9)]
    + [("solarize", {"threshold": 128}), ("erase", {"left": 7, "top": 9, "width": 15, "height": 11, "value": 37})]
)


def encode(image):
    return {"width": image.width, "height": image.height, "channels": len(image.getbands()), "data": base64.b64encode(image.tobytes()).decode()}


def main(path):
    images = {name: picture(*given) for name, given in PICTURES.items()}
    cases, normalized = [], {}
    for name, image in images.items():
        for operation, options in CASES:
            cases.append({"operation": operation, "image": name, "options": options, "output": encode(OPERATIONS[operation](image, **options))})
        values = F.normalize(F.to_tensor(image), MEAN, STD).permute(1, 2, 0).contiguous()[:4]
        normalized[name] = base64.b64encode(values.numpy().astype("<f4").tobytes()).decode()
    golden = {"images": {name: encode(image) for name, image in images.items()}, "cases": cases, "normalize": {"mean": MEAN, "std": STD}, "normalized": normalized}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
