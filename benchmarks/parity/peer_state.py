"""Keeps what a training needs to go on from a step with the very numbers of one that was not stopped."""
import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import default_collate

HERE = Path(__file__).parent


def random_states():
    """Where the random numbers of this process are."""
    kind, keys, *rest = np.random.get_state()
    return {"torch": torch.get_rng_state(), "python": random.getstate(), "numpy": (kind, keys.tolist(), *rest)}


def set_random_states(states):
    torch.set_rng_state(states["torch"])
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])


def batch_with_states(samples):
    """A batch, and where the random numbers of the worker that made it are then: it works ahead of the steps."""
    return default_collate(samples), random_states()


def start_worker(states, _worker):
    """A worker draws on from `states`, where there are any. It is the training's to stop, whose handlers a fork brings along."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if states is not None:
        set_random_states(states)


def identity_of(*parts):
    """Of what makes a training the one that it is: `parts`, and the code."""
    code = [path.read_text() for path in sorted(HERE.glob("peer_*.py"))]
    return hashlib.sha256(json.dumps([parts, code], sort_keys=True).encode()).hexdigest()


class Saved:
    """A training's state in a file: written every `seconds`, and before the process ends by SIGINT or SIGTERM. Never half of one is there."""

    def __init__(self, path, identity, seconds):
        self.path, self.identity, self.seconds = path, identity, seconds
        self.state, self.worker, self.stopped_by = self.load(), None, None
        self.saved_at = time.perf_counter()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)

    def load(self):
        if not self.path.exists():
            return None
        state = torch.load(self.path, weights_only=True)
        if state["identity"] == self.identity:
            return state
        print(f"{self.path.name} is of another training, code or version: this one begins anew", file=sys.stderr)
        return None

    def stop(self, number, _frame):
        self.stopped_by = number

    @property
    def steps(self):
        """Steps that are done."""
        return 0 if self.state is None else self.state["steps"]

    def restore(self, method, optimizer, metrics):
        if self.state is None:
            return
        method.load_state_dict(self.state["method"])
        optimizer.load_state_dict(self.state["optimizer"])
        # Lines of steps that are taken again.
        metrics.seek(self.state["logged"])
        metrics.truncate()

    def batches(self, loader):
        """The loader's batches, which note where its worker is."""
        iterator = iter(loader)
        # Only now: a loader draws a number for its worker.
        if self.state is not None:
            set_random_states(self.state["random"])
            self.state = None
        for views, self.worker in iterator:
            yield views

    def after_step(self, steps, method, optimizer, metrics):
        """Saves when it is time to; ends the process when it was asked to end."""
        if self.stopped_by is None and time.perf_counter() - self.saved_at < self.seconds:
            return
        metrics.flush()
        os.fsync(metrics.fileno())
        state = {"identity": self.identity, "steps": steps, "method": method.state_dict(), "optimizer": optimizer.state_dict(), "random": random_states(), "worker": self.worker, "logged": metrics.tell()}
        unfinished = self.path.with_name(f"{self.path.name}.unfinished")
        with open(unfinished, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, self.path)
        self.saved_at = time.perf_counter()
        if self.stopped_by is not None:
            sys.exit(128 + self.stopped_by)
