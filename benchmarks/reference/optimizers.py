"""Golden values for the optimizers and schedules of @ssl-vit/optim, in float64.

usage: python optimizers.py OUT.json      (packages/optim/test/golden/optimizers.json)
needs (PyPI): numpy==2.4.6

Written from the pseudo-code in PyTorch's documentation (torch.optim.AdamW, torch.optim.SGD, torch.nn.utils.clip_grad_norm_)
and from the formulas in facebookresearch/dino (utils.py: clip_gradients, cosine_scheduler, get_params_groups) and
facebookresearch/mae (util/lr_sched.py), independently of the TypeScript. Parameters and gradients are float32 numbers.
"""
import json
import math
import sys

import numpy as np

generator = np.random.default_rng(20240817)
SHAPES = {"block.weight": (3, 4), "block.bias": (4,), "norm.weight": (4,), "token": (1, 2, 3)}


def draw(shape, scale=1.0):
    return (generator.standard_normal(shape) * scale).astype(np.float32).astype(np.float64)


def encode(array):
    return [float(f"{value:.10g}") for value in array.ravel()]


# --- schedules: a value for each step of a run ---------------------------------------------------------------------------

def cosine_between(first, last, share):
    return last + (first - last) * 0.5 * (1.0 + math.cos(math.pi * share))


def schedule_value(options, step, total_steps, steps_per_epoch):
    epoch, epochs = step / steps_per_epoch, total_steps / steps_per_epoch
    kind = options["kind"]
    if kind == "constant":
        return options["value"]
    if kind == "linear":
        share = min(1.0, epoch / options["epochs"]) if "epochs" in options else step / total_steps
        return options["from"] + (options["to"] - options["from"]) * share
    if kind == "cosine":
        return cosine_between(options["from"], options["to"], step / total_steps)
    if kind == "warmupCosine":
        if epoch < options["warmupEpochs"]:
            return options["start"] + (options["peak"] - options["start"]) * epoch / options["warmupEpochs"]
        return cosine_between(options["peak"], options["end"], (epoch - options["warmupEpochs"]) / (epochs - options["warmupEpochs"]))
    if kind == "step":
        return options["values"][sum(epoch >= start for start in options["epochs"])]
    raise ValueError(kind)


def schedule_case(options, epochs=8, steps_per_epoch=3):
    total = epochs * steps_per_epoch
    values = [schedule_value(options, step, total, steps_per_epoch) for step in range(total)]
    return {"schedule": options, "epochs": epochs, "stepsPerEpoch": steps_per_epoch, "values": values}


# --- clipping ------------------------------------------------------------------------------------------------------------

def clip(gradients, max_norm, mode):
    """Returns the clipped gradients and their norm before clipping."""
    norms = {name: np.sqrt(np.sum(gradient**2)) for name, gradient in gradients.items()}
    total = math.sqrt(sum(norm**2 for norm in norms.values()))
    if not max_norm:
        return gradients, total
    coefficients = {name: min(1.0, max_norm / ((norms[name] if mode == "per-tensor" else total) + 1e-6)) for name in gradients}
    return {name: gradient * coefficients[name] for name, gradient in gradients.items()}, total


# --- update rules: torch.optim, one parameter at a time ------------------------------------------------------------------

def adamw(theta, gradient, state, rate, decay, betas):
    state["step"] = state.get("step", 0) + 1
    theta = theta - rate * decay * theta
    state["exp_avg"] = betas[0] * state.get("exp_avg", 0.0) + (1 - betas[0]) * gradient
    state["exp_avg_sq"] = betas[1] * state.get("exp_avg_sq", 0.0) + (1 - betas[1]) * gradient**2
    mean = state["exp_avg"] / (1 - betas[0] ** state["step"])
    mean_square = state["exp_avg_sq"] / (1 - betas[1] ** state["step"])
    return theta - rate * mean / (np.sqrt(mean_square) + 1e-8)


def sgd(theta, gradient, state, rate, decay, momentum):
    gradient = gradient + decay * theta
    if momentum:
        state["momentum_buffer"] = momentum * state["momentum_buffer"] + gradient if "momentum_buffer" in state else gradient
        gradient = state["momentum_buffer"]
    return theta - rate * gradient


def optimizer_case(description, recipe, batch_size, skipped=None, epochs=4, steps_per_epoch=3, gradient_scale=1.0):
    """`skipped` maps a parameter to the steps in which it has no gradient."""
    skipped = skipped or {}
    total = epochs * steps_per_epoch
    parameters = {name: draw(shape) for name, shape in SHAPES.items()}
    case = {"description": description, "recipe": recipe, "batchSize": batch_size, "epochs": epochs, "stepsPerEpoch": steps_per_epoch,
            "shapes": {name: list(shape) for name, shape in SHAPES.items()},
            "parameters": {name: encode(value) for name, value in parameters.items()}, "steps": []}
    states = {name: {} for name in SHAPES}
    base = recipe.get("learningRateBatch", 256)
    peak = recipe["learningRate"] * (batch_size / base if base else 1.0)
    rates = {"kind": "warmupCosine", "start": 0.0, "peak": peak, "end": recipe.get("minLearningRate", 0.0), "warmupEpochs": recipe.get("warmupEpochs", 0)}
    decays = {"kind": "cosine", "from": recipe["weightDecay"], "to": recipe.get("weightDecayEnd", recipe["weightDecay"])}
    for step in range(total):
        gradients = {name: draw(shape, gradient_scale) for name, shape in SHAPES.items() if step not in skipped.get(name, [])}
        clipped, norm = clip(gradients, recipe.get("clipNorm", 0), recipe.get("clipMode", "global"))
        rate = schedule_value(rates, step, total, steps_per_epoch)
        decay = schedule_value(decays, step, total, steps_per_epoch)
        for name, gradient in clipped.items():
            excluded = parameters[name].ndim == 1 or name.endswith(".bias")
            own_decay = 0.0 if excluded and not recipe.get("decayBiasAndNorm", False) else decay
            if recipe["name"] == "adamw":
                parameters[name] = adamw(parameters[name], gradient, states[name], rate, own_decay, recipe.get("betas", (0.9, 0.999)))
            else:
                parameters[name] = sgd(parameters[name], gradient, states[name], rate, own_decay, recipe.get("momentum", 0.9))
        case["steps"].append({"gradients": {name: encode(value) for name, value in gradients.items()}, "learningRate": rate, "weightDecay": decay,
                              "gradientNorm": norm, "parameters": {name: encode(value) for name, value in parameters.items()}})
    return case


def main():
    optimizers = [
        optimizer_case("AdamW, a parameter frozen in the first epoch and once later",
                       {"name": "adamw", "learningRate": 0.02, "weightDecay": 0.05, "betas": [0.9, 0.95]}, 256, skipped={"block.weight": [0, 1, 2, 7]}),
        optimizer_case("AdamW as DINO: warm-up, weight-decay cosine, per-tensor clipping, linear scaling",
                       {"name": "adamw", "learningRate": 0.02, "minLearningRate": 1e-4, "warmupEpochs": 1, "weightDecay": 0.04, "weightDecayEnd": 0.4,
                        "clipNorm": 1.5, "clipMode": "per-tensor"}, 64),
        optimizer_case("AdamW as MoCo v3: every parameter decayed, global clipping",
                       {"name": "adamw", "learningRate": 0.01, "weightDecay": 0.1, "decayBiasAndNorm": True, "clipNorm": 2.0}, 256, gradient_scale=0.7),
        optimizer_case("AdamW with tiny gradients, where epsilon counts",
                       {"name": "adamw", "learningRate": 0.01, "learningRateBatch": 0, "weightDecay": 0.0}, 32, gradient_scale=1e-8),
        optimizer_case("SGD with momentum, weight decay and another base batch",
                       {"name": "sgd", "learningRate": 0.05, "learningRateBatch": 512, "weightDecay": 0.01}, 256, skipped={"norm.weight": [0, 4]}),
        optimizer_case("SGD without momentum, global clipping",
                       {"name": "sgd", "learningRate": 0.1, "weightDecay": 0.0, "momentum": 0.0, "clipNorm": 1.0}, 256),
    ]
    schedules = [
        schedule_case({"kind": "constant", "value": 0.07}),
        schedule_case({"kind": "linear", "from": 0.996, "to": 1.0}),
        schedule_case({"kind": "linear", "from": 0.996, "to": 1.0, "epochs": 10.0}),
        schedule_case({"kind": "linear", "from": 0.04, "to": 0.07, "epochs": 2.5}),
        schedule_case({"kind": "cosine", "from": 0.996, "to": 1.0}),
        schedule_case({"kind": "warmupCosine", "peak": 5e-4, "end": 1e-6, "warmupEpochs": 2, "start": 1e-5}),
        schedule_case({"kind": "warmupCosine", "peak": 5e-4, "end": 0.0, "warmupEpochs": 0, "start": 0.0}),
        schedule_case({"kind": "step", "values": [1e-4, 1e-5, 1e-6], "epochs": [4, 7]}),
    ]
    with open(sys.argv[1], "w") as file:
        json.dump({"optimizers": optimizers, "schedules": schedules}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
