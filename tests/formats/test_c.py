"""Does the C header compile without a warning, answer as the network does, to the same bits however it is compiled?"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import networks
from lenet5 import datasets
from lenet5.architecture import ARCHITECTURES, Architecture
from lenet5.errors import WeightsError
from lenet5.formats import c as export
from lenet5.formats.quantise import Quantised, quantise
from lenet5.network import LeNet5

COMPILER = shutil.which("gcc")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="gcc is not installed: the header is compiled with it")

every_network = pytest.mark.parametrize("net", networks.NETWORKS, ids=networks.name)
WARNINGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror"]

# Reads pictures of 784 bytes, writes the penalties of each; without any it is the self-test.
PROGRAM = """
#include <stdio.h>
#define LENET5_SELF_TEST
#include "lenet5.h"
static lenet5_room room;
int main(void) {
    uint8_t pixels[784];
    float penalties[LENET5_CLASSES];
    int pictures = 0;
    while (fread(pixels, 1, 784, stdin) == 784) {
        lenet5_predict(&room, pixels, penalties);
        fwrite(penalties, sizeof(float), LENET5_CLASSES, stdout);
        pictures++;
    }
    return pictures ? 0 : lenet5_self_test(&room);
}
"""


def network_of(net: Architecture, rng: np.random.Generator) -> LeNet5:
    return LeNet5(net, networks.start(net, rng))


@pytest.fixture
def digits(rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (20, 28, 28), dtype=np.uint8)


def compiled(folder: Path, network: LeNet5, quantised: Quantised | None, *flags: str) -> Path:
    export.write(folder / "lenet5.h", network, quantised=quantised)
    (folder / "main.c").write_text(PROGRAM)
    program = folder / f"program{'-'.join(flags)}"
    command = [str(COMPILER), *WARNINGS, *flags, "main.c", "-o", program.name, "-lm"]
    subprocess.run(command, cwd=folder, check=True)
    return program


def answers(program: Path, classes: int, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    done = subprocess.run([program], input=pictures.tobytes(), stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, np.float32).reshape(-1, classes)


def self_test(program: Path) -> int:
    return subprocess.run([program], stdin=subprocess.DEVNULL, check=False).returncode


@every_network
def test_floats_are_within_rounding_of_the_network(
    net: Architecture, rng: np.random.Generator, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    network = network_of(net, rng)
    program = compiled(tmp_path, network, None, "-O2")
    np.testing.assert_allclose(answers(program, net.classes, digits), network.penalties(digits), rtol=1e-5, atol=1e-4)
    assert self_test(program) == 0


@every_network
def test_int8_is_the_arithmetic_of_quantise_to_the_bit(
    net: Architecture, rng: np.random.Generator, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    network = network_of(net, rng)
    quantised = quantise(network, digits)
    program = compiled(tmp_path, network, quantised, "-O2")
    found, ours = answers(program, net.classes, digits), quantised.penalties(digits)
    if quantised.codes is not None:
        np.testing.assert_array_equal(found, ours)
    else:  # the sums are the same bits, which the self-test compares; logarithms are the C library's own
        np.testing.assert_allclose(found, ours, rtol=1e-5, atol=1e-5)
    assert self_test(program) == 0


@pytest.mark.parametrize("bits", ["float", "int8"])
def test_the_same_bits_however_it_is_compiled(
    bits: str, rng: np.random.Generator, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    network = network_of(ARCHITECTURES["lenet5"], rng)
    quantised = None if bits == "float" else quantise(network, digits)
    flags: Any = [("-O0",), ("-O2", "-ffp-contract=off"), ("-O3", "-ffp-contract=off", "-march=native"), ("-Os",)]
    programs = [compiled(tmp_path, network, quantised, *some) for some in flags]
    first, *others = [answers(program, 10, np.concatenate([digits, digits])) for program in programs]
    assert first[:20].tobytes() == first[20:].tobytes()
    assert all(other.tobytes() == first.tobytes() for other in others)


def test_a_header_that_was_damaged_fails_its_self_test(
    rng: np.random.Generator, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    network = network_of(ARCHITECTURES["lenet5"], rng)
    compiled(tmp_path, network, quantise(network, digits))
    header = (tmp_path / "lenet5.h").read_text("utf-8")
    start = header.index("lenet5_c1_bias[6] = {") + len("lenet5_c1_bias[6] = {\n    ")
    (tmp_path / "lenet5.h").write_text(header[:start] + "9" + header[start:])
    subprocess.run([str(COMPILER), "main.c", "-o", "damaged", "-lm"], cwd=tmp_path, check=True)
    assert self_test(tmp_path / "damaged") != 0


def test_flash_and_ram_are_those_of_the_compiled_program(
    rng: np.random.Generator, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    network = network_of(ARCHITECTURES["lenet5"], rng)
    main = 'int main(void) { printf("%u", (unsigned)sizeof(lenet5_room)); return 0; }'
    (tmp_path / "main.c").write_text(f'#include <stdio.h>\n#include "lenet5.h"\n{main}\n')
    for quantised in (None, quantise(network, digits)):
        found = export.write(tmp_path / "lenet5.h", network, quantised=quantised)
        subprocess.run([str(COMPILER), "main.c", "-o", "room", "-lm"], cwd=tmp_path, check=True)
        ram = int(subprocess.run([tmp_path / "room"], stdout=subprocess.PIPE, check=True).stdout)
        assert found.ram == ram
        assert found.flash in (range(240_000, 245_000) if quantised is None else range(60_840, 65_000))


def test_names_that_would_end_a_comment_or_a_string_do_not(rng: np.random.Generator, tmp_path: Path) -> None:
    net = ARCHITECTURES["lenet5"]
    nasty = ['"', "*/", "\\", "??/", "//", "é", "a", "b", "c", "d"]
    network = LeNet5(net, networks.start(net, rng), {"classes": nasty})
    assert self_test(compiled(tmp_path, network, None)) == 0


TWO = """
#include <stdio.h>
#define LENET5_SELF_TEST
#define LETTERS_2_SELF_TEST
#include "lenet5.h"
#include "letters.h"
static lenet5_room room;
static letters_2_room other;
int main(void) {
    printf("%s %s", lenet5_classes[LENET5_CLASSES - 1], letters_2_classes[LETTERS_2_CLASSES - 1]);
    return lenet5_self_test(&room) + letters_2_self_test(&other);
}
"""


@pytest.mark.parametrize("bits", ["float", "int8"])
def test_two_headers_live_in_one_program(
    bits: str, rng: np.random.Generator, digits: NDArray[np.uint8], tmp_path: Path
) -> None:
    first = network_of(ARCHITECTURES["lenet5"], rng)
    letters = LeNet5(networks.SMALL, networks.start(networks.SMALL, rng), {"classes": ["A", "B", "lenet5_LENET5_C"]})
    export.write(tmp_path / "lenet5.h", first, quantised=quantise(first, digits) if bits == "int8" else None)
    quantised = quantise(letters, digits) if bits == "int8" else None
    export.write(tmp_path / "letters.h", letters, quantised=quantised, prefix="letters_2")
    (tmp_path / "main.c").write_text(TWO)
    command = [str(COMPILER), *WARNINGS, "-Wno-unused-function", "main.c", "-o", "two", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "two"], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "9 lenet5_LENET5_C"


@pytest.mark.parametrize("prefix", ["", "2nd", "Letters", "a-b", "a b", "é", "_x", "a" * 31, 'x"', "x\n"])
def test_a_prefix_that_is_no_name_of_c_is_refused(prefix: str, rng: np.random.Generator) -> None:
    with pytest.raises(WeightsError, match="expected a name of C"):
        export.header(network_of(ARCHITECTURES["lenet5"], rng), prefix=prefix)


def test_an_ensemble_is_refused(rng: np.random.Generator) -> None:
    from lenet5.ensemble import Ensemble

    with pytest.raises(WeightsError, match="holds one network"):
        export.header(Ensemble([network_of(ARCHITECTURES["lenet5"], rng)] * 2))


def test_a_thousand_digits_of_mnist(data_folder: Path, rng: np.random.Generator, tmp_path: Path) -> None:
    network = network_of(ARCHITECTURES["lenet5"], rng)
    test = datasets.load("mnist", "test", count=1000)
    found = answers(compiled(tmp_path, network, None, "-O2"), 10, test.images)
    ours = network.penalties(test.images)
    assert (found.argmin(axis=1) == ours.argmin(axis=1)).all()
    np.testing.assert_allclose(found, ours, rtol=1e-5, atol=1e-4)
