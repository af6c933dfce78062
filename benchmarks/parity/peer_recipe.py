"""A run's recipe as PyTorch has it: AdamW, rates that change with the step, clipped gradients.

Rates follow MAE's code (util/lr_sched.py: a straight line, then half a cosine, step by step) and DINO's (cosine_scheduler of utils.py).
"""
import math

import torch
from timm.optim import param_groups_weight_decay
from torch.nn.utils import clip_grad_norm_

KNOWN = {"name", "learningRate", "learningRateBatch", "minLearningRate", "warmupEpochs", "weightDecay", "weightDecayEnd", "betas", "clipNorm", "clipMode"}


class Progress:
    """Steps and epochs done."""

    def __init__(self, step, steps, steps_per_epoch):
        self.share = step / steps
        self.epoch = step / steps_per_epoch
        self.epochs = steps / steps_per_epoch


def half_cosine(start, end, share):
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def rate_at(schedule, progress):
    """A method's rate: a number, or what a schedule of @ssl-vit/optim is saved as."""
    if isinstance(schedule, (int, float)):
        return schedule
    kind = schedule["kind"]
    if kind == "constant":
        return schedule["value"]
    if kind == "cosine" and schedule.get("stretch", 1) == 1:
        return half_cosine(schedule["from"], schedule["to"], progress.share)
    if kind == "linear" and "epochs" in schedule:
        return schedule["from"] + (schedule["to"] - schedule["from"]) * min(1, progress.epoch / schedule["epochs"])
    raise ValueError(f"schedule: expected a constant, a cosine or a line, received {schedule}")


class Recipe:
    """torch.optim.AdamW with a run's rates. Biases, norms and other vectors are not decayed (timm's and DINO's habit)."""

    def __init__(self, recipe, model, batch_size):
        unknown = set(recipe) - KNOWN
        if unknown or recipe["name"] != "adamw":
            raise ValueError(f"optimizer: expected adamw with options of {sorted(KNOWN)}, received {recipe}")
        self.recipe = recipe
        reference = recipe.get("learningRateBatch", 256)
        self.peak = recipe["learningRate"] * (batch_size / reference if reference else 1)
        groups = param_groups_weight_decay(model, recipe["weightDecay"])
        self.parameters = [parameter for group in groups for parameter in group["params"]]
        self.optimizer = torch.optim.AdamW(groups, lr=self.peak, betas=tuple(recipe.get("betas", (0.9, 0.999))))

    def learning_rate(self, progress):
        warmup = self.recipe.get("warmupEpochs", 0)
        if progress.epoch < warmup:
            return self.peak * progress.epoch / warmup
        return half_cosine(self.peak, self.recipe.get("minLearningRate", 0), (progress.epoch - warmup) / (progress.epochs - warmup))

    def weight_decay(self, progress):
        start = self.recipe["weightDecay"]
        return half_cosine(start, self.recipe.get("weightDecayEnd", start), progress.share)

    def clip(self):
        """Shortens gradients to clipNorm, and gives their norm before that."""
        limit = self.recipe.get("clipNorm") or math.inf
        graded = [parameter for parameter in self.parameters if parameter.grad is not None]
        norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in graded]).item()
        if math.isfinite(limit):
            for part in [[parameter] for parameter in graded] if self.recipe.get("clipMode") == "per-tensor" else [graded]:
                clip_grad_norm_(part, limit)
        return norm

    def step(self, progress):
        learning_rate, weight_decay = self.learning_rate(progress), self.weight_decay(progress)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
            if group["weight_decay"] > 0:
                group["weight_decay"] = weight_decay
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return learning_rate
