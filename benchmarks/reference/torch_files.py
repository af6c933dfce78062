"""Golden file of @ssl-vit/weights: files of torch.save as they are, and what torch.load finds in them, as float32.

    pip install numpy==2.4.6 torch==2.15.0
    python benchmarks/reference/torch_files.py packages/weights/test/golden/torch-files.json

Those of "refused" hold more than weights: a module, a function that Python would call, tensors that are no plain arrays.
"""

import argparse
import base64
import io
import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn


def text(data):
    return base64.b64encode(data).decode("ascii")


def numbers(count, start=0):
    return torch.arange(start, start + count, dtype=torch.float32) * 0.37 - 1.5


def every_type():
    values = numbers(6).reshape(2, 3)
    types = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8"]
    tensors = {name: (values * 10).to(getattr(torch, name)) for name in types}
    return {**tensors, "uint8": torch.tensor([0, 1, 255], dtype=torch.uint8), "bool": torch.tensor([True, False]), "scalar": torch.tensor(7), "empty": torch.zeros(0, 3)}


def later_types():
    """Types without a storage class of their own."""
    values = numbers(6).reshape(3, 2)
    return {
        "uint16": torch.tensor([0, 65535], dtype=torch.uint16),
        "uint32": torch.tensor([3, 4294967040], dtype=torch.uint32),
        "e4m3": values.to(torch.float8_e4m3fn),
        "e5m2": values.to(torch.float8_e5m2),
    }


def views():
    base = numbers(24)
    grid = base.reshape(2, 3, 4)
    return {
        "base": base,
        "transposed": grid.transpose(0, 2),
        "slice": grid[:, 1:, ::2],
        "row": base[5:11],
        "tied": base,
        "repeated": base[3:4].expand(2, 3),
        "single": grid[1:, :1].transpose(0, 1),
        "empty slice": base[24:],
        "parameter": nn.Parameter(numbers(4, 100)),
    }


def model():
    layers = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    with torch.no_grad():
        for i, parameter in enumerate(layers.parameters()):
            parameter.copy_(numbers(parameter.numel(), 10 * i).reshape(parameter.shape))
    return layers


def checkpoint():
    """As DINO writes it."""
    student, teacher = model(), model()
    optimizer = torch.optim.AdamW(student.parameters())
    student(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    options = argparse.Namespace(
        arch="vit_small", lr=5e-4, epochs=2**40, use_fp16=True, seed=None, output_dir=pathlib.PurePosixPath("/a/b"), device=torch.device("cpu"), size=torch.Size([2, 3]),
        best=np.float64(0.25), count=np.int64(-3), huge=2**70, crops=(0.4, 1.0), names=["a", "ü"], nested={"b": {1: b"bytes"}}, dtype=torch.bfloat16,
    )
    return {
        "student": {f"module.{name}": tensor for name, tensor in student.state_dict().items()},
        "teacher": {name: tensor * 2 for name, tensor in teacher.state_dict().items()},
        "optimizer": optimizer.state_dict(),
        "epoch": 7,
        "args": options,
        "dino_loss": {"center": numbers(4).reshape(1, 4)},
    }


def sentence():
    """Not more than what Python would print."""

    class Speaks:
        def __reduce__(self):
            return (print, ("This ran.",))

    return {"weight": numbers(2), "hook": Speaks()}


address = torch._C.StorageBase._cdata
ordinals = {}
# Old files name storages by their addresses, which differ from run to run: here by the order in which they come.
torch.UntypedStorage._cdata = property(lambda storage: ordinals.setdefault(address.__get__(storage), 1000 + len(ordinals)))


def saved(value, **options):
    ordinals.clear()
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def held(state):
    plain = {name: tensor.detach().to(torch.float32).contiguous().numpy() for name, tensor in state.items() if isinstance(tensor, torch.Tensor)}
    return {name: {"shape": list(values.shape), "values": text(values.tobytes())} for name, values in plain.items()}


def case(name, value, inside=None, **options):
    data = saved(value, **options)
    loaded = torch.load(io.BytesIO(data), weights_only=False)
    return {"name": name, "file": text(data), **({} if inside is None else {"inside": inside}), "tensors": held(loaded if inside is None else loaded[inside])}


def main(path):
    old = {"_use_new_zipfile_serialization": False}
    torch.manual_seed(0)
    cases = [
        case("every type", every_type()),
        case("every type, before 1.6", every_type(), **old),
        case("types that came later", later_types()),
        case("views", views()),
        case("views, before 1.6", views(), **old),
        case("a module's state dict", model().state_dict()),
        case("a module's state dict, before 1.6", model().state_dict(), **old),
        case("a checkpoint", checkpoint(), inside="teacher"),
        case("a checkpoint, before 1.6", checkpoint(), inside="student", **old),
        case("protocol 3", checkpoint(), inside="student", pickle_protocol=3),
        case("protocol 4", checkpoint(), inside="student", pickle_protocol=4),
        case("protocol 5", checkpoint(), inside="student", pickle_protocol=5),
    ]
    torch.serialization.set_crc32_options(False)
    cases.append(case("without checksums", {"weight": numbers(5)}))
    torch.serialization.set_crc32_options(True)
    refused = {
        "a module": saved(model()),
        "a call": saved(sentence()),
        "a call, before 1.6": saved(sentence(), **old),
        "complex numbers": saved({"a": torch.zeros(2, dtype=torch.complex64)}),
        "a sparse tensor": saved({"a": torch.eye(2).to_sparse()}),
        "a conjugated view": saved({"a": torch.zeros(2, dtype=torch.complex64).conj()}),
        "a NumPy array": saved({"a": torch.ones(1), "b": np.ones(2)}),
        "no names": saved([torch.ones(1)]),
        "one tensor": saved(torch.ones(1)),
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"cases": cases, "refused": {name: text(data) for name, data in refused.items()}}, file, indent=1)
        file.write("\n")


main(sys.argv[1])
