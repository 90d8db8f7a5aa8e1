"""Do the declarations have the paper's sizes and counts, and does a wrong declaration say what is wrong?"""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lenet5.architecture import (
    ARCHITECTURES,
    LENET5,
    LENET5_LINEAR,
    LENET5_MAXPOOL,
    LENET5_SOFTMAX,
    NAMES,
    SQUASHES,
    TABLE_I,
    Architecture,
    Convolution,
    EuclideanRBF,
    FullConnection,
    Subsampling,
    all_of,
    architecture,
    output_size,
)
from lenet5.codes import codes
from lenet5.errors import ArchitectureError


def test_the_paper_has_60_000_trainable_parameters_and_340_908_connections() -> None:
    rows = LENET5.count()
    assert [row.trainable for row in rows] == [156, 12, 1_516, 32, 48_120, 10_164, 0]
    assert [row.fixed for row in rows] == [0, 0, 0, 0, 0, 0, 840]
    assert [row.connections for row in rows] == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]
    assert LENET5.parameters() == 60_000
    assert sum(row.connections for row in rows) == 340_908


@pytest.mark.parametrize(
    ("net", "trainable"), [(LENET5_LINEAR, 60_850), (LENET5_SOFTMAX, 60_850), (LENET5_MAXPOOL, 61_706)]
)
def test_the_other_networks_have_the_parameters_of_their_readings(net: Architecture, trainable: int) -> None:
    assert net.parameters() == trainable
    assert sum(math.prod(shape) for shape in net.shapes().values()) == trainable


def test_max_pooling_sees_every_map_and_trains_nothing() -> None:
    rows = {row.name: row for row in LENET5_MAXPOOL.count()}
    assert rows["c3"].trainable == 2_416
    assert rows["s2"].trainable == rows["s4"].trainable == 0
    assert rows["s2"].connections == 4 * 6 * 14 * 14


@pytest.mark.parametrize("net", ARCHITECTURES.values(), ids=lambda net: net.name)
def test_every_network_has_the_seven_layers_and_sizes_of_the_paper(net: Architecture) -> None:
    rows = net.count()
    assert tuple(row.name for row in rows) == NAMES
    assert [(row.maps, row.height, row.width) for row in rows] == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (120, 1, 1),
        (84, 1, 1),
        (10, 1, 1),
    ]
    assert [row.neurons for row in rows] == [4_704, 1_176, 1_600, 400, 120, 84, 10]


def test_a_count_says_how_it_comes_about() -> None:
    sums = {row.name: row.trainable_sum for row in LENET5.count()}
    assert sums["c1"] == "(5·5 + 1)·6 = 156"
    assert sums["c3"] == "5·5·60 + 16 = 1,516"
    assert sums["c5"] == "(5·5·16 + 1)·120 = 48,120"
    assert sums["output"] == "0 (84·10 = 840 fixed)"
    assert {row.name: row.connections_sum for row in LENET5.count()}["s2"] == "(2·2 + 1)·6·14·14 = 5,880"


@pytest.mark.parametrize("net", ARCHITECTURES.values(), ids=lambda net: net.name)
@pytest.mark.parametrize("size", [(32, 32), (32, 60), (45, 33)])
def test_every_sum_that_is_shown_comes_to_its_number(net: Architecture, size: tuple[int, int]) -> None:
    for row in net.count(*size):
        for shown, number in ((row.trainable_sum, row.trainable), (row.connections_sum, row.connections)):
            left, _, right = shown.split(" (")[0].partition(" = ")
            assert int((right or left).replace(",", "")) == number
            assert eval(left.replace("·", "*").replace(",", ""), {}) == number


@pytest.mark.parametrize("width", [32, 35, 36, 60, 160])
def test_a_wider_picture_gives_an_output_every_four_pixels(width: int) -> None:
    last = LENET5.count(32, width)[-1]
    assert (last.height, last.width) == (1, (width - 32) // 4 + 1)
    assert last.neurons == 10 * last.width
    assert LENET5.count(32, width)[4].trainable == 48_120  # the weights stay what they are


@pytest.mark.parametrize("size", [(31, 32), (32, 31), (0, 0)])
def test_a_smaller_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ArchitectureError, match=f"{size[0]}×{size[1]}; expected at least 32×32"):
        LENET5.count(*size)


def test_output_size_is_the_formula() -> None:
    assert output_size(32, 5) == 28
    assert output_size(28, 2, stride=2) == 14
    assert output_size(29, 2, stride=2) == 14


def test_table_i_joins_every_map_of_s2_to_ten_maps_of_c3() -> None:
    assert [len(sources) for sources in TABLE_I] == [3] * 6 + [4] * 9 + [6]
    assert [sum(s in sources for sources in TABLE_I) for s in range(6)] == [10] * 6
    assert TABLE_I[4] == (0, 4, 5)
    assert TABLE_I[12] == (0, 1, 3, 4)
    assert len(set(TABLE_I)) == 16


def test_the_kernels_are_stored_map_by_map() -> None:
    assert LENET5.c3.pairs[:4] == ((0, 0), (0, 1), (0, 2), (1, 1))
    assert len(LENET5.c3.pairs) == 60


def test_the_tensors_of_the_paper() -> None:
    assert LENET5.shapes() == {
        "c1.weight": (6, 5, 5),
        "c1.bias": (6,),
        "s2.coefficient": (6,),
        "s2.bias": (6,),
        "c3.weight": (60, 5, 5),
        "c3.bias": (16,),
        "s4.coefficient": (16,),
        "s4.bias": (16,),
        "c5.weight": (120, 16, 5, 5),
        "c5.bias": (120,),
        "f6.weight": (84, 120),
        "f6.bias": (84,),
        "rbf.codes": (10, 84),
    }


def test_max_pooling_has_no_tensors_and_a_full_connection_has() -> None:
    shapes = LENET5_MAXPOOL.shapes()
    assert not [name for name in shapes if name.startswith("s")]
    assert (shapes["output.weight"], shapes["output.bias"]) == ((10, 84), (10,))
    assert "rbf.codes" not in shapes


def test_the_squash_of_the_paper_maps_one_to_one() -> None:
    assert SQUASHES["tanh"].of(1.0) == pytest.approx(1, abs=1e-4)
    assert SQUASHES["tanh"].of(-100.0) == -1.7159
    assert SQUASHES["tanh"].bounds == (-1.7159, 1.7159)
    assert LENET5.c1.squash == LENET5.s4.squash == LENET5.f6.squash == "tanh"


# A user's own network: three maps fewer, other tables, letters.
LETTERS = Architecture(
    "letters",
    Convolution(all_of(3, 1)),
    Subsampling("average"),
    Convolution(((0,), (0, 2), (1, 2), (0, 1, 2)), "logistic"),
    Subsampling("maximum", "none"),
    Convolution(all_of(20, 4)),
    FullConnection(84),
    EuclideanRBF("ABC"),
)


def test_a_network_of_ones_own_is_counted_the_same_way() -> None:
    assert LETTERS.classes == 3
    trained = sum(math.prod(shape) for name, shape in LETTERS.shapes().items() if name != "rbf.codes")
    assert trained == LETTERS.parameters() == (25 + 1) * 3 + 6 + (25 * 8 + 4) + (100 + 1) * 20 + 21 * 84


@pytest.mark.parametrize("net", [*ARCHITECTURES.values(), LETTERS], ids=lambda net: net.name)
def test_a_network_survives_json(net: Architecture) -> None:
    assert Architecture.from_dict(json.loads(json.dumps(net.to_dict()))) == net


@pytest.mark.parametrize(
    "damaged",
    [
        {},
        {"name": "x"},
        LENET5.to_dict() | {"c1": None},
        LENET5.to_dict() | {"f6": {"unit": 84}},
        LENET5.to_dict() | {"output": 10},
        LENET5.to_dict() | {"c3": {"name": "c3", "tables": [["a"]]}},
    ],
)
def test_what_is_no_declaration_is_refused(damaged: dict[str, object]) -> None:
    with pytest.raises(ArchitectureError, match="expected the layers c1, s2, c3, s4, c5, f6, output"):
        Architecture.from_dict(damaged)


def test_a_damaged_declaration_keeps_its_own_message() -> None:
    with pytest.raises(ArchitectureError, match="84 \\(7×12\\)"):
        Architecture.from_dict(LENET5.to_dict() | {"f6": {"name": "f6", "units": 83}})


def test_the_counts_beside_a_declaration_are_its_counts() -> None:
    source = Path(inspect.getfile(Architecture)).read_text("utf-8")
    written = re.findall(r"# (\w+): +(\d+)@(\d+)×(\d+), +([\d,]+) trainable, +([\d,]+) connections", source)
    counted = [row for net in ARCHITECTURES.values() for row in net.count()]
    assert [
        (row.name, *map(str, (row.maps, row.height, row.width)), f"{row.trainable:,}", f"{row.connections:,}")
        for row in counted
    ] == written


# ---- A network of one's own, in a file.


@pytest.fixture
def declared(tmp_path: Path) -> Callable[[object], Path]:
    def write(data: object) -> Path:
        path = tmp_path / "mine.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        return path

    return write


@pytest.mark.parametrize("net", [*ARCHITECTURES.values(), LETTERS], ids=lambda net: net.name)
def test_a_declaration_is_written_edited_and_read(net: Architecture, declared: Callable[[object], Path]) -> None:
    assert architecture(declared(net.declaration())) == net
    if net is LENET5:
        # One number: every map of C3 sees all of S2, every map of C5 all of S4.
        data = json.loads(net.declaration()) | {"name": "wide", "c3": {"maps": 32}}
        wide = architecture(str(declared(data)))
        assert wide == replace(LENET5, name="wide", c3=Convolution(all_of(32, 6)), c5=Convolution(all_of(120, 32)))


def test_files_of_weights_that_name_their_layers_are_read() -> None:
    old = {n: layer | {"name": n} if n in NAMES else layer for n, layer in LENET5.to_dict().items()}
    assert Architecture.from_dict(old) == LENET5


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "mine.json: not JSON .Expecting property name"),
        ("[" * 100_000, "mine.json: not JSON .*recursion"),
        ("[]", "mine.json: not the declaration"),
        ("\x00\xff", "mine.json: "),
        (LENET5.to_dict() | {"c1": {"maps": 6, "kernel": 3}}, "c1: 'kernel' cannot be declared: every conv.* 5×5"),
        (LENET5.to_dict() | {"input": 28}, "'input' cannot be declared: .* the smallest input 32×32"),
        (LENET5.to_dict() | {"s2": {"stride": 1}}, "every subsampling 2×2 without overlap"),
        (LENET5.to_dict() | {"c1": {"maps": 10**9}}, "c1: 1000000000 maps; expected 1 to 1,000"),
        (LENET5.to_dict() | {"c1": {"maps": 6, "shape": 3}}, "c1 has 'shape', and knows squash, table"),
        (LENET5.to_dict() | {"c1": {"maps": "six"}}, "c1: 'six' maps; expected 1 to 1,000"),
        (LENET5.to_dict() | {"c1": {"maps": True}}, "c1: True maps; expected 1 to 1,000"),
        (LENET5.to_dict() | {"s4": None}, "s4 is None, and no object with its settings"),
        ({"name": "mine"}, "c1 is None, and no object with its settings"),
        (LENET5.to_dict() | {"name": "../x"}, "called '../x'; expected letters, digits"),
        (LENET5.to_dict() | {"c3": {"table": [[0], [7]]}}, "c3 is connected to map 7 below it"),
    ],
)  # fmt: skip
def test_a_wrong_file_says_what_is_wrong(
    data: object, message: str, declared: Callable[[object], Path]
) -> None:  # fmt: skip
    with pytest.raises(ArchitectureError, match=message):
        architecture(declared(data))


def test_a_file_that_is_none_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchitectureError, match="cannot read"):
        architecture(tmp_path / "none.json")
    (tmp_path / "large.json").write_bytes(b" " * 2**20)
    with pytest.raises(ArchitectureError, match=r"large\.json"):
        architecture(tmp_path / "large.json")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_network_is_found_by_its_name(name: str) -> None:
    assert architecture(name).name == name


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(ArchitectureError, match="no network 'lenet4'; expected one of lenet5, lenet5-linear"):
        architecture("lenet4")


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Convolution(()), "the connection table has no maps"),
        (lambda: Convolution(((0,), ())), r"Convolution: map 1 is connected to \(\); expected at least one"),
        (lambda: Convolution(((1, 0),)), r"Convolution: map 0 is connected to \(1, 0\)"),
        (lambda: Convolution(((1, 1),)), r"Convolution: map 0 is connected to \(1, 1\)"),
        (lambda: Convolution(((-1, 0),)), r"Convolution: map 0 is connected to \(-1, 0\)"),
        (lambda: replace(LENET5, c1=Convolution(((0,),), "sine")), "c1: no squash 'sine'; expected one of none, tanh"),
        (lambda: replace(LENET5, c1=Convolution(((0,),), "softmax")), "c1: no squash 'softmax'"),
        (lambda: Subsampling("median"), "Subsampling: no subsampling 'median'; expected one of sum"),  # type: ignore
        (lambda: Subsampling("maximum"), "a maximum is not squashed; give squash='none'"),
        (lambda: replace(LENET5, s2=Subsampling("sum", "sine")), "s2: no squash 'sine'"),
        (lambda: FullConnection(0), "FullConnection: 0 units; expected a whole number from 1 on"),
        (lambda: FullConnection(2.5), r"FullConnection: 2\.5 units; expected a whole number"),  # type: ignore
        (lambda: FullConnection("84"), "FullConnection: '84' units; expected a whole number"),  # type: ignore
        (lambda: Convolution((("a",),)), "Convolution: a connection table of .*str"),  # type: ignore
        (lambda: Convolution(((0, 1.7),)), "Convolution: a connection table of .*float"),  # type: ignore
        (lambda: EuclideanRBF(10), "EuclideanRBF: characters 10; expected text"),  # type: ignore
        (lambda: replace(LENET5_LINEAR, f6=FullConnection(84, "softmax")), "f6: no squash 'softmax'"),
        (lambda: EuclideanRBF("1é"), r"EuclideanRBF: no code for \['é'\]"),
        (lambda: EuclideanRBF("1"), "EuclideanRBF: characters '1'; expected at least two"),
        (lambda: EuclideanRBF("122"), "'122'; expected at least two, none twice"),
        (lambda: replace(LENET5, c1=LENET5.f6), "lenet5: FullConnection.* as c1; expected Convolution"),
        (lambda: replace(LENET5_LINEAR, f6=FullConnection(10**9)), "parameters; expected at most 16,000,000"),
        (lambda: replace(LENET5, c1=Convolution(((1,),))), "c1 is connected to map 1 below it, which"),
        (lambda: replace(LENET5, c1=Convolution(all_of(5, 1))), "c3 is connected to map 5 below it"),
        (lambda: replace(LENET5, c5=Convolution(all_of(120, 15))), "every map of c5 must see all 16"),
        (lambda: replace(LENET5, f6=FullConnection(100)), "f6 has 100 units; the codes of Fig"),
    ],
)
def test_a_wrong_declaration_says_what_is_wrong(declare: object, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        declare()  # type: ignore[operator]


def test_the_codes_fit_the_output_layer() -> None:
    assert codes("ABC").shape == LETTERS.shapes()["rbf.codes"]
    assert codes().shape == LENET5.shapes()["rbf.codes"]
