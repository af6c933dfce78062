"""Golden values for @ssl-vit/losses, in float64. (`sigreg` has a script of its own.)

usage: python losses.py OUT.json      (packages/losses/test/golden/losses.json)
needs (PyPI): torch==2.15.0, lightly==1.6.0, numpy==2.4.6

Each case: {fn, args: [{shape, values}], options, value, grads: {argIndex: {shape, values}}}; gradients are those of the sum of the value.

By others' code alone:
- lightly's losses: barlowTwins, vicreg, koleo, msn, negativeCosine, ntXent, dinoCrossEntropy, swappedPrediction with its sinkhorn
- lightly's std_of_l2_normalized, times the root of the dimension: embeddingDeviation
- torch: smoothL1 (smooth_l1_loss), softmaxCrossEntropy (cross_entropy with probabilities)
By others' code, and once more by the formula, which must agree within 1e-12:
- sinkhornKnopp: lightly's sinkhorn; its alternating normalisation restated
- updateCenter: lightly's Center; equation 4 of DINO
- viewCrossEntropy: lightly's DINOLoss with a teacher of log-probabilities; the mean over pairs restated
- maskedPatchCrossEntropy: lightly's IBOTPatchLoss, where the weights are those of a mask; with any weights, restated with torch's cross_entropy
- maskedPatchMse: lightly's normalize_mean_var and torch's mse_loss of the removed patches; MAE's sum over all patches, weighted by the mask
- maskedPatchL1: torch's l1_loss of the removed patches; the same sum
Restated, the two statements agreeing within 1e-12: infoNce (MoCo v3's Algorithm 1 with torch's normalize and cross_entropy; its equation 1)
"""
import json
import sys

import numpy as np
import torch
from lightly.loss import BarlowTwinsLoss, DINOLoss, IBOTPatchLoss, KoLeoLoss, MSNLoss, NegativeCosineSimilarity, NTXentLoss, SwaVLoss, VICRegLoss
from lightly.loss.swav_loss import sinkhorn
from lightly.models.modules.center import Center
from lightly.models.utils import normalize_mean_var
from lightly.utils.debug import std_of_l2_normalized
from torch.nn import functional as F

from methods.tiny_vit import encode as encode_result

torch.set_default_dtype(torch.float64)

#: Lengths of rows: embeddings need not have length 1. Powers of two, see `draws`.
LENGTHS = torch.tensor([1.0, 4.0, 0.5, 8.0, 1.0, 0.25, 2.0])


def draws(seed):
    """Normal numbers, rounded to multiples of 1/128 and then scaled by a power of two: exact in float32, so that both sides compute with the same."""
    generator = np.random.default_rng(seed)
    return lambda *shape, scale=1.0: torch.from_numpy(np.round(128 * generator.standard_normal(shape)) / 128) * scale


def unequal(rows):
    """Rows of different lengths."""
    return rows * LENGTHS.repeat(len(rows))[: len(rows), None]


def encode_input(tensor):
    assert torch.equal(tensor, tensor.float().double()), "inputs are exact in float32"
    return {"shape": list(tensor.shape), "values": tensor.flatten().tolist()} | ({} if tensor.is_floating_point() else {"dtype": "int32"})


def encode(tensor):
    return encode_result(tensor) if tensor.is_floating_point() else encode_input(tensor)


def case(function, name, args, differentiated=(), **options):
    """What `function(*args, **options)` gives, and its gradients in the arguments at the places `differentiated`."""
    args = [arg.detach().clone().requires_grad_(index in differentiated) for index, arg in enumerate(args)]
    value = function(*args, **options)
    # Zeros where the value does not depend on an argument, as with a single global view, which only assigns.
    gradients = torch.autograd.grad(value.sum(), [args[index] for index in differentiated], materialize_grads=True) if differentiated else []
    return {"fn": name, "args": [encode_input(arg.detach()) for arg in args], "options": options, "value": encode(value),
            "grads": {str(index): encode(gradient) for index, gradient in zip(differentiated, gradients)}}


def agreed(first, second):
    """The first of two values that are to be the same."""
    assert first.shape == second.shape and torch.allclose(first, second, rtol=1e-12, atol=1e-12), (first, second)
    return first


def write(path, cases):
    with open(path, "w") as file:
        json.dump({"cases": cases}, file, separators=(",", ":"))
        file.write("\n")


def nt_xent(z0, z1, temperature):
    return NTXentLoss(temperature)(z0, z1)


def info_nce(query, key, temperature):
    cosines = F.normalize(query, dim=1) @ F.normalize(key.detach(), dim=1).T
    by_torch = F.cross_entropy(cosines / temperature, torch.arange(len(query)))
    exponentials = torch.exp(cosines / temperature)
    by_formula = -torch.log(exponentials.diagonal() / exponentials.sum(1)).mean()
    return 2 * temperature * agreed(by_torch, by_formula)


def negative_cosine(prediction, target):
    return NegativeCosineSimilarity()(prediction, target.detach())


def barlow_twins(z0, z1, redundancyWeight):
    return BarlowTwinsLoss(lambda_param=redundancyWeight)(z0, z1)


def vicreg(z0, z1, invarianceWeight, varianceWeight, covarianceWeight):
    return VICRegLoss(invarianceWeight, varianceWeight, covarianceWeight)(z0, z1)


def koleo(embeddings):
    return KoLeoLoss()(embeddings)


def msn(anchors, targets, prototypes, temperature, sharpenTemperature, sinkhornIterations, meanEntropyWeight):
    return MSNLoss(temperature, sinkhornIterations, meanEntropyWeight)(anchors, targets, prototypes, target_sharpen_temperature=sharpenTemperature)


def sinkhorn_knopp(scores, epsilon, iterations):
    assignments = torch.exp(scores / epsilon)
    assignments = assignments / assignments.sum()
    rows, prototypes = assignments.shape
    for _ in range(iterations):
        assignments = assignments / assignments.sum(0) / prototypes
        assignments = assignments / assignments.sum(1, keepdim=True) / rows
    return agreed(sinkhorn(scores, iterations, epsilon), rows * assignments)


def swapped_prediction(global_scores, local_scores, *queue_scores, temperature, epsilon, iterations):
    queues = [list(scores) for scores in queue_scores]
    return SwaVLoss(temperature, iterations, epsilon)(list(global_scores), list(local_scores), *queues).reshape(())


def dino_cross_entropy(student, teacher, center, studentTemperature, teacherTemperature):
    loss = DINOLoss(output_dim=len(center), student_temp=studentTemperature)
    loss.center.copy_(center)
    return loss(list(teacher.detach()), list(student), teacher_temp=teacherTemperature)


def view_cross_entropy(scores, targets, temperature):
    by_lightly = dino_cross_entropy(scores, torch.log(targets), torch.zeros(scores.shape[-1]), temperature, 1.0)
    pairs = [F.cross_entropy(view / temperature, target) for i, view in enumerate(scores) for j, target in enumerate(targets) if i != j]
    return agreed(by_lightly, torch.stack(pairs).mean())


def update_center(center, teacher, momentum):
    by_lightly = Center(size=(1, 1, len(center)), momentum=momentum)
    by_lightly.center.copy_(center)
    by_lightly.update(teacher)
    return agreed(by_lightly.value[0, 0], momentum * center + (1 - momentum) * teacher.flatten(0, 1).mean(0))


def masked_patch_cross_entropy(student, teacher, center, weights, studentTemperature, teacherTemperature, mask=None):
    targets = F.softmax((teacher.detach() - center) / teacherTemperature, dim=1)
    by_torch = (weights * F.cross_entropy(student / studentTemperature, targets, reduction="none")).sum()
    if mask is None:
        return by_torch
    loss = IBOTPatchLoss(output_dim=len(center), student_temp=studentTemperature, teacher_temp=teacherTemperature)
    loss.center.center.copy_(center)
    return agreed(loss(teacher.detach(), student, mask), by_torch)


def masked_mean(errors, mask):
    """MAE's: the mean over a patch, then over the removed patches of the batch."""
    return (errors.mean(-1) * mask).sum() / mask.sum()


def masked_patch_mse(prediction, target, mask, normalizeTarget):
    goal = normalize_mean_var(target) if normalizeTarget else target
    variance = target.sub(target.mean(-1, keepdim=True)).square().sum(-1, keepdim=True) / (target.shape[-1] - 1)
    restated = (target - target.mean(-1, keepdim=True)) / torch.sqrt(variance + 1e-6) if normalizeTarget else target
    return agreed(F.mse_loss(prediction[mask == 1], goal[mask == 1]), masked_mean((prediction - restated) ** 2, mask))


def masked_patch_l1(prediction, target, mask):
    return agreed(F.l1_loss(prediction[mask == 1], target[mask == 1]), masked_mean((prediction - target).abs(), mask))


def smooth_l1(prediction, target, beta=1.0):
    return F.smooth_l1_loss(prediction, target, beta=beta)


def softmax_cross_entropy(logits, targets):
    return F.cross_entropy(logits, targets, reduction="none")


def embedding_deviation(embeddings):
    return std_of_l2_normalized(embeddings) * embeddings.shape[1] ** 0.5


def pairs_of_views(draw):
    """Losses of two views' embeddings: batches smaller and larger than the dimension, rows of one length and of several."""
    cases = []
    for rows, dim, temperature in [(7, 5, 0.1), (4, 9, 0.5), (2, 3, 1.0), (6, 4, 0.07)]:
        z0, z1 = draw(rows, dim), unequal(draw(rows, dim))
        cases += [case(nt_xent, "ntXent", [z0, z1], (0, 1), temperature=temperature), case(info_nce, "infoNce", [z1, z0], (0,), temperature=temperature)]
    for rows, dim in [(6, 5), (1, 4), (3, 8)]:
        cases.append(case(negative_cosine, "negativeCosine", [unequal(draw(rows, dim)), draw(rows, dim)], (0,)))
    # Columns of different means and deviations; at half the scale, VICReg's hinge holds nearly every column, at twice hardly one.
    moved = lambda rows, dim: draw(rows, dim) * LENGTHS.repeat(2)[:dim] + draw(dim)
    for z0, z1, weight in [(draw(8, 4), draw(8, 4), 0.005), (draw(4, 9), draw(4, 9), 0.0051), (moved(6, 6), moved(6, 6), 0.1), (draw(3, 2), draw(3, 2), 1.0)]:
        cases.append(case(barlow_twins, "barlowTwins", [z0, z1], (0, 1), redundancyWeight=weight))
    for rows, dim, scale, weights in [(8, 4, 1.0, (25.0, 25.0, 1.0)), (4, 9, 0.5, (25.0, 25.0, 1.0)), (5, 6, 2.0, (1.0, 10.0, 0.5)), (2, 3, 1.0, (0.0, 1.0, 0.0))]:
        options = dict(zip(("invarianceWeight", "varianceWeight", "covarianceWeight"), weights))
        cases.append(case(vicreg, "vicreg", [draw(rows, dim, scale=scale), draw(rows, dim, scale=scale)], (0, 1), **options))
    return cases


def embeddings(draw):
    near = draw(6, 5)
    near[4] = near[1] + draw(5, scale=1 / 64)  # a neighbour much nearer than the others
    several = [unequal(draw(7, 5)), draw(2, 3), near, draw(9, 2)]
    return [case(koleo, "koleo", [rows], (0,)) for rows in several] + [case(embedding_deviation, "embeddingDeviation", [rows]) for rows in several[:3]]


def prototypes(draw):
    cases = []
    for rows, count, scale, options in [(7, 4, 0.25, dict(epsilon=0.05, iterations=3)), (5, 8, 0.5, dict(epsilon=0.25, iterations=5)),
                                        (6, 6, 2.0, dict(epsilon=1.0, iterations=1)), (3, 2, 1.0, dict(epsilon=0.5, iterations=10))]:
        cases.append(case(sinkhorn_knopp, "sinkhornKnopp", [draw(rows, count, scale=scale)], **options))
    swav = dict(temperature=0.1, epsilon=0.05, iterations=3)
    for views, others, queue, options in [(2, 3, 0, swav), (2, 0, 0, swav), (3, 1, 0, dict(temperature=0.5, epsilon=0.25, iterations=2)), (2, 2, 7, swav), (1, 1, 0, swav)]:
        scores = [draw(views, 5, 4, scale=0.25), draw(others, 5, 4, scale=0.25)] + ([draw(views, queue, 4, scale=0.25)] if queue else [])
        cases.append(case(swapped_prediction, "swappedPrediction", scores, (0, 1) if others else (0,), **options))
    for views, others, temperatures in [(2, 2, (0.1, 0.04)), (6, 2, (0.1, 0.07)), (4, 1, (0.2, 0.05)), (1, 2, (1.0, 0.5)), (3, 3, (0.5, 1.0))]:
        options = dict(zip(("studentTemperature", "teacherTemperature"), temperatures))
        student, teacher, center = draw(views, 3, 5, scale=0.5), draw(others, 3, 5, scale=0.25), draw(5, scale=0.25)
        cases.append(case(dino_cross_entropy, "dinoCrossEntropy", [student, teacher, center], (0,), **options))
        dyadic = torch.tensor([0.5, 0.25, 0.125, 0.0625, 0.0625])  # distributions that are exact in float32
        targets = torch.stack([dyadic[draw(5).argsort(stable=True)] for _ in range(3 * others)])
        cases.append(case(view_cross_entropy, "viewCrossEntropy", [student, targets.reshape(others, 3, 5)], (0,), temperature=temperatures[0]))
    for views, momentum in [(2, 0.9), (1, 0.0), (3, 0.5), (2, 1.0)]:
        cases.append(case(update_center, "updateCenter", [draw(4), draw(views, 3, 4)], momentum=momentum))

    # 1, 4, no and 2 masked patches of 6: weights of 1 / (masked patches · images), as IBOTPatchLoss has them.
    mask = torch.tensor([[0, 0, 1, 0, 0, 0], [1, 1, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 0]], dtype=torch.bool).reshape(4, 2, 3)
    shares = torch.tensor([1 / 4, *[1 / 16] * 4, *[1 / 8] * 2])
    for weights, of_mask, temperatures in [(shares, mask, (0.1, 0.04)), (shares, mask, (0.2, 0.5)), (draw(6).abs(), None, (0.1, 0.07)), (torch.ones(1), None, (1.0, 1.0))]:
        options = dict(zip(("studentTemperature", "teacherTemperature"), temperatures))
        scores = [draw(len(weights), 5, scale=0.5), draw(len(weights), 5, scale=0.25), draw(5, scale=0.25), weights]
        cases.append(case(lambda *args, **given: masked_patch_cross_entropy(*args, mask=of_mask, **given), "maskedPatchCrossEntropy", scores, (0,), **options))

    for views, batch, count, dim, *values in [(2, 4, 5, 6, 0.1, 0.25, 3, 1.0), (1, 5, 3, 4, 0.1, 0.25, 0, 0.0), (3, 2, 6, 3, 0.5, 0.5, 1, 5.0), (2, 3, 3, 2, 1.0, 1.0, 10, 0.5)]:
        options = dict(zip(("temperature", "sharpenTemperature", "sinkhornIterations", "meanEntropyWeight"), values))
        cases.append(case(msn, "msn", [unequal(draw(views * batch, dim)), draw(batch, dim), unequal(draw(count, dim))], (0, 2), **options))
    for rows, count, scale in [(5, 4, 1.0), (3, 7, 4.0)]:
        # The targets are any weights, of no certain sum.
        cases.append(case(softmax_cross_entropy, "softmaxCrossEntropy", [draw(rows, count, scale=scale), draw(rows, count).abs()], (0,)))
    return cases


def masked_content(draw):
    cases = []
    for batch, patches, dim, removed in [(2, 4, 6, [1, 0, 1, 1, 0, 0, 1, 0]), (3, 3, 4, [1, 1, 1, 0, 0, 1, 0, 0, 0]), (1, 2, 3, [1, 1])]:
        arguments = [draw(batch, patches, dim), draw(batch, patches, dim), torch.tensor(removed).reshape(batch, patches).double()]
        arguments[1][0, 0] *= 1 / 64  # a patch of little contrast
        cases += [case(masked_patch_mse, "maskedPatchMse", arguments, (0,), normalizeTarget=normalize) for normalize in (True, False)]
        cases.append(case(masked_patch_l1, "maskedPatchL1", arguments, (0,)))
    for shape, options in [((4, 5), {}), ((2, 3, 4), {"beta": 2.0}), ((9,), {"beta": 0.25})]:
        cases.append(case(smooth_l1, "smoothL1", [draw(*shape, scale=2.0), draw(*shape)], (0,), **options))
    return cases


def main():
    draw = draws(20020570)
    write(sys.argv[1], [*pairs_of_views(draw), *embeddings(draw), *prototypes(draw), *masked_content(draw)])


if __name__ == "__main__":
    main()
