"""Golden values for the optimizers and schedules of @ssl-vit/optim, in float64.

usage: python optimizers.py OUT.json      (packages/optim/test/golden/optimizers.json)
needs (PyPI): torch==2.15.0 timm==1.0.31 lightly==1.6.0 numpy==2.4.6

Run by others' code, independently of the TypeScript:
  updates         torch.optim.AdamW and SGD, timm.optim.Lamb, lightly's LARS (and timm's Lars, which must agree)
  clipping        torch.nn.utils.clip_grad_norm_ on each set of gradients that is clipped together
  learning rates  timm's CosineLRScheduler and MultiStepLRScheduler (torch's MultiStepLR must agree)
  cosines         lightly's cosine_schedule; straight lines: numpy
  layer decay     timm.optim.param_groups_layer_decay on timm's VisionTransformer
Who is in which group is restated here from the recipe's definition. Parameters and gradients are float32 numbers.
"""
import json
import sys

import numpy as np
import timm.optim
import timm.scheduler
import torch
from lightly.utils.lars import LARS
from lightly.utils.scheduler import cosine_schedule
from timm.models.vision_transformer import VisionTransformer

generator = np.random.default_rng(20240817)
SHAPES = {"block.weight": (3, 4), "block.bias": (4,), "norm.weight": (4,), "token": (1, 2, 3)}
HEADS = {"encoder.fc.weight": (3, 4), "encoder.norm.bias": (4,), "predictor.0.weight": (2, 3), "predictor.0.bias": (2,), "prototypes": (3, 2)}


def draw(shape, scale=1.0):
    return (generator.standard_normal(shape) * scale).astype(np.float32).astype(np.float64)


def encode(array):
    return [float(f"{value:.10g}") for value in np.asarray(array).ravel()]


# --- schedules: a value for each step of a run ---------------------------------------------------------------------------

def of_scheduler(build, peak, total_steps, **options):
    """The values of one of timm's schedulers."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    scheduler = build(optimizer, t_in_epochs=False, warmup_lr_init=options.pop("start", 0.0), **options)
    return [float(scheduler._get_lr(step)[0]) for step in range(total_steps)]


def warmup_cosine(peak, end, start, warmup_steps, total_steps, stretch=1.0):
    length = round(total_steps * stretch) - warmup_steps
    return of_scheduler(timm.scheduler.CosineLRScheduler, peak, total_steps, t_initial=length, lr_min=end, start=start, warmup_t=warmup_steps, warmup_prefix=True)


def warmup_step(peak, start, warmup_steps, milestones, factor, total_steps):
    # timm takes each step one update before its milestone, and says so; torch does not.
    values = of_scheduler(timm.scheduler.MultiStepLRScheduler, peak, total_steps, decay_t=[milestone + 1 for milestone in milestones],
                          decay_rate=factor, start=start, warmup_t=warmup_steps, warmup_prefix=False)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, factor)
    for step in range(total_steps):
        assert step < warmup_steps or np.isclose(values[step], scheduler.get_last_lr()[0], rtol=1e-12)
        optimizer.step()
        scheduler.step()
    return values


def schedule_values(options, total_steps, steps_per_epoch):
    kind = options["kind"]
    steps = np.arange(total_steps)
    length = round(total_steps * options.get("stretch", 1.0))
    if kind == "constant":
        return [options["value"]] * total_steps
    if kind == "linear":
        end = options["epochs"] * steps_per_epoch if "epochs" in options else length
        return np.interp(steps, [0, end], [options["from"], options["to"]]).tolist()
    if kind == "cosine":
        return [cosine_schedule(step, length + 1, options["from"], options["to"]) for step in range(total_steps)]
    if kind == "warmupCosine":
        return warmup_cosine(options["peak"], options["end"], options["start"], options["warmupEpochs"] * steps_per_epoch, total_steps, options.get("stretch", 1.0))
    if kind == "warmupStep":
        return warmup_step(options["peak"], options["start"], options["warmupEpochs"] * steps_per_epoch,
                           [epoch * steps_per_epoch for epoch in options["epochs"]], options["factor"], total_steps)
    if kind == "step":
        return [options["values"][sum(step >= start * steps_per_epoch for start in options["epochs"])] for step in range(total_steps)]
    raise ValueError(kind)


def schedule_case(options, epochs=8, steps_per_epoch=3):
    return {"schedule": options, "epochs": epochs, "stepsPerEpoch": steps_per_epoch, "values": schedule_values(options, epochs * steps_per_epoch, steps_per_epoch)}


def peak_rate(recipe, batch_size):
    base = recipe.get("learningRateBatch", 256)
    ratio = batch_size / base if base else 1.0
    return recipe["learningRate"] * (ratio ** 0.5 if recipe.get("learningRateRule") == "sqrt" else ratio)


def learning_rates(recipe, peak, total_steps, steps_per_epoch):
    start, warmup = recipe.get("warmupLearningRate", 0.0), recipe.get("warmupEpochs", 0) * steps_per_epoch
    if recipe.get("learningRateSchedule", "cosine") == "cosine":
        end = recipe.get("minLearningRate", recipe.get("minLearningRateShare", 0.0) * peak)
        return warmup_cosine(peak, end, start, warmup, total_steps, recipe.get("scheduleStretch", 1.0))
    milestones = [epoch * steps_per_epoch for epoch in recipe.get("learningRateSteps", [])]
    return warmup_step(peak, start, warmup, milestones, recipe.get("learningRateStepFactor", 0.1), total_steps)


# --- layer decay ---------------------------------------------------------------------------------------------------------

class FinalNormOnTop(VisionTransformer):
    """timm's ViT, with the final norm in the head's layer as in BEiT, MAE and DINOv2; timm's own matcher counts it to the last block."""

    def group_matcher(self, coarse=False):
        matcher = super().group_matcher(coarse)
        return {**matcher, "blocks": matcher["blocks"][:1]}


TINY = {"img_size": 4, "patch_size": 2, "in_chans": 1, "embed_dim": 4, "depth": 2, "num_heads": 1, "mlp_ratio": 1, "reg_tokens": 1, "num_classes": 2}


def our_name(name):
    return name if name.startswith("head.") else f"encoder.{name}"


def layer_factors(model_class, layer_decay):
    model = model_class(**TINY)
    names = {id(parameter): our_name(name) for name, parameter in model.named_parameters()}
    groups = timm.optim.param_groups_layer_decay(model, layer_decay=layer_decay)
    return {names[id(parameter)]: group["lr_scale"] for group in groups for parameter in group["params"]}


# --- optimizers ----------------------------------------------------------------------------------------------------------

def treatment(recipe, name, value, factors):
    """What a parameter's name and shape make of the recipe's rates."""
    vector = value.ndim <= 1 or name.endswith(".bias")
    matches = (group for group in recipe.get("groups", []) if (vector if group["match"] == "bias-and-norm" else name.startswith(group["match"])))
    group = next(matches, {})
    excluded = vector and not recipe.get("decayBiasAndNorm", False)
    mode = recipe.get("clipMode", "global")
    return {
        "rate": group.get("learningRateFactor", 1.0) * factors.get(name, 1.0),
        "decay": 0.0 if excluded else group.get("weightDecayFactor", 1.0),
        "constant": group.get("constantLearningRate", False),
        "adapted": not excluded,
        "set": None if group.get("unclipped") else {"global": "", "per-tensor": name, "per-module": name.split(".")[0]}[mode],
    }


def build_optimizer(recipe, parameter, adapted):
    """One for each parameter: only those with a gradient take a step, and count it."""
    kind, betas, momentum = recipe["name"], tuple(recipe.get("betas", (0.9, 0.999))), recipe.get("momentum", 0.9)
    if kind == "adamw":
        return torch.optim.AdamW([parameter], betas=betas, eps=1e-8)
    if kind == "sgd":
        return torch.optim.SGD([parameter], momentum=momentum)
    if kind == "lamb":
        return timm.optim.Lamb([parameter], betas=betas, max_grad_norm=None, always_adapt=adapted)
    joint = recipe.get("trustNorm", "joint") == "joint"
    return LARS([parameter], lr=0.0, momentum=momentum, trust_coefficient=recipe.get("trustCoefficient", 0.001), eps=0.0 if joint else 1e-8)


def decay_in_gradient(recipe, parameter, decay, adapted):
    """
    Barlow Twins', VICReg's, BYOL's and SimCLR's LARS divides by |g + decay * w|, lightly's by |g| + decay * |w|. Given the gradient with
    its decay, and a decay of its own that is as good as none (at exactly none it would not scale), lightly's does what theirs do.
    """
    if recipe["name"] != "lars" or recipe.get("trustNorm", "joint") != "joint":
        return decay
    parameter.grad.add_(parameter.detach(), alpha=decay)
    return 1e-300 if adapted else 0.0


def assert_timm_agrees(recipe, before, gradient, rate, decay, after):
    """timm's Lars has the same formula as lightly's: its first step must be the same."""
    parameter = torch.nn.Parameter(before.clone())
    parameter.grad = gradient.clone()
    timm.optim.Lars([parameter], lr=rate, momentum=0.9, weight_decay=decay, trust_coeff=recipe.get("trustCoefficient", 0.001)).step()
    assert torch.allclose(parameter, after, rtol=1e-12, atol=0)


def optimizer_case(description, recipe, batch_size, skipped=None, zero=(), epochs=4, steps_per_epoch=3, gradient_scale=1.0, shapes=None, factors=None):
    """`skipped` maps a parameter to the steps in which it has no gradient; those of `zero` begin at zero."""
    skipped, shapes, factors = skipped or {}, shapes or SHAPES, factors or {}
    total = epochs * steps_per_epoch
    start = {name: draw(shape) * (0.0 if name in zero else 1.0) for name, shape in shapes.items()}
    parameters = {name: torch.nn.Parameter(torch.from_numpy(value)) for name, value in start.items()}
    case = {"description": description, "recipe": recipe, "batchSize": batch_size, "epochs": epochs, "stepsPerEpoch": steps_per_epoch,
            "shapes": {name: list(shape) for name, shape in shapes.items()}, "parameters": {name: encode(value) for name, value in start.items()}, "steps": []}
    treatments = {name: treatment(recipe, name, value, factors) for name, value in start.items()}
    optimizers = {name: build_optimizer(recipe, parameter, treatments[name]["adapted"]) for name, parameter in parameters.items()}
    peak = peak_rate(recipe, batch_size)
    rates = learning_rates(recipe, peak, total, steps_per_epoch)
    decays = schedule_values({"kind": "cosine", "from": recipe["weightDecay"], "to": recipe.get("weightDecayEnd", recipe["weightDecay"]),
                              "stretch": recipe.get("scheduleStretch", 1.0)}, total, steps_per_epoch)
    for step in range(total):
        gradients = {name: draw(shape, gradient_scale) for name, shape in shapes.items() if step not in skipped.get(name, [])}
        for name, parameter in parameters.items():
            parameter.grad = torch.from_numpy(gradients[name].copy()) if name in gradients else None
        active = [parameters[name] for name in gradients]
        norm = float(torch.nn.utils.get_total_norm([parameter.grad for parameter in active]))
        if recipe.get("clipNorm"):
            for together in {treatments[name]["set"] for name in gradients} - {None}:
                torch.nn.utils.clip_grad_norm_([parameters[name] for name in gradients if treatments[name]["set"] == together], recipe["clipNorm"])
        for name in gradients:
            parameter, own = parameters[name], treatments[name]
            rate = (peak if own["constant"] else rates[step]) * own["rate"]
            decay = decay_in_gradient(recipe, parameter, decays[step] * own["decay"], own["adapted"])
            before, gradient = parameter.detach().clone(), parameter.grad.clone()
            optimizers[name].param_groups[0].update(lr=rate, weight_decay=decay)
            optimizers[name].step()
            if recipe.get("trustNorm") == "separate" and len(case["steps"]) == 0:
                assert_timm_agrees(recipe, before, gradient, rate, decay, parameter.detach())
        case["steps"].append({"gradients": {name: encode(value) for name, value in gradients.items()}, "learningRate": rates[step], "weightDecay": decays[step],
                              "gradientNorm": norm, "parameters": {name: encode(value.detach()) for name, value in parameters.items()}})
    return case


def optimizer_cases():
    vit = {our_name(name): tuple(parameter.shape) for name, parameter in VisionTransformer(**TINY).named_parameters()}
    return [
        optimizer_case("AdamW, a parameter frozen in the first epoch and once later",
                       {"name": "adamw", "learningRate": 0.02, "weightDecay": 0.05, "betas": [0.9, 0.95]}, 256, skipped={"block.weight": [0, 1, 2, 7]}),
        optimizer_case("AdamW as DINO: warm-up, weight-decay cosine, per-tensor clipping, linear scaling",
                       {"name": "adamw", "learningRate": 0.02, "minLearningRate": 1e-4, "warmupEpochs": 1, "weightDecay": 0.04, "weightDecayEnd": 0.4,
                        "clipNorm": 1.5, "clipMode": "per-tensor"}, 64),
        optimizer_case("AdamW as MoCo v3: every parameter decayed, global clipping",
                       {"name": "adamw", "learningRate": 0.01, "weightDecay": 0.1, "decayBiasAndNorm": True, "clipNorm": 2.0}, 256, gradient_scale=0.7),
        optimizer_case("AdamW with tiny gradients, where epsilon counts",
                       {"name": "adamw", "learningRate": 0.01, "learningRateBatch": 0, "weightDecay": 0.0}, 32, gradient_scale=1e-8),
        optimizer_case("AdamW as DINOv2: root scaling from 1024, layer decay, slower patch embedding, clipping module by module",
                       {"name": "adamw", "learningRate": 0.02, "learningRateBatch": 1024, "learningRateRule": "sqrt", "minLearningRate": 1e-6, "warmupEpochs": 1,
                        "weightDecay": 0.04, "weightDecayEnd": 0.2, "layerDecay": 0.9, "groups": [{"match": "encoder.patch_embed.", "learningRateFactor": 0.2}],
                        "clipNorm": 3.0, "clipMode": "per-module"}, 512, epochs=2, shapes=vit, factors=layer_factors(FinalNormOnTop, 0.9)),
        optimizer_case("AdamW as MSN: warm-up from a rate, never scaled, cosines stretched 1.25 times, prototypes neither decayed nor clipped",
                       {"name": "adamw", "learningRate": 1e-2, "learningRateBatch": 0, "warmupEpochs": 1, "warmupLearningRate": 2e-3, "minLearningRate": 1e-5,
                        "scheduleStretch": 1.25, "weightDecay": 0.04, "weightDecayEnd": 0.4, "clipNorm": 3.0,
                        "groups": [{"match": "prototypes", "weightDecayFactor": 0, "unclipped": True}]}, 1024, steps_per_epoch=4, shapes=HEADS),
        optimizer_case("AdamW as SimMIM: a step down, a base batch of 512",
                       {"name": "adamw", "learningRate": 0.01, "learningRateBatch": 512, "learningRateSchedule": "step", "learningRateSteps": [3], "warmupEpochs": 1,
                        "warmupLearningRate": 1e-3, "weightDecay": 0.05, "clipNorm": 5.0}, 1024),
        optimizer_case("AdamW as DINOv3: the rate kept after the warm-up",
                       {"name": "adamw", "learningRate": 0.01, "learningRateBatch": 0, "learningRateSchedule": "constant", "warmupEpochs": 2, "weightDecay": 0.04}, 64),
        optimizer_case("SGD with momentum, weight decay and another base batch",
                       {"name": "sgd", "learningRate": 0.05, "learningRateBatch": 512, "weightDecay": 0.01}, 256, skipped={"norm.weight": [0, 4]}),
        optimizer_case("SGD without momentum, global clipping",
                       {"name": "sgd", "learningRate": 0.1, "weightDecay": 0.0, "momentum": 0.0, "clipNorm": 1.0}, 256),
        optimizer_case("SGD as SimSiam: everything decayed, the predictor's rate constant",
                       {"name": "sgd", "learningRate": 0.05, "weightDecay": 1e-2, "decayBiasAndNorm": True,
                        "groups": [{"match": "predictor.", "constantLearningRate": True}]}, 512, shapes=HEADS),
        optimizer_case("LARS as Barlow Twins: biases and norms at another rate, neither decayed nor scaled, the end a share of the peak",
                       {"name": "lars", "learningRate": 20.0, "minLearningRateShare": 0.001, "warmupEpochs": 1, "weightDecay": 0.1,
                        "groups": [{"match": "bias-and-norm", "learningRateFactor": 0.024}]}, 512, skipped={"norm.weight": [0, 4], "token": [2]}),
        optimizer_case("LARS as SimCLR: weights that begin at zero, global clipping, root scaling",
                       {"name": "lars", "learningRate": 0.075 * 16, "learningRateRule": "sqrt", "trustCoefficient": 0.01, "weightDecay": 1e-4, "clipNorm": 1.0},
                       4096, zero=["block.weight"]),
        optimizer_case("LARS as SwAV: the sum of norms, every parameter, warm-up from a rate, prototypes frozen at first",
                       {"name": "lars", "learningRate": 4.8, "learningRateBatch": 0, "minLearningRate": 0.0048, "warmupEpochs": 1, "warmupLearningRate": 0.3,
                        "weightDecay": 0.05, "decayBiasAndNorm": True, "trustNorm": "separate", "trustCoefficient": 0.02}, 4096,
                       skipped={"prototypes": [0, 1, 2]}, shapes=HEADS),
        optimizer_case("LAMB: biases and norms neither decayed nor scaled, timm's default clipping",
                       {"name": "lamb", "learningRate": 0.02, "weightDecay": 0.05, "clipNorm": 1.0}, 256, skipped={"block.weight": [0, 5]}, zero=["token"]),
        optimizer_case("LAMB: every parameter, and no decay",
                       {"name": "lamb", "learningRate": 0.02, "weightDecay": 0.0, "decayBiasAndNorm": True, "betas": [0.9, 0.95]}, 256),
    ]


def main():
    schedules = [
        {"kind": "constant", "value": 0.07},
        {"kind": "linear", "from": 0.996, "to": 1.0},
        {"kind": "linear", "from": 0.996, "to": 1.0, "epochs": 10.0},
        {"kind": "linear", "from": 0.996, "to": 1.0, "stretch": 1.25},
        {"kind": "linear", "from": 0.04, "to": 0.07, "epochs": 2.5},
        {"kind": "cosine", "from": 0.996, "to": 1.0},
        {"kind": "cosine", "from": 0.04, "to": 0.4, "stretch": 1.25},
        {"kind": "warmupCosine", "peak": 5e-4, "end": 1e-6, "warmupEpochs": 2, "start": 1e-5},
        {"kind": "warmupCosine", "peak": 5e-4, "end": 0.0, "warmupEpochs": 0, "start": 0.0},
        {"kind": "warmupCosine", "peak": 1e-3, "end": 1e-6, "warmupEpochs": 2, "start": 2e-4, "stretch": 1.25},
        {"kind": "warmupStep", "peak": 1e-4, "epochs": [4, 7], "factor": 0.1, "warmupEpochs": 2, "start": 5e-7},
        {"kind": "warmupStep", "peak": 5e-5, "epochs": [], "factor": 0.1, "warmupEpochs": 3, "start": 0.0},
        {"kind": "step", "values": [1e-4, 1e-5, 1e-6], "epochs": [4, 7]},
    ]
    golden = {
        "optimizers": optimizer_cases(),
        "schedules": [schedule_case(options) for options in schedules],
        "layerDecay": {"layerDecay": 0.75, "finalNormOnTop": layer_factors(FinalNormOnTop, 0.75), "timm": layer_factors(VisionTransformer, 0.75)},
    }
    with open(sys.argv[1], "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
