"""Golden file of @ssl-vit/weights: ViT-S/16 at 224 pixels in timm and transformers, in float64, with weights that a formula gives.

usage: python whole_models.py OUT.json      (packages/weights/test/golden/whole-models.json)
needs (PyPI): torch==2.15.0, timm==1.0.31, transformers==5.24.0, safetensors==0.8.0, numpy==2.4.6

timm's vit_small_patch16_224, transformers' ViTModel, Dinov2Model and ViTMAEForPreTraining: config.json and the names in model.safetensors are what the library itself
writes, and the library loads the values from such a folder again. The values are not in the golden file, as anyone can compute them:

    word(name, i)   key = CRC-32 of the name in UTF-8; x = key + i * 0x9E3779B9; x ^= x >> 16; x *= 0x21F0AAAD; x ^= x >> 15; x *= 0x735A2D97; x ^= x >> 15,
                    in unsigned numbers of 32 bits
    unit(name, i)   (word >> 8) / 2^23 - 1, in [-1, 1), exact in float32
    value(name, i)  of a tensor "...weight" with more than one axis: unit * sqrt(3 / values of one output); with one axis, a norm's: 1 + unit / 4;
                    of "...lambda1", LayerScale's: 1/2 + unit / 4; of all others (biases, tokens, positions): unit / 4. Rounded to float32.

The image [1, 3, 224, 224] is unit("image", i), MAE's noise unit("noise", i); i counts in row-major order. Gradients of encoders are those of the sum of tokens times
unit("loss_weight", i); those of MAE, of its loss.

Of tokens and of predicted patches: `rows` whole (base64 of float32), and of every row the mean and the mean square. Of a gradient, by the file's name: its norm, its
largest absolute value, and the values at the places word("NAME places", i) % size.
"""
import base64
import json
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import timm
import torch
from safetensors.torch import load_file, save_file
from timm.models import save_for_hf
from transformers import Dinov2Config, Dinov2Model, ViTConfig, ViTMAEConfig, ViTMAEForPreTraining, ViTModel

IMAGE_SHAPE = (1, 3, 224, 224)
PATCHES, DIM = 196, 384
SMALL = {"hidden_size": DIM, "num_hidden_layers": 12, "num_attention_heads": 6, "image_size": 224, "patch_size": 16}
#: Values of a gradient.
PLACES = 8


def words(name, count):
    x = np.uint32(zlib.crc32(name.encode())) + np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9)
    x = (x ^ (x >> 16)) * np.uint32(0x21F0AAAD)
    x = (x ^ (x >> 15)) * np.uint32(0x735A2D97)
    return x ^ (x >> 15)


def units(name, *shape):
    return torch.from_numpy((words(name, np.prod(shape)) >> 8) / 2**23 - 1).reshape(shape)


def values(name, shape):
    unit = units(name, *shape)
    if name.endswith("weight"):
        result = unit * (3 / np.prod(shape[1:])) ** 0.5 if len(shape) > 1 else 1 + unit / 4
    else:
        result = unit / 4 + (0.5 if name.endswith("lambda1") else 0)
    return result.float()


def base64_of(numbers):
    """What is 0 but for rounding (the gradient of a bias of keys) is 0, so that the file is the same on every machine."""
    numbers = np.asarray(numbers, np.float64)
    return base64.b64encode(np.where(np.abs(numbers) < 1e-10, 0, numbers).astype("<f4").tobytes()).decode()


def rounded(number):
    return float(f"{number.item():.8g}")


def summary(tensor, rows):
    """Of [1, N, D]."""
    table = tensor.detach()[0]
    return {"shape": list(tensor.shape), "largest": rounded(table.abs().max()), "rows": rows, "values": base64_of(table[rows].flatten()),
            "means": base64_of(table.mean(1)), "meanSquares": base64_of(table.square().mean(1))}


def gradient_summary(name, gradient):
    flat = gradient.flatten().numpy()
    places = words(f"{name} places", PLACES) % np.uint32(flat.size)
    return base64_of([np.linalg.norm(flat), np.abs(flat).max(), *flat[places]])


def with_formula(model, save, load):
    """The model with the formula's values, its config.json, and the shapes of its tensors by the file's names."""
    with tempfile.TemporaryDirectory() as folder:
        save(model, folder)
        file = Path(folder, "model.safetensors")
        shapes = {name: list(tensor.shape) for name, tensor in load_file(file).items()}
        save_file({name: values(name, shape) for name, shape in shapes.items()}, file, {"format": "pt"})
        return load(folder).double().eval(), json.loads(Path(folder, "config.json").read_text()), shapes


def gradients_of(model, save):
    """Under the names of the file, as the library itself translates its parameters': they are saved in the parameters' place. Whatever has none is left out."""
    for parameter in model.parameters():
        parameter.data = torch.full_like(parameter, torch.nan) if parameter.grad is None else parameter.grad
    with tempfile.TemporaryDirectory() as folder:
        save(model, folder)
        saved = load_file(Path(folder, "model.safetensors"))
    return {name: gradient_summary(name, gradient) for name, gradient in sorted(saved.items()) if not gradient.isnan().any()}


def save_timm(model, folder):
    save_for_hf(model, folder, safe_serialization=True)


def load_timm(folder):
    return timm.create_model(f"local-dir:{folder}", pretrained=True)


def save_transformers(model, folder):
    model.save_pretrained(folder)


def load_transformers(architecture):
    def load(folder):
        model, info = architecture.from_pretrained(folder, output_loading_info=True)
        assert not any(info.values()), info  # no weight is missing, unexpected or new
        return model

    return load


def encoder_case(model, save, load, tokens_of):
    model, config, shapes = with_formula(model, save, load)
    tokens = tokens_of(model, units("image", *IMAGE_SHAPE))
    (tokens * units("loss_weight", *tokens.shape)).sum().backward()
    rows = [0, 1, 2, 14, 15, 98, 99, 195, 196]
    return {"config": config, "tensors": shapes, "tokens": summary(tokens, rows), "gradients": gradients_of(model, save)}


def mae_case(config):
    model, config, shapes = with_formula(ViTMAEForPreTraining(config), save_transformers, load_transformers(ViTMAEForPreTraining))
    # Fixed, as MAE's authors have them; loading forgets it.
    for positions in (model.vit.embeddings.position_embeddings, model.decoder.decoder_pos_embed):
        positions.requires_grad_(False)
    noise = units("noise", 1, PATCHES)
    assert noise.unique().numel() == PATCHES
    output = model(units("image", *IMAGE_SHAPE), noise=noise)
    output.loss.backward()
    return {"config": config, "tensors": shapes, "prediction": summary(output.logits, [0, 1, 97, 194, 195]), "mask": "".join(str(int(bit)) for bit in output.mask[0]),
            "loss": rounded(output.loss), "gradients": gradients_of(model, save_transformers)}


def main(path):
    hidden = lambda model, image: model(image).last_hidden_state
    of_transformers = lambda architecture, config: encoder_case(architecture(config), save_transformers, load_transformers(architecture), hidden)
    encoders = {
        "timm": encoder_case(timm.create_model("vit_small_patch16_224"), save_timm, load_timm, lambda model, image: model.forward_features(image)),
        "ViTModel": of_transformers(ViTModel, ViTConfig(**SMALL, intermediate_size=4 * DIM)),
        "Dinov2Model": of_transformers(Dinov2Model, Dinov2Config(**SMALL)),
    }
    mae = mae_case(ViTMAEConfig(**SMALL, intermediate_size=4 * DIM, norm_pix_loss=True))
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"imageShape": IMAGE_SHAPE, "encoders": encoders, "maskedAutoencoder": mae}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
