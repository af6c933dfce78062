"""Trains what a run of ssl-vit was configured to train, in PyTorch, and writes the encoder that is judged as a folder of timm.

usage: python peer_train.py CONFIG ORDER OUT --threads N [--save-every SECONDS]      The last line is one JSON object.
needs (PyPI): benchmarks/reference/requirements.txt

CONFIG is a run's config.resolved.json: model, method, views, optimizer, batch size and seed are taken from it. ORDER holds files of images, the label of each of these, the steps of an
epoch, and which images each step sees. The order is the run's; weights, augmentations and masks are drawn here.
OUT gets config.json, model.safetensors, and metrics.jsonl with a line a step. While it trains there is state.pt as well: started again with the same, it goes on from there.
"""
import argparse
import json
import math
import resource
import sys
import time
from functools import partial
from pathlib import Path

import lightly
import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch.utils.data import DataLoader

from peer_methods import METHODS
from peer_recipe import Progress, Recipe
from peer_state import Saved, batch_with_states, identity_of, start_worker
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


def tell_progress(step, first, count, loss, started, told):
    """Says every so often how far the steps from `first` on are, as `ssl-vit pretrain` does. Returns when something was said last."""
    now = time.perf_counter()
    if now - told < SECONDS_BETWEEN_LINES:
        return told
    print(f"step {step}/{count} · loss {loss:.4f} · {(now - started) / (step - first) * (count - step):.0f} s left", file=sys.stderr, flush=True)
    return now


def take_steps(run, method, views_of_steps, count, steps, steps_per_epoch, out, saved=None):
    """Trains a step for each of the `count` items that is left, of `steps` that the rates are for. A line a step goes to metrics.jsonl."""
    recipe = Recipe(run["optimizer"], method, run["batchSize"])
    first = 0 if saved is None else saved.steps
    started = told = time.perf_counter()
    with open(out / "metrics.jsonl", "r+" if first > 0 else "w") as metrics:
        if saved is not None:
            saved.restore(method, recipe.optimizer, metrics)
        for step, views in enumerate(views_of_steps, first):
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
            told = tell_progress(step + 1, first, count, loss.item(), started, told)
            if saved is not None:
                saved.after_step(step + 1, method, recipe.optimizer, metrics)


def method_of(run):
    return METHODS[run["method"]["name"]](run["encoder"], run["method"]["options"]).train()


def train(run, order, out, saved):
    torch.manual_seed(run["seed"])
    images, labels = read_images(order["files"])
    if labels != order["labels"]:
        raise ValueError(f"{order['files']}: expected the labels of ORDER, image by image, received others: the order of the images would not be the run's")
    method, batches = method_of(run), order["batches"]
    worker = None if saved.state is None else saved.state["worker"]
    # One worker process, as the run has one worker thread.
    loader = DataLoader(ViewDataset(images, run["views"]), batch_sampler=batches[saved.steps :], num_workers=1, prefetch_factor=2, collate_fn=batch_with_states, worker_init_fn=partial(start_worker, worker))
    take_steps(run, method, saved.batches(loader), len(batches), len(batches), order["stepsPerEpoch"], out, saved)
    write_encoder(method.encoder, run["encoder"], run["views"]["normalize"], out)
    return sum(parameter.numel() for parameter in method.parameters() if parameter.requires_grad)


def main():
    parser = argparse.ArgumentParser()
    for name in ("config", "order", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--save-every", type=float, default=20)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    started = time.perf_counter()
    run, order = json.loads(options.config.read_text())["run"], json.loads(options.order.read_text())
    builds = {library.__name__: library.__version__ for library in (torch, torchvision, timm, lightly)}
    saved = Saved(options.out / "state.pt", identity_of(run, order, options.threads, builds), options.save_every)
    first = saved.steps
    trained = train(run, order, options.out, saved)
    # One that went on was not timed as a whole.
    times = {"training_seconds": time.perf_counter() - started, "cpu_seconds": cpu_seconds()} if first == 0 else {"resumed_from": first}
    print(json.dumps({**times, "trained_parameters": trained, "builds": builds}))


if __name__ == "__main__":
    main()
