"""Images of WebDataset shards or CIFAR-10's binary files, and views of them as a run's policy says, by torchvision's transforms of PIL images."""
import io
import math
import tarfile

import numpy as np
from PIL import Image
from torch.utils.data import Dataset
from torchvision import transforms
from torchvision.transforms import InterpolationMode


PLANE = 32 * 32


def read_shard(path):
    """Encoded images and their labels, in the order of a shard's members."""
    images, labels = [], []
    with tarfile.open(path) as shard:
        for member in shard:
            content = shard.extractfile(member).read()
            if member.name.endswith(".cls"):
                labels.append(int(content))
            elif not member.name.endswith(".json"):
                images.append(content)
    if len(images) != len(labels):
        raise ValueError(f"{path}: expected a label for each image, received {len(images)} images and {len(labels)} labels")
    return images, labels


def read_records(path):
    """Encoded images and their labels of one of CIFAR-10's binary files: a label, then the red, green and blue plane. PPM files hold their very pixels."""
    records = np.fromfile(path, np.uint8).reshape(-1, 1 + 3 * PLANE)
    images = [b"P6 32 32 255\n" + record[1:].reshape(3, PLANE).T.tobytes() for record in records]
    return images, records[:, 0].tolist()


def read_images(paths):
    """Encoded images and their labels, in the order of the files and of what is in them."""
    images, labels = [], []
    for path in paths:
        more_images, more_labels = (read_records if path.endswith(".bin") else read_shard)(path)
        images += more_images
        labels += more_labels
    return images, labels


def blur(operation):
    # torchvision's kernel has one size for every sigma: three of the widest on either side.
    return transforms.GaussianBlur(2 * math.ceil(3 * operation["sigma"][1]) + 1, operation["sigma"])


def jitter(operation):
    return transforms.ColorJitter(*(operation[name] for name in ("brightness", "contrast", "saturation", "hue")))


def transform_of(operation, size):
    """One operation of a policy."""
    kind, probability = operation["kind"], operation.get("probability", 1)
    if kind == "randomResizedCrop":
        interpolation = InterpolationMode(operation.get("interpolation", "bicubic"))
        return transforms.RandomResizedCrop(operation.get("size", size), operation["scale"], operation.get("ratio", (3 / 4, 4 / 3)), interpolation)
    if kind == "horizontalFlip":
        return transforms.RandomHorizontalFlip(probability)
    if kind == "colorJitter":
        return transforms.RandomApply([jitter(operation)], probability)
    if kind == "grayscale":
        return transforms.RandomGrayscale(probability)
    if kind == "gaussianBlur":
        return transforms.RandomApply([blur(operation)], probability)
    if kind == "solarize":
        return transforms.RandomSolarize(operation.get("threshold", 128), probability)
    raise ValueError(f"views: expected an operation with a transform of torchvision here, received {kind}")


def pipeline_of(group, normalize):
    steps = [transform_of(operation, group["size"]) for operation in group["operations"]]
    return transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize(**normalize)])


class ViewDataset(Dataset):
    """Every view of an image, group after group, [C, Y, X] each."""

    def __init__(self, encoded, policy):
        self.encoded = encoded
        self.pipelines = [pipeline_of(group, policy["normalize"]) for group in policy["groups"] for _ in range(group["count"])]

    def __len__(self):
        return len(self.encoded)

    def __getitem__(self, index):
        image = Image.open(io.BytesIO(self.encoded[index])).convert("RGB")
        return [pipeline(image) for pipeline in self.pipelines]
