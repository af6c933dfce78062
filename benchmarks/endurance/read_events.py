"""Reads TensorBoard's event files with TensorBoard's own readers.

python read_events.py file FILE CUTS: one file, whole and cut off at many bytes. Prints JSON: the scalars of the whole file as {tag: [[step, value], ...]}, and of each cut how
many records could be read.
python read_events.py folder FOLDER: all files of a run, as TensorBoard shows them. Prints JSON: the scalars.
"""

import json
import os
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

ALL = 0


def records(file):
    return list(EventFileLoader(file).Load())


def scalars_of(file):
    scalars = {}
    for event in records(file):
        for value in event.summary.value:
            number = value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value
            scalars.setdefault(value.tag, []).append([event.step, number])
    return scalars


def counts_of(file, cuts):
    with open(file, "rb") as stream:
        content = stream.read()
    counts = []
    with tempfile.TemporaryDirectory() as folder:
        for cut in cuts:
            part = os.path.join(folder, f"events.out.tfevents.{cut}")
            with open(part, "wb") as stream:
                stream.write(content[:cut])
            counts.append(len(records(part)))
    return counts


def shown_of(folder):
    accumulator = EventAccumulator(folder, size_guidance={"scalars": ALL, "tensors": ALL})
    accumulator.Reload()
    # TensorBoard turns scalars into tensors as it reads them.
    tensors = {tag: [[event.step, event.tensor_proto.float_val[0]] for event in accumulator.Tensors(tag)] for tag in accumulator.Tags()["tensors"]}
    scalars = {tag: [[event.step, event.value] for event in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}
    return {**tensors, **scalars}


what, path = sys.argv[1:3]
if what == "folder":
    print(json.dumps({"scalars": shown_of(path)}))
else:
    print(json.dumps({"scalars": scalars_of(path), "counts": counts_of(path, [int(cut) for cut in sys.argv[3].split(",")])}))
