"""One training step of a workload in PyTorch, timed: the same sizes as `ssl-vit bench step`, built from timm's and lightly's own parts.

usage: python peer_step.py simclr|mae|dino|embed [--precision float32|bfloat16] [--steps 6] [--warmup 2] [--threads 2]
Prints one JSON line with the names of `ssl-vit bench step --json`. Images are random; nothing is loaded.
"""
import argparse
import json
import resource
import statistics
import time
import warnings
from importlib.metadata import version

import timm
import torch
from lightly.loss import DINOLoss, NTXentLoss
from lightly.models import utils
from lightly.models.modules import DINOProjectionHead, MAEDecoderTIMM, MaskedVisionTransformerTIMM, SimCLRProjectionHead

warnings.filterwarnings("ignore")

# Of weights and images.
SEED = 0


def tiny():
    return timm.create_model("vit_tiny_patch16_224", img_size=32, patch_size=4, num_classes=0, dynamic_img_size=True)


def simclr(autocast):
    model = torch.nn.Sequential(tiny(), SimCLRProjectionHead(192, 2048, 128))
    images, criterion = torch.randn(128, 3, 32, 32), NTXentLoss(0.5)

    def loss():
        with autocast():
            embeddings = model(images)
        return criterion(*embeddings.float().chunk(2))

    return 64, model.parameters(), loss


def mae(autocast):
    batch, images = 16, torch.randn(16, 3, 224, 224)
    encoder = MaskedVisionTransformerTIMM(vit=timm.create_model("vit_small_patch16_224", num_classes=0))
    decoder = MAEDecoderTIMM(
        num_patches=196, patch_size=16, embed_dim=384, decoder_embed_dim=512, decoder_depth=8, decoder_num_heads=16, mlp_ratio=4.0
    )

    def loss():
        length = encoder.sequence_length
        kept, masked = utils.random_token_mask(size=(batch, length), mask_ratio=0.75)
        with autocast():
            visible = decoder.embed(encoder.encode(images=images, idx_keep=kept))
            tokens = utils.repeat_token(decoder.mask_token, (batch, length))
            decoded = decoder.decode(utils.set_at_index(tokens, kept, visible.type_as(tokens)))
            prediction = decoder.predict(utils.get_at_index(decoded, masked))
        target = utils.get_at_index(utils.patchify(images, 16), masked - 1)
        target = (target - target.mean(-1, keepdim=True)) / (target.var(-1, keepdim=True) + 1e-6).sqrt()
        return torch.nn.functional.mse_loss(prediction.float(), target)

    return batch, [*encoder.parameters(), *decoder.parameters()], loss


def dino(autocast):
    def network():
        return torch.nn.ModuleDict({"vit": tiny(), "head": DINOProjectionHead(192, 2048, 256, 4096)})

    student, teacher, criterion = network(), network().requires_grad_(False), DINOLoss(4096)
    teacher.load_state_dict(student.state_dict())
    large, small = torch.randn(32, 3, 32, 32), torch.randn(96, 3, 16, 16)

    def loss():
        for part in ("vit", "head"):
            utils.update_momentum(student[part], teacher[part], 0.996)
        with autocast():
            with torch.no_grad():
                target = teacher["head"](teacher["vit"](large))
            scores = [student["head"](student["vit"](images)) for images in (large, small)]
        return criterion([*target.float().chunk(2)], [*scores[0].float().chunk(2), *scores[1].float().chunk(6)])

    return 16, student.parameters(), loss


def embed(autocast):
    model, images = timm.create_model("vit_small_patch16_224", num_classes=0).eval(), torch.randn(32, 3, 224, 224)

    def features():
        with torch.no_grad(), autocast():
            model(images)

    return 32, None, features


parser = argparse.ArgumentParser()
parser.add_argument("workload", choices=["simclr", "mae", "dino", "embed"])
parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
parser.add_argument("--steps", type=int, default=6)
parser.add_argument("--warmup", type=int, default=2)
parser.add_argument("--threads", type=int, default=torch.get_num_threads())
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(SEED)
half = options.precision == "bfloat16"
images, parameters, run = globals()[options.workload](lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=half))
optimizer = None if parameters is None else torch.optim.AdamW(parameters, lr=1e-4, fused=True)
times = []
for step in range(options.warmup + options.steps):
    start = time.perf_counter()
    loss = run()
    if optimizer is not None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    if step >= options.warmup:
        times.append((time.perf_counter() - start) * 1e3)
result = {
    "workload": options.workload,
    "engine": f"pytorch {torch.__version__}",
    "versions": {name: version(name) for name in ("torch", "timm", "lightly")},
    "precision": options.precision,
    "threads": options.threads,
    "steps": options.steps,
    "warmup": options.warmup,
    "seed": SEED,
    "ms": statistics.median(times),
    "ms_min": min(times),
    "images_per_second": images / statistics.median(times) * 1e3,
    "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
}
print(json.dumps(result))
