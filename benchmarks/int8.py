"""What do eight bits cost? Error on MNIST's 10,000 test pictures in floats, in ONNX Runtime and in C compiled by gcc.

    python benchmarks/int8.py [NETWORK ...]

Quantised as by `lenet5 export --int8`. An ensemble has no C header.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import lenet5
from lenet5 import datasets
from lenet5.cli.export import MEASURED
from lenet5.ensemble import Ensemble
from lenet5.formats import c, onnx
from lenet5.formats.quantise import Quantised, QuantisedEnsemble, quantise

NETWORKS = ("lenet5", "lenet5-best", "lenet5-ensemble")
PROGRAM = """
#include <stdio.h>
#include "lenet5.h"
static lenet5_room room;
int main(void) {
    uint8_t pixels[784];
    float penalties[LENET5_CLASSES];
    while (fread(pixels, 1, 784, stdin) == 784) putchar(lenet5_predict(&room, pixels, penalties));
    return 0;
}
"""


def main() -> None:
    test = datasets.load("mnist", "test")
    drawn = datasets.load("drawn", "train", count=MEASURED).images
    print(f"{'error, %':16}{'floats':>8}{'ONNX':>8}{'C':>8}   answers changed")
    for name in sys.argv[1:] or NETWORKS:
        network = lenet5.load(name)
        before = network.predict(test.images)
        if isinstance(network, Ensemble):
            found = [_in_onnx(network, QuantisedEnsemble.of(network, drawn), test.images)]
        else:
            quantised = quantise(network, drawn)
            found = [_in_onnx(network, quantised, test.images), _in_c(network, quantised, test.images)]
        errors = [f"{100 * float((answers != test.labels).mean()):8.2f}" for answers in (before, *found)]
        changed = ", ".join(str(int((answers != before).sum())) for answers in found)
        print(f"{name:16}{''.join(errors):24}   {changed}", flush=True)


def _in_onnx(
    network: lenet5.LeNet5, quantised: Quantised | QuantisedEnsemble, digits: NDArray[np.uint8]
) -> NDArray[np.int64]:
    session = onnx.session(onnx.model(network, quantised=quantised).SerializeToString())
    parts = np.array_split(digits, 20)
    penalties = np.concatenate([session.run(["penalties"], {"pictures": part})[0] for part in parts])
    return np.asarray(penalties.argmin(axis=1), np.int64)


def _in_c(network: lenet5.LeNet5, quantised: Quantised, digits: NDArray[np.uint8]) -> NDArray[np.int64]:
    with tempfile.TemporaryDirectory() as folder:
        c.write(Path(folder, "lenet5.h"), network, quantised=quantised)
        Path(folder, "main.c").write_text(PROGRAM)
        subprocess.run(["gcc", "-std=c99", "-O2", "main.c", "-o", "main", "-lm"], cwd=folder, check=True)
        done = subprocess.run([Path(folder, "main")], input=digits.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, np.uint8).astype(np.int64)


if __name__ == "__main__":
    main()
