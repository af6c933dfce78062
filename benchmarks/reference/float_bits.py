"""Golden file of @ssl-vit/safetensors: how PyTorch rounds float32 to half precision and bfloat16, and what every pattern of the 8-bit floats means.

    pip install numpy==2.4.6 torch==2.15.0
    python benchmarks/reference/float_bits.py packages/safetensors/test/golden/float-bits.json

Words are base64 of little-endian bits. The float32 words are what rounding may get wrong: every border of normal, subnormal and infinite numbers with its
neighbours, ties to either side, no numbers, and random patterns.
"""

import base64
import json
import sys

import numpy as np
import torch

random = np.random.default_rng(0)

BYTE_FLOATS = {
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "F8_E4M3FNUZ": torch.float8_e4m3fnuz,
    "F8_E5M2FNUZ": torch.float8_e5m2fnuz,
    "F8_E8M0": torch.float8_e8m0fnu,
}


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def words():
    borders = [0.0, 2.0**-149, 2.0**-126, 2.0**-25, 2.0**-24, 1.5 * 2.0**-24, 2.0**-14, 2.0**-14 - 2.0**-25, 1.0, 65504.0, 65520.0, 65536.0, 3.4028234663852886e38]
    near = np.array(borders, np.float32).view(np.uint32)
    near = (near.astype(np.int64)[:, None] + np.arange(-3, 4)).ravel().astype(np.uint32)
    # Ties of half precision end in 0x1000, of bfloat16 in 0x8000.
    ties = random.integers(0, 2**32, 200, np.uint64).astype(np.uint32)
    ties = np.concatenate([(ties & 0xFFFFE000) | 0x1000, (ties & 0xFFFF0000) | 0x8000])
    small = random.integers(0x32000000, 0x39000000, 300, np.uint64).astype(np.uint32)
    middle = random.integers(0x38000000, 0x48000000, 300, np.uint64).astype(np.uint32)
    any_word = random.integers(0, 2**32, 300, np.uint64).astype(np.uint32)
    numbers = np.concatenate([near, ties, small, middle, any_word])
    numbers = np.concatenate([numbers, numbers ^ np.uint32(0x80000000)])
    infinite = (numbers & 0x7F800000) == 0x7F800000
    # What a word that is no number becomes differs by processor.
    return np.concatenate([numbers[~infinite], np.array([0x7F800000, 0xFF800000], np.uint32)])


def main(path):
    numbers = words()
    values = torch.from_numpy(numbers.view(np.float32).copy())
    patterns = torch.arange(256, dtype=torch.int32).to(torch.uint8)
    golden = {
        "words": text(numbers),
        "F16": text(values.to(torch.float16).view(torch.int16).numpy()),
        "BF16": text(values.to(torch.bfloat16).view(torch.int16).numpy()),
        "values": {name: text(patterns.view(dtype).to(torch.float32).numpy()) for name, dtype in BYTE_FLOATS.items()},
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


main(sys.argv[1])
