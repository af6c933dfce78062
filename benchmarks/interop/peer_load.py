"""Loads exported encoders and compares what they give with what ours gave.

usage: python peer_load.py LIBRARY FOLDER...     LIBRARY: transformers, timm, onnxruntime. The last line is one JSON object.

Each folder holds hf/, timm/ or onnx/ as saveEncoder writes them, and golden.safetensors: images [B, C, Y, X], tokens [B, N, D], pooled [B, D]. Differences are the largest, divided by
the largest of ours; null where a shape is another or a number is not finite. Of a masked autoencoder prediction and loss stand in the place of tokens and pooled, for the noise in the file.
"""
import importlib
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

name, *folders = sys.argv[1:]
library = importlib.import_module(name)


def from_pretrained(model_class, folder):
    # Unexpected, missing and newly made weights are errors here.
    model, info = model_class.from_pretrained(folder / "hf", output_loading_info=True)
    wrong = {key: sorted(map(str, value)) for key, value in info.items() if value}
    assert not wrong, wrong
    return model.eval()


def masked(folder, images, noise):
    import torch

    model = from_pretrained(library.ViTMAEForPreTraining, folder)
    with torch.no_grad():
        output = model(torch.from_numpy(images), noise=torch.from_numpy(noise))
    return type(model).__name__, output.logits.numpy(), output.loss.numpy()


def in_transformers(folder, images):
    import torch

    model = from_pretrained(library.AutoModel, folder)
    processor = library.AutoImageProcessor.from_pretrained(folder / "hf")
    assert list(processor.image_mean), "image_mean"
    with torch.no_grad():
        output = model(torch.from_numpy(images))
    pooled = getattr(output, "pooler_output", None)
    return type(model).__name__, output.last_hidden_state.numpy(), None if pooled is None else pooled.numpy()


def in_timm(folder, images):
    import torch

    model = library.create_model(f"local-dir:{folder / 'timm'}", pretrained=True).eval()
    with torch.no_grad():
        tokens = model.forward_features(torch.from_numpy(images))
        pooled = model.forward_head(tokens, pre_logits=True)
    return type(model).__name__, tokens.numpy(), pooled.numpy()


def in_onnxruntime(folder, images):
    import onnx

    path = str(folder / "onnx" / "onnx" / "model.onnx")
    onnx.checker.check_model(path, full_check=True)
    session = library.InferenceSession(path, providers=["CPUExecutionProvider"])
    tokens, pooled = session.run(["last_hidden_state", "pooler_output"], {"pixel_values": images})
    one = session.run(["last_hidden_state"], {"pixel_values": images[:1]})[0]
    assert np.abs(one - tokens[:1]).max() <= 1e-4 * np.abs(tokens).max(), "one image beside two"
    return "model.onnx", tokens, pooled


def difference(theirs, ours):
    if theirs.shape != ours.shape or not np.isfinite(theirs).all():
        return None
    return float(np.abs(theirs - ours).max() / np.abs(ours).max())


load = {"transformers": in_transformers, "timm": in_timm, "onnxruntime": in_onnxruntime}[name]
results = {}
for folder in map(Path, folders):
    golden = load_file(folder / "golden.safetensors")
    has_decoder = "noise" in golden
    model, tokens, pooled = masked(folder, golden["images"], golden["noise"]) if has_decoder else load(folder, golden["images"])
    ours = [golden[key] for key in (["prediction", "loss"] if has_decoder else ["tokens", "pooled"])]
    results[folder.name] = {"model": model, "tokens": difference(tokens, ours[0]), **({} if pooled is None else {"pooled": difference(pooled, ours[1])})}
print(json.dumps({"version": library.__version__, "results": results}))
