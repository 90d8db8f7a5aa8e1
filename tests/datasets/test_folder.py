"""Does a folder, or a zip file, of anybody's pictures become a data set, and is a bad one refused by name?"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lenet5 import datasets
from lenet5.datasets.dataset import sort_classes
from lenet5.errors import DataError


def bar(width: int = 60, height: int = 40, dark_on_light: bool = True) -> NDArray[np.uint8]:
    """A picture with an upright bar somewhere in it."""
    picture = np.full((height, width), 250 if dark_on_light else 5, np.uint8)
    picture[5:35, 40:46] = 20 if dark_on_light else 240
    return picture


def png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def put(folder: Path, files: dict[str, bytes | str]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def pack(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_folders_name_the_classes(tmp_path: Path) -> None:
    photo = Image.fromarray(np.dstack([bar()] * 3))
    photo_bytes = io.BytesIO()
    photo.save(photo_bytes, "JPEG")
    put(tmp_path, {"10/b.png": png(bar()), "9/a.JPG": photo_bytes.getvalue(), "9/notes.txt": "not a picture"})
    data = datasets.load(str(tmp_path))
    assert data.name == tmp_path.name
    assert data.classes == ("9", "10")
    assert sorted(data.labels.tolist()) == [0, 1]
    assert data.writers is None


def test_pictures_become_as_mnist_s_are(tmp_path: Path) -> None:
    """Either polarity and any size end as the same upright bar, 20 pixels high, light on dark."""
    put(tmp_path, {"1/a.png": png(bar()), "1/b.png": png(bar(300, 90, dark_on_light=False))})
    for image in datasets.load(str(tmp_path)).images:
        rows, columns = np.nonzero(image > 127)
        assert np.ptp(rows) + 1 == 20
        assert np.ptp(columns) + 1 in (4, 5)
        assert abs(columns.mean() - 14) < 1


def test_pictures_that_are_as_mnist_s_are_kept(tmp_path: Path) -> None:
    image = np.zeros((28, 28), np.uint8)
    image[2:8, 3:5] = 77  # neither centred nor of the usual size nor fully inked
    put(tmp_path, {"1/a.png": png(image)})
    assert np.array_equal(datasets.load(str(tmp_path)).images[0], image)


def test_a_table_names_the_classes(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "labels.csv": "\ufeffpath,label\r\nimages/a.png,cat\r\nimages/deep/b.png,7\r\n",
        "images/a.png": png(bar()),
        "images/deep/b.png": png(bar(90)),
        "images/unlisted.png": png(bar()),
    }
    from_folder = datasets.load(str(put(tmp_path / "set", files)))
    from_zip = datasets.load(str(pack(tmp_path / "set.zip", files)))
    for data in (from_folder, from_zip):
        assert data.classes == ("7", "cat")
        assert data.labels.tolist() == [1, 0]
    assert np.array_equal(from_folder.images, from_zip.images)


@pytest.mark.parametrize("between", [";", "\t"])
def test_a_table_is_parted_as_where_it_comes_from(tmp_path: Path, between: str) -> None:
    table = f"path{between}label\na.png{between}1,5\n"
    data = datasets.load(str(put(tmp_path, {"labels.csv": table, "a.png": png(bar())})))
    assert data.classes == ("1,5",)


def test_a_zip_file_may_hold_folders(tmp_path: Path) -> None:
    path = pack(tmp_path / "set.zip", {"a/1.png": png(bar()), "b/1.png": png(bar())})
    assert datasets.load(str(path)).classes == ("a", "b")


def test_a_zip_file_may_hold_the_folder_itself(tmp_path: Path) -> None:
    """As file managers pack it; what macOS adds is passed over, and a single class is no such folder."""
    pictures = {"7/a.png": png(bar()), "8/a.png": png(bar()), "7/._a.png": b"resource", ".git/b.png": b"hidden"}
    packed = {f"mine/{name}": data for name, data in pictures.items()} | {"__MACOSX/mine/7/._a.png": b"resource"}
    files: dict[str, bytes | str] = {**packed}
    assert datasets.load(str(pack(tmp_path / "classes.zip", files))).classes == ("7", "8")
    assert datasets.load(str(put(tmp_path / "folder", {**pictures}))).classes == ("7", "8")
    listed: dict[str, bytes | str] = {"mine/labels.csv": "path, label\r./a.png, 5\r", "mine/a.png": png(bar())}
    assert datasets.load(str(pack(tmp_path / "listed.zip", listed))).classes == ("5",)
    assert datasets.load(str(pack(tmp_path / "one.zip", {"7/a.png": png(bar())}))).classes == ("7",)


def test_parts_may_be_kept_apart_in_a_zip_file(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        f"mine/{name}.png": png(bar()) for name in ("train/x/a", "train/y/a", "train/y/b", "test/y/a")
    }
    path = str(pack(tmp_path / "set.zip", files))
    assert datasets.has_test(path)
    train, test = datasets.load(path, "train"), datasets.load(path, "test")
    assert (len(train), len(test)) == (3, 1)
    assert test.classes == train.classes == ("x", "y")


def test_all_that_the_reader_opens_is_learned_from(tmp_path: Path) -> None:
    grey = io.BytesIO()
    Image.fromarray(bar()).save(grey, "PPM")
    assert len(datasets.load(str(put(tmp_path, {"7/a.pgm": grey.getvalue(), "7/b.png": png(bar())})))) == 2


def test_parts_may_be_kept_apart(tmp_path: Path) -> None:
    pictures = {f"{part}.png": png(bar()) for part in "abc"}
    put(tmp_path / "train" / "x", pictures)
    put(tmp_path / "train" / "y", pictures)
    put(tmp_path / "test" / "y", pictures)
    assert datasets.has_test(str(tmp_path))
    assert not datasets.has_test(str(tmp_path / "train"))
    train, test = datasets.load(str(tmp_path), "train"), datasets.load(str(tmp_path), "test")
    assert (len(train), len(test)) == (6, 3)
    assert test.classes == train.classes == ("x", "y")
    assert test.labels.tolist() == [1, 1, 1]
    put(tmp_path / "test" / "z", pictures)
    with pytest.raises(DataError, match="test: holds the classes z; expected only x, y"):
        datasets.load(str(tmp_path), "test")


def test_numbers_are_sorted_by_value() -> None:
    assert sort_classes(["b", "10", "9", "a", "9", "²"]) == ("9", "10", "a", "b", "²")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no pictures in it; expected labels.csv, or a folder for each class"),
        ({"7/readme.txt": "x"}, "no pictures in it"),
        ({"labels.csv": "path,label\n"}, "no pictures in it"),
        ({"7/a.png": b"\x89PNG but no more"}, "7/a.png.*(no picture|damaged|empty)"),
        ({"7/a.png": png(bar())[:-30]}, "7/a.png.*damaged"),
        ({"7/a.png": b""}, "7/a.png.*(no picture|damaged|empty)"),
        ({"scan.png": png(bar())}, "scan.png has no label: put it into a folder"),
        ({"labels.csv": "path,label\na.png,\n"}, "labels.csv, line 2: path 'a.png' and label ''"),
        ({"labels.csv": "file,class\na.png,1\n"}, r"the columns \['file', 'class'\]; expected a first line"),
        ({"labels.csv": "path:label\na.png:1\n"}, r"the columns \['path:label'\]"),
        ({"labels.csv": 'path,label\na.png,"1\nb.png,2\n'}, "not a table of comma-separated values"),
        ({"labels.csv": "path,label\na.png,1\n./a.png,2\n"}, "line 3: 'a.png' is '2' here and '1' before"),
        ({"labels.csv": "path,label\nno.png,1\n"}, "no.png: .*No such file|'no.png' is not in it"),
        ({"labels.csv": b"path,label\n\xff\xfe,1\n"}, "not a table of comma-separated values in UTF-8"),
        ({"labels.csv": "path,label\n../../secret.png,1\n"}, "leads out of|is not in it"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, files: dict[str, bytes | str], message: str) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(DataError, match=message):
        datasets.load(str(put(tmp_path / "set", files)))
    with pytest.raises(DataError, match=message):
        datasets.load(str(pack(tmp_path / "set.zip", files)))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, {"secret.png": png(bar()), "set/7/a.png": png(bar())})
    (tmp_path / "set" / "7" / "b.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match=r"'7/b.png' leads out of .*set"):
        datasets.load(str(tmp_path / "set"))


def test_zip_files_that_are_none_are_refused(tmp_path: Path) -> None:
    whole = pack(tmp_path / "set.zip", {"7/a.png": png(bar())}).read_bytes()
    start = whole.index(b"7/a.png") + 60  # within the packed bytes
    damaged = whole[:start] + bytes(b ^ 255 for b in whole[start : start + 5]) + whole[start + 5 :]
    for data in (b"", b"no zip file", whole[:-30], damaged):
        path = tmp_path / "bad.zip"
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"bad.zip.*(not a zip file|cannot be unpacked|damaged)"):
            datasets.load(str(path))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("7/a.png", "w") as file:
        for _ in range(65):
            file.write(bytes(1 << 20))
    with pytest.raises(DataError, match=r"'7/a.png' unpacks to more than 67,108,864 bytes"):
        datasets.load(str(path))


def test_no_such_set() -> None:
    with pytest.raises(DataError, match=r"no data set 'minst': expected mnist, drawn, or the path of"):
        datasets.load("minst")
    with pytest.raises(DataError, match="no part 'validation'; expected one of train, test"):
        datasets.load("mnist", "validation")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="0 pictures asked for"):
        datasets.load("drawn", count=0)


def test_what_is_drawn_for_testing_is_not_drawn_for_learning() -> None:
    learn, test = datasets.load("drawn", count=20), datasets.load("drawn", "test", count=20)
    assert len(learn) == len(test) == 20
    assert not np.array_equal(learn.images, test.images)
    assert datasets.has_test("drawn")
