"""Reads a TensorBoard event file, whole and cut off at many bytes, with TensorBoard's own reader: python read_events.py FILE CUTS

Prints JSON: the scalars of the whole file as {tag: [[step, value], ...]}, and of each cut how many records could be read.
"""

import json
import os
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

path, cuts = sys.argv[1], [int(cut) for cut in sys.argv[2].split(",")]


def records(file):
    return list(EventFileLoader(file).Load())


scalars = {}
for event in records(path):
    for value in event.summary.value:
        number = value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value
        scalars.setdefault(value.tag, []).append([event.step, number])

with open(path, "rb") as file:
    content = file.read()
counts = []
with tempfile.TemporaryDirectory() as folder:
    for cut in cuts:
        part = os.path.join(folder, f"events.out.tfevents.{cut}")
        with open(part, "wb") as file:
            file.write(content[:cut])
        counts.append(len(records(part)))
print(json.dumps({"scalars": scalars, "counts": counts}))
