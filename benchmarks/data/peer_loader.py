"""Throughput of PyTorch's DataLoader with torchvision's transforms on PIL images: the policy, images, batch size and number of workers of load-here.js.

usage: python peer_loader.py JSON
  {"images": a folder with class folders, or a list of tar shards, "policy": a ViewPolicy, "batchSize", "workers", "warmup", "batches"}
Prints one JSON line: images a second, processor time of an image over all processes, the shapes of a batch's views.
"""
import io
import json
import multiprocessing
import os
import platform
import random
import sys
import tarfile
import time

import PIL
import torch
import torchvision
from PIL import Image, ImageFilter
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.datasets import ImageFolder

INTERPOLATION = {"bicubic": transforms.InterpolationMode.BICUBIC, "bilinear": transforms.InterpolationMode.BILINEAR}


class PilBlur:
    """The blur of DINO's and MoCo v3's code. torchvision's GaussianBlur, which turns the image into a tensor and back, takes 5 to 40 times as long."""

    def __init__(self, sigma):
        self.sigma = sigma

    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(radius=random.uniform(*self.sigma)))


def transform_of(operation, size):
    kind, probability = operation["kind"], operation.get("probability", 1)
    if kind == "randomResizedCrop":
        interpolation = INTERPOLATION[operation.get("interpolation", "bicubic")]
        return transforms.RandomResizedCrop(operation.get("size", size), scale=operation["scale"], interpolation=interpolation)
    if kind == "horizontalFlip":
        return transforms.RandomHorizontalFlip(probability)
    if kind == "colorJitter":
        jitter = transforms.ColorJitter(*(operation[name] for name in ("brightness", "contrast", "saturation", "hue")))
        return transforms.RandomApply([jitter], probability)
    if kind == "grayscale":
        return transforms.RandomGrayscale(probability)
    if kind == "gaussianBlur":
        return transforms.RandomApply([PilBlur(operation["sigma"])], probability)
    if kind == "solarize":
        return transforms.RandomSolarize(operation["threshold"], probability)
    raise ValueError(f"expected an operation of SimCLR or DINO, received {kind}")


class MultiView:
    """All views of an image, as the classes of that name in SimCLR's and DINO's PyTorch codes."""

    def __init__(self, policy):
        end = [transforms.ToTensor(), transforms.Normalize(policy["normalize"]["mean"], policy["normalize"]["std"])]
        self.views = []
        for group in policy["groups"]:
            pipeline = transforms.Compose([*(transform_of(operation, group["size"]) for operation in group["operations"]), *end])
            self.views += [pipeline] * group["count"]

    def __call__(self, image):
        return [view(image) for view in self.views]


class Shards(Dataset):
    """Images of tar shards in any order: their places are looked up once, a read is one `pread`."""

    def __init__(self, paths, transform):
        self.paths, self.transform, self.places, self.files = paths, transform, [], {}
        for shard, path in enumerate(paths):
            with tarfile.open(path) as archive:
                self.places += [(shard, member.offset_data, member.size) for member in archive if member.name.endswith(".jpg")]

    def __len__(self):
        return len(self.places)

    def __getitem__(self, index):
        shard, offset, size = self.places[index]
        if shard not in self.files:
            self.files[shard] = os.open(self.paths[shard], os.O_RDONLY)
        image = Image.open(io.BytesIO(os.pread(self.files[shard], size, offset))).convert("RGB")
        return self.transform(image), 0


def processor_ms():
    """Of this process and of the workers, whose times Linux tells while they run; None elsewhere."""
    workers = 0
    for child in multiprocessing.active_children():
        try:
            with open(f"/proc/{child.pid}/stat", encoding="utf-8") as file:
                user, system = file.read().rpartition(")")[2].split()[11:13]
        except OSError:
            return None
        workers += (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return (time.process_time() + workers) * 1e3


def batches_of(loader):
    while True:
        yield from loader


def main(spec):
    torch.manual_seed(0)
    # As in a worker: with more threads, which wait for each other at every small operation, the calling process is slower.
    torch.set_num_threads(1)
    transform = MultiView(spec["policy"])
    images = ImageFolder(spec["images"], transform) if isinstance(spec["images"], str) else Shards(spec["images"], transform)
    workers, batch_size, count = spec["workers"], spec["batchSize"], spec["batches"]
    loader = DataLoader(images, batch_size=batch_size, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0)
    batches = batches_of(loader)
    for _ in range(spec["warmup"]):
        next(batches)
    started, processor = time.perf_counter(), processor_ms()
    for _ in range(count):
        views, _ = next(batches)
    seconds, later = time.perf_counter() - started, processor_ms()
    return {
        "images_per_second": count * batch_size / seconds,
        "processor_ms": None if processor is None or later is None else (later - processor) / count / batch_size,
        # Channels last, as ours.
        "shapes": [list(view.permute(0, 2, 3, 1).shape) for view in views],
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, torchvision {torchvision.__version__}, Pillow {PIL.__version__}",
    }


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
