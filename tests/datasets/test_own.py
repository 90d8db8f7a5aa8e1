"""Data of one's own: its parts are found, and what is none is refused by name, whatever it comes as."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from lenet5 import datasets
from lenet5.datasets import Form
from lenet5.errors import DataError

from .test_form import as_bare_csv, as_folder, as_idx, idx


def some(count: int, seed: int = 0) -> np.ndarray:
    return datasets.load("drawn", count=count, seed=seed).images


def test_train_and_val_are_parts(tmp_path: Path) -> None:
    for part, count in (("train", 6), ("val", 4)):
        as_folder(tmp_path, some(count), ["a", "b"] * (count // 2)).rename(tmp_path / part)
    assert datasets.has_test(str(tmp_path))
    assert (len(datasets.load(str(tmp_path))), len(datasets.load(str(tmp_path), "test"))) == (6, 4)


def test_deeper_folders_belong_to_their_class(tmp_path: Path) -> None:
    inner = as_folder(tmp_path / "own" / "pictures", some(4), ["x", "x", "y", "y"])
    (inner / "x" / "anna").mkdir()
    (inner / "x" / "0000.png").rename(inner / "x" / "anna" / "0000.png")
    data = datasets.load(str(tmp_path / "own"))
    assert data.classes == ("x", "y")
    assert np.bincount(data.labels).tolist() == [2, 2]


def test_parts_of_arrays_and_classes_that_the_test_part_lacks(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "set.npz", x_train=some(6), y_train=list("abcabc"), x_test=some(2, 1), y_test=np.array(["c", "a"])
    )
    test = datasets.load(str(tmp_path / "set.npz"), "test")
    assert test.classes == ("a", "b", "c")
    assert test.labels.tolist() == [2, 0]


def test_tables_in_parts(tmp_path: Path) -> None:
    for part, count in (("train", 6), ("test", 2)):
        as_bare_csv(tmp_path, some(count), ["1", "2"] * (count // 2)).rename(tmp_path / f"{part}.csv")
    assert (len(datasets.load(str(tmp_path))), len(datasets.load(str(tmp_path), "test"))) == (6, 2)


def test_idx_files_in_parts(tmp_path: Path) -> None:
    as_idx(tmp_path, some(6), ["3", "4"] * 3)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(some(2)))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.array([4, 4], np.uint8)))
    test = datasets.load(str(tmp_path), "test")
    assert test.labels.tolist() == [1, 1]
    assert test.classes == ("3", "4")


def test_files_of_several_sets_are_told_apart(tmp_path: Path) -> None:
    for name, label in (("letters", "7"), ("digits", "8")):
        for kind, array in (("images-idx3", some(2)), ("labels-idx1", np.full(2, int(label), np.uint8))):
            (tmp_path / f"{name}-train-{kind}-ubyte").write_bytes(idx(array))
    with pytest.raises(DataError, match=r"several sets \(digits, letters\); give one of the files"):
        datasets.load(str(tmp_path))
    assert datasets.load(str(tmp_path / "letters-train-images-idx3-ubyte")).classes == ("7",)


def test_the_label_s_column_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    rows = [",".join(["what", *(f"p{i}" for i in range(784))])]
    rows += [",".join(["a", *map(str, image.ravel())]) for image in some(2)]
    path.write_text("\n".join(rows))
    assert datasets.load(str(path), form=Form(label="what")).classes == ("a",)
    with pytest.raises(DataError, match=r"columns what, p0.*name it with --label"):
        datasets.load(str(path))
    with pytest.raises(DataError, match="no column 'wat'"):
        datasets.load(str(path), form=Form(label="wat"))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "no rows; expected one for each picture"),
        ("a.csv", b"label," + b",".join(b"p%d" % i for i in range(784)) + b"\n", "no rows; expected one for each"),
        ("a.csv", b"file,label\n../b.png,1\n", "leads out of"),
        ("a.csv", b"file,label\nb.png,1\n", "No such file"),
        ("a.csv", b"label,p0,p1\n1,2,3\n", "2 columns beside the label"),
        ("a.csv", b"label," + b",".join(b"p%d" % i for i in range(784)) + b"\n1,2\n", "expected 785 columns"),
        ("a.csv", "label,é".encode("latin-1"), "not a table of comma-separated values in UTF-8"),
        ("a.npz", b"PK\x03\x04rubbish", "no .npz file"),
        ("x.npy", b"\x93NUMPY rubbish", "no .npy file"),
        ("a.parquet", b"PAR1rubbish", "no Parquet file"),
        ("train-images-idx3-ubyte", b"rubbish", "IDX|cannot read"),
        ("a.txt", b"rubbish", "not a folder, and not a zip file"),
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message):
        datasets.load(str(tmp_path / name))


def test_pictures_without_pixels_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="picture 0: the picture has 9×0 pixels"):
        datasets.load(str(as_idx(tmp_path, np.zeros((2, 0, 9), np.uint8), ["1", "2"])))


@pytest.mark.parametrize("shape", ["(1000000000000, 28, 28)", "(99999999999999999999999, 28)", "(", "(-1,)"])
def test_a_header_that_claims_anything(tmp_path: Path, shape: str) -> None:
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': " + shape.encode() + b"}\n"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    (tmp_path / "x.npy").write_bytes(array)
    with pytest.raises(DataError, match=r"no \.npy file of a plain array"):
        datasets.load(str(tmp_path / "x.npy"))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images.npy", array)
    with pytest.raises(DataError, match=r"no \.npz file of plain arrays"):
        datasets.load(str(tmp_path / "a.npz"))


def test_other_files_beside_arrays_are_no_arrays(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images", "text")
        archive.writestr("labels", "text")
    with pytest.raises(DataError, match="arrays none; expected pictures and labels"):
        datasets.load(str(tmp_path / "a.npz"))


def test_no_array_is_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=np.array([{"a": 1}], dtype=object), labels=[1])
    with pytest.raises(DataError, match=r"no \.npz file of plain arrays"):
        datasets.load(str(tmp_path / "a.npz"))


def test_arrays_without_labels_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=some(2))
    with pytest.raises(DataError, match="arrays images; expected pictures and labels"):
        datasets.load(str(tmp_path / "a.npz"))
