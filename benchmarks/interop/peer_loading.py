"""Loads a folder of weights, adds up every value, and says how long that took and how much memory.

usage: python peer_loading.py WAY FOLDER --threads N     WAY: one of WAYS below. The last line is one JSON object. Imports do not count.

load_file gives tensors in the file's memory, which the system reads when they are looked at. load_state_dict copies them into a model of timm that is there before, with memory that
was written to before. to_empty builds the model as well, without start values, in memory that nobody has written to yet: what loadEncoder does. create_model (timm) and
from_pretrained (transformers) are what their users write.
"""
import argparse
import json
import resource
import time
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load_file

WAYS = ["load_file", "load_state_dict", "to_empty", "create_model", "from_pretrained"]
parser = argparse.ArgumentParser()
parser.add_argument("way", choices=WAYS)
parser.add_argument("folder")
parser.add_argument("--threads", type=int, required=True)
options = parser.parse_args()
torch.set_num_threads(options.threads)
file = Path(options.folder, "model.safetensors")
version = f"torch {torch.__version__}, safetensors {safetensors.__version__}"


def most_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ways():
    """The way asked for, with its library and its empty model there already."""
    if options.way == "load_file":
        return lambda: load_file(file), ""
    if options.way == "from_pretrained":
        import transformers

        transformers.logging.disable_progress_bar()
        return lambda: transformers.AutoModel.from_pretrained(options.folder).state_dict(), f", transformers {transformers.__version__}"
    import timm

    if options.way == "create_model":
        return lambda: timm.create_model(f"local-dir:{options.folder}", pretrained=True).state_dict(), f", timm {timm.__version__}"
    architecture = json.loads(Path(options.folder, "config.json").read_text())["architecture"]
    there = timm.create_model(architecture, num_classes=0) if options.way == "load_state_dict" else None

    def load():
        model = there
        if model is None:
            with torch.device("meta"):
                model = timm.create_model(architecture, num_classes=0)
            model.to_empty(device="cpu")
        model.load_state_dict(load_file(file))
        return model.state_dict()

    return load, f", timm {timm.__version__}"


load, library = ways()
before = most_memory()
used = time.process_time()
started = time.perf_counter()
tensors = load()
loaded = time.perf_counter()
# Factors of 1 that a Dinov2Model asks for are in the file, and not of the encoder that was written.
total = sum(tensor.sum().item() for name, tensor in tensors.items() if "layer_scale" not in name)
ended = time.perf_counter()
processor = time.process_time() - used
times = {"load_ms": (loaded - started) * 1e3, "sum_ms": (ended - loaded) * 1e3, "processor_ms": processor * 1e3}
print(json.dumps({"version": version + library, **times, "sum": total, "mb_before": before, "mb_peak": most_memory()}))
