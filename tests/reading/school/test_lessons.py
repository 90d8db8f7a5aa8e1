"""Is what the reader's network is taught what it says it is?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lenet5.codes import DIGITS
from lenet5.datasets import drawn
from lenet5.datasets.drawn.glyphs import ABROAD_SHAPES, abroad
from lenet5.datasets.drawn.scenes import SHAPES
from lenet5.datasets.strokes import Strokes
from lenet5.errors import DataError
from lenet5.network import LeNet5
from lenet5.reading.reader import Reader
from lenet5.reading.school.doodles import doodles, framed
from lenet5.reading.school.evaluate import SETS, Measured
from lenet5.reading.school.lessons import NO_DIGITS, NOTHING, Lessons, lessons, slashed, some_written, stretched
from lenet5.reading.school.outcomes import Tally
from lenet5.reading.school.teach import STROKES, Teaching, calibrated, main, students, teach


@pytest.fixture(scope="module")
def strokes() -> Strokes:
    """Every sign that is taught, as 20 writers' strokes; a few that the project cannot draw are drawn as an A."""
    shapes = [(sign, shape) for sign in DIGITS + NO_DIGITS for shape in SHAPES.get(sign, SHAPES["A"])] * 20
    lines = [s.spline @ s.variants[k % len(s.variants)] for k, (_, s) in enumerate(shapes)]
    polylines = [[line[s.stroke == k] for k in np.unique(s.stroke)] for line, (_, s) in zip(lines, shapes, strict=True)]
    writers = np.repeat(np.arange(20), len(shapes) // 20).tolist()
    return Strokes.of(polylines, [sign for sign, _ in shapes], writers)


def test_lessons_are_digits_and_what_is_none(strokes: Strokes) -> None:
    matter = lessons(drawn.digits(200, 1), strokes, drawn.digits(20, 2), np.random.default_rng(0), size=0.002)
    assert matter.images.shape == (len(matter.labels), 28, 28)
    assert set(matter.labels.tolist()) == {NOTHING, *range(10)}
    assert matter.share.sum() == pytest.approx(1)
    assert 0.3 < matter.share[matter.labels == NOTHING].sum() < 0.5


def test_digits_from_abroad_come_in_all_classes_and_from_a_seed() -> None:
    images, labels = abroad(300, np.random.default_rng(4))
    assert np.bincount(labels, minlength=10).min() > 10
    assert {s.character for s in ABROAD_SHAPES} == set("0123456789")
    assert np.array_equal(images, abroad(300, np.random.default_rng(4))[0])
    assert (images.reshape(300, -1).max(axis=1) > 200).all()


def test_doodles_are_pictures_and_none_is_blank() -> None:
    pictures = doodles(40, np.random.default_rng(1))
    assert pictures.shape == (40, 28, 28)
    assert (pictures.reshape(40, -1) > 100).sum(axis=1).min() > 10


def test_a_small_framed_picture_is_read_as_its_ink_or_as_its_paper() -> None:
    rng = np.random.default_rng(2)
    block = np.full((60, 50), 255, np.uint8)
    block[10:50, 20:30] = 0
    read = np.stack([framed(block, rng) for _ in range(60)])
    assert read.shape == (60, 28, 28)
    middles = read[:, 12:16, 13:15].mean(axis=(1, 2))
    assert (middles < 50).any()
    assert (middles > 200).any()


def test_written_signs_have_labels_of_their_places_and_rare_ones_come_more_often_than_they_are(
    strokes: Strokes,
) -> None:
    rare = strokes.take(np.flatnonzero((strokes.labels != "7") | (strokes.writers == 0)))
    images, labels = some_written(rare, "71", 600, np.random.default_rng(3))
    assert images.shape == (600, 28, 28)
    assert set(labels.tolist()) == {0, 1}
    was = (rare.labels == "7").sum() / np.isin(rare.labels, ["7", "1"]).sum()
    assert 2 * was < (labels == 0).mean() < 0.5
    slim = (images > 100).any(axis=1).sum(axis=1)  # columns with ink
    assert slim[labels == 1].mean() < slim[labels == 0].mean()


def test_other_proportions_move_the_bar_of_a_sign_up_and_down() -> None:
    bar = [np.array([[0, 0], [0, 100]]), np.array([[0, 50], [60, 50]])]
    drawn_so = Strokes.of([bar] * 200, ["k"] * 200)
    _, labels = some_written(drawn_so, "k", 20, np.random.default_rng(1), changed=True)
    assert len(labels) == 20
    changed = drawn_so.reproportioned(np.random.default_rng(1))
    height = np.array([int(np.concatenate(changed.polylines(i))[:, 1].max()) for i in range(200)])
    at = np.array([int(changed.polylines(i)[1][0, 1]) for i in range(200)]) / height
    assert at.min() < 0.35
    assert at.max() > 0.65
    assert changed.labels.tolist() == drawn_so.labels.tolist()


def test_people_s_digits_of_other_proportions_stay_digits() -> None:
    digits = drawn.digits(40, 5)
    images, labels = stretched(digits.images, digits.labels, 300, np.random.default_rng(2))
    assert images.shape == (300, 28, 28)
    assert (images.reshape(300, -1).max(axis=1) > 150).all()
    assert (Reader().penalties(images).argmin(axis=1) == labels).mean() > 0.9


def test_a_nought_with_a_slash_is_inked_where_its_hole_was() -> None:
    rng, some = np.random.default_rng(5), drawn.digits(300, 5)
    noughts = [image for image, label in zip(some.images, some.labels, strict=True) if label == 0]
    holes = [image for image in noughts if image[12:16, 12:16].max() < 60]
    crossed = np.stack([slashed(image, rng) for image in holes])
    assert len(holes) > 5
    assert crossed.shape[1:] == (28, 28)
    assert (crossed[:, 12:16, 12:16].max(axis=(1, 2)) > 150).mean() > 0.8


def test_students_digits_are_cut_out(data_folder: Path) -> None:
    digits = students()
    assert len(digits) == 132
    assert (digits.images.reshape(132, -1).max(axis=1) > 150).all()


def test_a_sign_that_nobody_wrote_is_named(strokes: Strokes) -> None:
    with pytest.raises(DataError, match="holds no ö; expected each of 7ö"):
        some_written(strokes, "7ö", 10, np.random.default_rng(0))


def test_what_is_written_and_no_digit_looks_like_none() -> None:
    assert not set(NO_DIGITS) & set("0123456789IlOoZzSsbgqy|/")
    assert len(set(NO_DIGITS)) == len(NO_DIGITS)


def test_a_network_learns_from_lessons_and_is_calibrated(strokes: Strokes) -> None:
    from lenet5.ensemble import Ensemble

    matter = lessons(drawn.digits(400, 1), strokes, drawn.digits(20, 2), np.random.default_rng(0), size=0.004)
    how = Teaching(members=1, passes=3, pictures=3000)
    losses: list[float] = []
    network = teach(matter, how, lambda _pass, loss, _seconds: losses.append(loss))
    assert losses[-1] < losses[0]
    unseen = drawn.digits(300, 9)
    assert (network.predict(unseen.images) == unseen.labels).mean() > 0.5
    calibration = calibrated(Ensemble([network]), unseen, how)
    assert calibration.rubbish is not None
    assert 0 < calibration.accept < 1


@pytest.fixture
def small(data_folder: Path, strokes: Strokes, tmp_path: Path) -> list[str]:
    """The arguments of a teaching of seconds, the file to write last."""
    strokes.save(tmp_path / "strokes.npz")
    flags = {"members": 2, "passes": 1, "pictures": 500, "size": 0.001, "strokes": tmp_path / "strokes.npz"}
    return [str(word) for flag in flags.items() for word in (f"--{flag[0]}", flag[1])] + [
        "--out",
        f"{tmp_path}/r.safetensors",
    ]


def test_a_teaching_that_was_stopped_goes_on_and_gives_the_same(
    small: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.safetensors"
    assert main(small) == 0
    whole = out.read_bytes()
    assert [path.name for path in tmp_path.glob("*.safetensors")] == [out.name]
    out.write_bytes(b"as it was")
    taught: list[int] = []

    def stopped(matter: Lessons, how: Teaching, told: object) -> LeNet5:
        if taught:
            raise KeyboardInterrupt
        taught.append(how.seed)
        return teach(matter, how)

    monkeypatch.setattr("lenet5.reading.school.teach.teach", stopped)
    with pytest.raises(KeyboardInterrupt):
        main(small)
    monkeypatch.undo()
    assert out.read_bytes() == b"as it was"
    capsys.readouterr()
    assert main(small) == 0
    said = capsys.readouterr().err
    assert "member 2 of 2" in said
    assert "member 1 of 2" not in said
    assert out.read_bytes() == whole


def test_a_teaching_without_strokes_is_refused(
    small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "strokes.npz").unlink()
    assert main(small) == 2
    assert "strokes.npz" in capsys.readouterr().err


def test_writers_that_are_held_out_are_read_on_paper(
    strokes: Strokes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "unipen").mkdir()
    strokes.save(tmp_path / STROKES)
    monkeypatch.setenv("LENET5_DATA", str(tmp_path))
    read, error, letters, _ = SETS["unipen"](Reader(), 40)
    assert isinstance(read, Tally)
    assert isinstance(error, Measured)
    assert isinstance(letters, Measured)
    assert len(read.outcomes) == 40
    assert {o.truth for o in read.outcomes} == set(DIGITS)
    assert error.value < 30
    assert letters.value > 30
