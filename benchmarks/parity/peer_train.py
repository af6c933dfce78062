"""Trains what a run of ssl-vit was configured to train, in PyTorch, and writes the encoder that is judged as a folder of timm.

usage: python peer_train.py CONFIG ORDER OUT --threads N      The last line is one JSON object.
needs (PyPI): benchmarks/reference/requirements.txt

CONFIG is a run's config.resolved.json: model, method, views, optimizer, batch size and seed are taken from it. ORDER holds files of images, the label of each of these, the steps of an
epoch, and which images each step sees. The order is the run's; weights, augmentations and masks are drawn here.
OUT gets config.json, model.safetensors, and metrics.jsonl with a line a step.
"""
import argparse
import json
import math
import resource
import sys
import time
from pathlib import Path

import lightly
import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch.utils.data import DataLoader

from peer_methods import METHODS
from peer_recipe import Progress, Recipe
from peer_views import ViewDataset, read_images

SECONDS_BETWEEN_LINES = 10


def cpu_seconds():
    """Of this process and those that it waited for."""
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def write_encoder(vit, config, normalize, out):
    """A folder for `timm.create_model("local-dir:…")`, which ssl-vit reads as well."""
    names = {"imageSize": "img_size", "patchSize": "patch_size", "embedDim": "embed_dim", "depth": "depth", "numHeads": "num_heads", "mlpRatio": "mlp_ratio"}
    preprocessing = {"input_size": [config["channels"], *config["imageSize"]], "interpolation": "bicubic", "crop_pct": 1, **normalize}
    described = {"architecture": "vit_base_patch16_224", "num_classes": 0, "model_args": {name: config[own] for own, name in names.items()}, "pretrained_cfg": preprocessing}
    (out / "config.json").write_text(json.dumps(described, indent=1))
    save_file({name: tensor.contiguous() for name, tensor in vit.state_dict().items()}, out / "model.safetensors")


def tell_progress(step, count, loss, started, told):
    """Says every so often how far the steps are, as `ssl-vit pretrain` does. Returns when something was said last."""
    now = time.perf_counter()
    if now - told < SECONDS_BETWEEN_LINES:
        return told
    print(f"step {step}/{count} · loss {loss:.4f} · {(now - started) / step * (count - step):.0f} s left", file=sys.stderr, flush=True)
    return now


def take_steps(run, method, views_of_steps, count, steps, steps_per_epoch, out):
    """Trains a step for each of the `count` items, of `steps` that the rates are for. A line a step goes to metrics.jsonl."""
    recipe = Recipe(run["optimizer"], method, run["batchSize"])
    started = told = time.perf_counter()
    with open(out / "metrics.jsonl", "w") as metrics:
        for step, views in enumerate(views_of_steps):
            progress = Progress(step, steps, steps_per_epoch)
            loss = method.loss(views, progress)
            loss.backward()
            method.before_update(progress)
            norm = recipe.clip()
            if not math.isfinite(loss.item() + norm):
                raise ValueError(f"step {step + 1}: expected a finite loss and gradient, received {loss.item()} and {norm}")
            learning_rate = recipe.step(progress)
            method.after_step(progress)
            metrics.write(json.dumps({"step": step + 1, "loss": loss.item(), "learningRate": learning_rate, "gradientNorm": norm}) + "\n")
            told = tell_progress(step + 1, count, loss.item(), started, told)


def method_of(run):
    return METHODS[run["method"]["name"]](run["encoder"], run["method"]["options"]).train()


def train(run, order, out):
    torch.manual_seed(run["seed"])
    images, labels = read_images(order["files"])
    if labels != order["labels"]:
        raise ValueError(f"{order['files']}: expected the labels of ORDER, image by image, received others: the order of the images would not be the run's")
    method, batches = method_of(run), order["batches"]
    # One worker process, as the run has one worker thread.
    loader = DataLoader(ViewDataset(images, run["views"]), batch_sampler=batches, num_workers=1, prefetch_factor=2)
    take_steps(run, method, loader, len(batches), len(batches), order["stepsPerEpoch"], out)
    write_encoder(method.encoder, run["encoder"], run["views"]["normalize"], out)
    return sum(parameter.numel() for parameter in method.parameters() if parameter.requires_grad)


def main():
    parser = argparse.ArgumentParser()
    for name in ("config", "order", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    started = time.perf_counter()
    trained = train(json.loads(options.config.read_text())["run"], json.loads(options.order.read_text()), options.out)
    builds = {library.__name__: library.__version__ for library in (torch, torchvision, timm, lightly)}
    print(json.dumps({"training_seconds": time.perf_counter() - started, "cpu_seconds": cpu_seconds(), "trained_parameters": trained, "builds": builds}))


if __name__ == "__main__":
    main()
