"""Pictures of any form become as MNIST's are: one decision for a set, told, the same whichever way they came."""

from __future__ import annotations

import csv
import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lenet5 import datasets
from lenet5.datasets import Dataset, Form
from lenet5.errors import DataError

COUNT = 40


@pytest.fixture(scope="module")
def drawn() -> Dataset:
    return datasets.load("drawn", count=COUNT)


def bold(count: int = 24) -> NDArray[np.uint8]:
    """Glyphs of which some fill their picture, so that each by itself may look like dark ink on light paper."""
    images = np.zeros((count, 28, 28), np.uint8)
    for i, image in enumerate(images):
        if i % 4 == 0:
            image[0:28, 3:25] = 255
            image[8:20, 10:12] = 0
        else:
            image[6:22, 10 : 12 + i % 5] = 255
    return images


def png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def idx(array: NDArray[np.uint8]) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def as_folder(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = folder / "set" / label / f"{i:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(image))
    return folder / "set"


def as_zip(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        for i, (image, label) in enumerate(zip(images, labels, strict=True)):
            archive.writestr(f"data/{label}/{i:04}.png", png(image))
    return folder / "set.zip"


def as_table_of_paths(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    rows = ["path,label"]
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        (folder / f"{i:04}.png").write_bytes(png(image))
        rows.append(f"{i:04}.png,{label}")
    (folder / "labels.csv").write_text("\n".join(rows))
    return folder


def as_csv(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    with (folder / "train.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "label", *(f"pixel{i}" for i in range(images[0].size))])
        for i, (label, image) in enumerate(zip(labels, images, strict=True)):
            rows.writerow([i, label, *image.ravel().tolist()])
    return folder / "train.csv"


def as_bare_csv(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    table = np.column_stack([np.array(labels, int), images.reshape(len(images), -1)])
    np.savetxt(folder / "bare.csv", table, "%d", ",")
    return folder / "bare.csv"


def as_european_csv(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    names = ";".join(["label", *(f"p{i}" for i in range(images[0].size))])
    table = np.column_stack([np.array(labels, int), images.reshape(len(images), -1)])
    np.savetxt(folder / "set.csv", table, "%d", ";", header=names, comments="")
    return folder / "set.csv"


def as_tsv_of_names(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    rows = ["id\tfile_name\tlabel\twriter"]
    (folder / "scans").mkdir()
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        (folder / "scans" / f"{i:04}.png").write_bytes(png(image))
        rows.append(f"{i}\tscans/{i:04}.png\t{label}\tanna")
    (folder / "set.tsv").write_text("\n".join(rows))
    return folder / "set.tsv"


def as_parquet_of_pixels(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    pa = pytest.importorskip("pyarrow")
    rows = images.reshape(len(images), -1)
    columns = {"id": list(range(len(rows))), "label": labels} | {f"p{i}": rows[:, i] for i in range(rows.shape[1])}
    pytest.importorskip("pyarrow.parquet").write_table(pa.table(columns), folder / "set.parquet")
    return folder / "set.parquet"


def as_npz(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    np.savez(folder / "set.npz", x_train=images[..., None], y_train=np.array(labels, int)[:, None])
    return folder / "set.npz"


def as_npy(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    np.save(folder / "images.npy", images.astype(np.float32) / 255)
    np.save(folder / "labels.npy", np.array(labels))
    return folder


def as_parquet(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    struct_of = [{"bytes": png(image), "path": None} for image in images]
    names = sorted(set(labels), key=int)
    table = pa.table({"image": struct_of, "label": [names.index(label) for label in labels]})
    info = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(info)})
    (folder / "data").mkdir()
    half = len(labels) // 2
    for k, rows in enumerate((table.slice(0, half), table.slice(half))):
        pq.write_table(rows, folder / "data" / f"train-{k:05}-of-00002.parquet")
    return folder


def as_idx(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(np.array(labels, np.uint8)))
    return folder


def as_emnist(folder: Path, images: NDArray[np.uint8], labels: list[str]) -> Path:
    """Rows and columns exchanged, and labels by number, as EMNIST has them."""
    turned = np.ascontiguousarray(images.transpose(0, 2, 1))
    (folder / "emnist-digits-train-images-idx3-ubyte").write_bytes(idx(turned))
    (folder / "emnist-digits-train-labels-idx1-ubyte").write_bytes(idx(np.array(labels, np.uint8) + 1))
    (folder / "emnist-digits-mapping.txt").write_text("\n".join(f"{d + 1} {48 + d}" for d in range(10)))
    return folder / "emnist-digits-train-images-idx3-ubyte"


Way = Callable[[Path, NDArray[np.uint8], list[str]], Path]
WAYS: list[Way] = [
    as_folder, as_zip, as_table_of_paths, as_csv, as_bare_csv, as_european_csv, as_tsv_of_names, as_npz, as_npy,
    as_parquet, as_parquet_of_pixels, as_idx, as_emnist,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same_pictures(way: Way, tmp_path: Path, drawn: Dataset) -> None:
    labels = [drawn.classes[label] for label in drawn.labels]
    order = np.lexsort((np.arange(COUNT), drawn.labels)) if way in (as_folder, as_zip) else np.arange(COUNT)
    data = datasets.load(str(way(tmp_path, drawn.images, labels)))
    assert np.array_equal(data.images, drawn.images[order])
    assert data.classes == drawn.classes
    assert np.array_equal(data.labels, drawn.labels[order])


def test_arrays_give_the_same_too(drawn: Dataset) -> None:
    forms: list[Any] = [
        drawn.images,
        drawn.images[:, None],
        drawn.images.reshape(COUNT, -1).astype(np.int64),
        drawn.images / 255,
        np.pad(drawn.images, ((0, 0), (2, 2), (2, 2))),  # 32×32, with the paper's frame
        np.repeat(drawn.images[..., None], 3, axis=3),
    ]
    for images in forms:
        data = datasets.from_arrays(images, drawn.labels)
        assert np.array_equal(data.images, drawn.images)
        assert data.classes == drawn.classes


def test_a_set_is_of_one_polarity(tmp_path: Path) -> None:
    images = bold()
    labels = ["0", "1"] * (len(images) // 2)
    order = np.lexsort((np.arange(len(images)), labels))
    data = datasets.load(str(as_folder(tmp_path, images, labels)))
    assert np.array_equal(data.images, images[order])
    assert np.array_equal(datasets.from_arrays(images, labels).images, images)
    assert any("ink is light: of 24 pictures" in note for note in data.notes)


def test_dark_ink_is_turned_once_for_all(tmp_path: Path) -> None:
    images = bold()
    data = datasets.from_arrays(255 - images, ["a"] * len(images))
    assert np.array_equal(data.images, images)
    assert any("ink is dark" in note for note in data.notes)


def test_whoever_knows_the_ink_says_it(tmp_path: Path) -> None:
    images = bold()
    path = str(as_npz(tmp_path, images, ["1"] * len(images)))
    assert np.array_equal(datasets.load(path, form=Form(ink="light")).images, images)
    assert np.array_equal(datasets.load(path, form=Form(ink="dark")).images, 255 - images)
    with pytest.raises(DataError, match="ink 'black'; expected auto, dark or light"):
        Form(ink="black")  # type: ignore[arg-type]


def test_rows_and_columns_are_exchanged_where_it_is_said(drawn: Dataset) -> None:
    turned = drawn.images.transpose(0, 2, 1)
    data = datasets.from_arrays(turned, drawn.labels, form=Form(transposed=True))
    assert np.array_equal(data.images, drawn.images)
    assert any("exchanged" in note for note in data.notes)


def test_other_sizes_are_normalised_and_told(drawn: Dataset) -> None:
    large = np.pad(drawn.images.repeat(2, 1).repeat(2, 2), ((0, 0), (9, 1), (3, 7)))
    data = datasets.from_arrays(large, drawn.labels)
    boxes = [np.ptp(np.nonzero(image > 40), axis=1) + 1 for image in data.images]
    assert all(18 <= max(box) <= 20 for box in boxes)
    assert any("66×66" in note and "normalised" in note for note in data.notes)


def test_the_smallest_pictures_of_sixteen_greys(drawn: Dataset) -> None:
    small = drawn.images[:, 2:26, 2:26].reshape(COUNT, 8, 3, 8, 3).mean((2, 4)) / 255 * 16
    data = datasets.from_arrays(np.rint(small).astype(np.int64), drawn.labels)
    assert data.images.max(axis=(1, 2)).min() > 200
    assert any("(8×8 …)" in note for note in data.notes)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((3, 27)), [1, 2, 3], r"shape \(3, 27\); expected \(N, H, W\)"),
        (np.zeros((3, 28, 28)), [1, 2], r"labels of shape \(2,\); expected one for each of 3"),
        (np.zeros((0, 28, 28)), [], r"shape \(0, 28, 28\); expected .* at least one"),
        (np.full((2, 28, 28), np.nan), [1, 2], "not finite"),
        (np.full((2, 28, 28), "x"), [1, 2], "type"),
        (np.zeros((2, 28, 28, 2)), [1, 2], "expected"),
        (np.zeros((2, 1, 1)), [1, 2], "picture 0: the picture has 1×1 pixels; expected at least 5 on each side"),
        (np.zeros((2, 5, 2000)), [1, 2], "picture 0: .*expected no side over 100 times the other"),
    ],
)
def test_arrays_that_are_no_pictures(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        datasets.from_arrays(images, labels)


def test_a_label_is_called_the_same_whatever_its_type(tmp_path: Path, drawn: Dataset) -> None:
    for labels in (drawn.labels.astype(float), drawn.labels.astype("S"), drawn.labels.astype(object)):
        assert datasets.from_arrays(drawn.images, labels).classes == drawn.classes
    np.savetxt(tmp_path / "saved.csv", np.column_stack([drawn.labels, drawn.images.reshape(COUNT, -1)]), delimiter=",")
    saved = datasets.load(str(tmp_path / "saved.csv"))  # 3.000000000000000000e+00
    assert saved.classes == drawn.classes
    assert np.array_equal(saved.labels, drawn.labels)


@pytest.mark.parametrize("label", [None, float("nan"), ""])
def test_a_label_that_is_not_there_is_no_class(label: Any, drawn: Dataset) -> None:
    labels: list[Any] = [label, *drawn.labels.tolist()[1:]]
    if label == "":
        labels = [str(one) for one in labels]
    with pytest.raises(DataError, match=r"picture 0 has the label .*; expected a name or a number"):
        datasets.from_arrays(drawn.images, labels)


@pytest.mark.parametrize("label", [None, float("nan"), 2.5, [1], "x", float("inf")])
def test_a_position_is_a_whole_number(label: Any, drawn: Dataset) -> None:
    labels = np.array([*drawn.labels.tolist()[1:], None], object)
    labels[-1] = label
    with pytest.raises(DataError, match=f"picture {COUNT - 1}: the label .*; expected a position, 0 to 9"):
        datasets.from_arrays(drawn.images, labels, classes=drawn.classes)


def test_a_count_is_drawn_from_all_classes_alike(tmp_path: Path, drawn: Dataset) -> None:
    labels = [drawn.classes[label] for label in drawn.labels]
    path = str(as_folder(tmp_path, drawn.images, labels))
    data = datasets.load(path, count=20, seed=3)
    assert np.bincount(data.labels).tolist() == [2] * 10
    assert any("20 of 40 pictures, drawn at random (seed 3)" in note for note in data.notes)
    assert np.array_equal(data.images, datasets.load(path, count=20, seed=3).images)
    assert not np.array_equal(data.images, datasets.load(path, count=20, seed=4).images)
    assert len(datasets.load(path, count=1000)) == 40


def test_a_rare_class_keeps_its_share(drawn: Dataset) -> None:
    data = drawn.take(np.r_[np.flatnonzero(drawn.labels == 0), np.flatnonzero(drawn.labels == 1)[:2]])
    counts = np.bincount(data.sample(3).labels, minlength=10)
    assert counts.tolist()[:2] == [2, 1]
    with pytest.raises(DataError, match="expected at least one"):
        data.sample(0)
