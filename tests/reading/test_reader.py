"""Does the reader read, and keep silent where there is nothing to read?"""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from lenet5.architecture import LENET5
from lenet5.datasets import drawn
from lenet5.datasets.drawn.paper import Look
from lenet5.errors import LeNetError, PictureError, ReadingError
from lenet5.loading import load
from lenet5.reading import Calibration, Reader, Reading


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def digits() -> drawn.Dataset:
    return drawn.digits(200, 77)


def right(readings: list[Reading], texts: list[str]) -> float:
    return float(np.mean([r.text == t for r, t in zip(readings, texts, strict=True)]))


def test_most_drawn_digits_are_read(reader: Reader, digits: drawn.Dataset) -> None:
    texts = [str(k) for k in digits.labels]
    assert right(reader.read_many(digits.images), texts) > 0.93
    assert right(reader.read_many(list(255 - digits.images)), texts) > 0.93


@pytest.mark.parametrize("side", [9, 12])
def test_small_pictures_are_read(reader: Reader, digits: drawn.Dataset, side: int) -> None:
    small = [cv2.resize(255 - image, (side, side), interpolation=cv2.INTER_AREA) for image in digits.images]
    assert right(reader.read_many(small), [str(k) for k in digits.labels]) > 0.85


def test_a_line_ten_pixels_high_is_read(reader: Reader, digits: drawn.Dataset) -> None:
    exact = 0
    for k in range(0, 40, 4):
        row = np.concatenate([image[3:25, 3:25] for image in digits.images[k : k + 4]], axis=1)
        small = cv2.resize(255 - row, (40, 10), interpolation=cv2.INTER_AREA)
        exact += reader.read(small, layout="line")[0].text == "".join(str(d) for d in digits.labels[k : k + 4])
    assert exact >= 5


def test_many_long_lines_of_several_words_are_read_at_once(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word of many candidates is read by several threads, while several threads read words."""
    monkeypatch.setenv("LENET5_THREADS", "2")
    picture, _ = drawn.line("31415926535897932384    62643383279502884197", np.random.default_rng(3), gap=-0.1)
    readings: list[Reading] = []
    one = threading.Thread(target=lambda: readings.extend(reader.read_many([picture] * 12, layout="line")), daemon=True)
    one.start()
    one.join(120)
    assert len(readings) == 12


THIN = {
    "1": [[(150, 60), (146, 245)]],
    "2": [[(95, 95), (120, 65), (165, 62), (190, 95), (175, 140), (90, 240), (215, 238)]],
    "4": [[(120, 55), (95, 165), (205, 160)], [(180, 100), (172, 250)]],
    "7": [[(90, 65), (205, 60), (140, 250)]],
}


@pytest.mark.parametrize("digit", THIN)
def test_a_digit_of_a_thin_pen_is_read(reader: Reader, digit: str) -> None:
    paper = np.full((300, 300), 190, np.uint8)
    cv2.polylines(paper, [np.array(stroke, np.int32) for stroke in THIN[digit]], False, 90, 2, cv2.LINE_AA)
    (reading,) = reader.read(paper, layout="digit")
    assert reading.text == digit
    assert not reading.rejected


def test_a_digit_tells_its_place_its_rivals_and_how_sure_it_is(reader: Reader, digits: drawn.Dataset) -> None:
    paper = np.full((120, 90), 230, np.uint8)
    paper[60:88, 20:48] -= digits.images[int(np.flatnonzero(digits.labels == 3)[0])] // 2
    (reading,) = reader.read(paper, layout="digit")
    x, y, w, h = reading.box
    assert 20 <= x < x + w <= 49
    assert 60 <= y < y + h <= 89
    (character,) = reading.characters
    assert character.text == reading.text == "3"
    assert reading.confidence == character.confidence
    assert character.confidence + sum(p for _, p in character.alternatives) <= 1 + 1e-9
    json.dumps(reading.to_dict())


def test_a_line_is_read_from_left_to_right(reader: Reader) -> None:
    exact = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        text = "".join(rng.choice(list("0123456789"), 5))
        picture, boxes = drawn.line(text, rng, gap=0.2)
        (reading,) = reader.read(picture, layout="line")
        exact += reading.text == text
        starts = [c.box[0] for c in reading.characters]
        assert starts == sorted(starts)
        if reading.text == text:
            digits = [c for c in reading.characters if c.text.isdigit()]
            assert max(abs(c.box[0] - b[0]) for c, b in zip(digits, boxes, strict=True)) < 20
    assert exact >= 6


@pytest.mark.parametrize("below", [1, 9])
def test_an_underlined_number_is_read_as_it_is_without(reader: Reader, below: int) -> None:
    exact = {False: 0, True: 0}
    for seed in range(10):
        rng = np.random.default_rng(seed)
        text = "".join(rng.choice(list("0123456789"), 4))
        picture, boxes = drawn.line(text, rng, size=50, gap=0.2)
        foot = int(np.median([y + h for _, y, _, h in boxes])) + below
        ink = tuple(int(v) for v in np.quantile(picture.reshape(-1, 3), 0.03, axis=0))
        for lined in (False, True):
            if lined:
                ends = (boxes[0][0] - 5, foot), (boxes[-1][0] + boxes[-1][2] + 5, foot - 2)
                cv2.line(picture, *ends, ink, 4, cv2.LINE_AA)
            exact[lined] += reader.read(picture, layout="line")[0].text == text
    assert exact[True] >= exact[False] - 2 >= 4


def test_a_number_that_is_crossed_out_is_not_given(reader: Reader) -> None:
    given = plain = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        picture, boxes = drawn.line("".join(rng.choice(list("0123456789"), 4)), rng, size=50, gap=0.25, look=Look())
        picture = cv2.copyMakeBorder(picture, 20, 20, 40, 40, cv2.BORDER_REPLICATE)
        plain += any(not r.rejected for r in reader.read(picture))
        top, foot = boxes[0][1] + 20, boxes[0][1] + boxes[0][3] + 20
        ends = (30, round(0.6 * top + 0.4 * foot)), (picture.shape[1] - 30, round(0.4 * top + 0.6 * foot))
        cv2.line(picture, *ends, (25, 25, 30), 4, cv2.LINE_AA)
        given += any(not r.rejected for layout in ("line", "auto") for r in reader.read(picture, layout))
    assert given == 0
    assert plain >= 8


def test_a_form_is_read_row_by_row(reader: Reader) -> None:
    rows = ["12345", "67890", "31415"]
    picture, _ = drawn.page(rows, np.random.default_rng(5), size=60, boxed=True, tilt=0.0)
    for layout in ("page", "auto"):
        readings = reader.read(picture, layout=layout)
        assert [len(r.characters) for r in readings] == [5, 5, 5]
        read = [c.text for r in readings for c in r.characters]
        assert sum(a == b for a, b in zip(read, "".join(rows), strict=True)) >= 13


@pytest.mark.parametrize(
    ("written", "text", "left_out"), [("12.50", "1250", ".,"), ("3,75", "375", ".,"), ("-42", "42", "-")]
)
def test_a_separator_that_is_not_in_the_text_is_told(reader: Reader, written: str, text: str, left_out: str) -> None:
    for seed in range(4):
        picture, _ = drawn.line(written, np.random.default_rng(seed), gap=0.3)
        (reading,) = reader.read(picture)
        assert reading.text == text
        assert reading.left_out in left_out
        assert reading.left_out
        assert reading.to_dict()["left_out"] == reading.left_out


def test_a_dash_that_leans_is_no_one(reader: Reader) -> None:
    lines = [drawn.line("1/2", np.random.default_rng(seed), gap=0.25)[0] for seed in range(2, 14)]
    answers = [r.text for line in lines for r in reader.read(line) if not r.rejected]
    assert set(answers) <= {"12"}


def test_the_foot_of_a_digit_is_no_separator(reader: Reader) -> None:
    lines = [drawn.line(text, np.random.default_rng(seed)) for seed in range(5) for text in ("92278", "055256", "89")]
    assert not [r.left_out for picture, _ in lines for r in reader.read(picture) if r.left_out]


def test_a_page_gives_its_lines_from_the_top(reader: Reader) -> None:
    picture, _ = drawn.page(["1 2 3", "4 5 6", "7 8 9"], np.random.default_rng(8), size=50, tilt=0.0)
    readings = reader.read(picture, layout="page")
    tops = [r.box[1] for r in readings]
    assert tops == sorted(tops)
    assert len("".join(r.text for r in readings)) >= 7


@pytest.mark.parametrize("layout", ["auto", "digit", "line", "page"])
@pytest.mark.parametrize("side", [28, 90])
def test_nothing_is_read_where_there_is_nothing(reader: Reader, layout: str, side: int) -> None:
    noise = np.random.default_rng(4).integers(0, 256, (side, side), dtype=np.uint8)
    for picture in (np.zeros((side, side), np.uint8), np.full((side, side), 255, np.uint8), noise):
        for reading in reader.read(picture, layout=layout):
            assert reading.rejected
            assert reading.text == ""
            assert reading.reason in ("blank", "not a digit")


def test_what_is_no_digit_is_rejected_more_often_than_digits(reader: Reader, digits: drawn.Dataset) -> None:
    rubbish = drawn.nothing(200, 78)
    rejected = [np.mean([r.rejected for r in reader.read_many(s.images)]) for s in (digits, rubbish)]
    assert rejected[0] < 0.1
    assert rejected[1] > 0.85


def test_a_class_for_none_is_what_the_others_are_measured_from() -> None:
    class Knows:
        classes = ("0", "1", " ")

        def penalties(self, images: np.ndarray) -> np.ndarray:
            return np.tile(np.array([3, 1, 2], np.float32), (len(images), 1))

    reader = Reader(Knows(), calibration=Calibration(rubbish=0.0))
    assert reader.classes == ("0", "1")
    assert reader.penalties(np.zeros((2, 28, 28), np.uint8)).tolist() == [[1, -1]] * 2


def test_the_shipped_network_is_of_the_paper_but_for_the_code_of_the_space() -> None:
    network = load("lenet5-reader")
    assert network.classes == (*"0123456789", " ")
    assert replace(network.architecture, name="lenet5", output=LENET5.output) == LENET5
    rubbish, some = drawn.nothing(200, 79), drawn.digits(200, 79)
    assert (network.predict(rubbish.images) == 10).mean() > 0.85
    assert (network.predict(some.images) == some.labels).mean() > 0.9


def test_a_bad_picture_does_not_keep_the_others_from_being_read(reader: Reader, digits: drawn.Dataset) -> None:
    batch = [digits.images[0], b"rubbish", digits.images[1], np.full((9, 9), np.nan)]
    outcome = reader.read_many(batch, on_error="return")
    assert [isinstance(o, Reading) for o in outcome] == [True, False, True, False]
    assert isinstance(outcome[1], PictureError)
    with pytest.raises(PictureError):
        reader.read_many(batch)


def test_one_by_one_and_together_are_the_same(reader: Reader, digits: drawn.Dataset) -> None:
    some = list(digits.images[:10])
    assert [reader.read(p, layout="digit")[0].text for p in some] == [r.text for r in reader.read_many(some)]


def test_who_knows_the_ink_tells_it(reader: Reader, digits: drawn.Dataset) -> None:
    sheet = np.pad(255 - digits.images[int(np.flatnonzero(digits.labels == 3)[0])], 4, constant_values=255)
    assert reader.read(sheet, "digit", ink="dark")[0].text == "3"
    assert reader.read(255 - sheet, "digit", ink="light")[0].text == "3"
    assert reader.read(sheet, "digit", ink="light")[0] != reader.read(sheet, "digit", ink="dark")[0]
    assert reader.read_many([255 - sheet], ink="light")[0].text == "3"
    assert not np.array_equal(reader.explain(sheet, ink="light")["ink"], reader.explain(sheet, ink="dark")["ink"])
    with pytest.raises(ReadingError, match="auto, dark, light"):
        reader.read(sheet, ink="red")  # type: ignore[arg-type]


def test_arrays_of_pictures_come_as_other_libraries_shape_them(reader: Reader, digits: drawn.Dataset) -> None:
    some = digits.images[:20]
    answers = [r.text for r in reader.read_many(some)]
    for same in (some[..., None], some[:, None], some.astype(np.int64), some / 255, np.repeat(some[..., None], 3, -1)):
        assert [r.text for r in reader.read_many(same)] == answers
    assert right(reader.read_many(some > 127), [str(k) for k in digits.labels[:20]]) > 0.8


def test_every_step_can_be_looked_at(reader: Reader) -> None:
    picture, _ = drawn.line("2048", np.random.default_rng(1))
    steps = reader.explain(picture, layout="line")
    assert {"picture", "paper", "ink", "pieces", "candidates", "answer"} <= set(steps)
    assert all(s.dtype == np.uint8 and s.ndim in (2, 3) for s in steps.values())
    assert steps["answer"].shape == picture.shape


def test_pages_of_a_file_are_told_apart(reader: Reader, digits: drawn.Dataset, tmp_path: Path) -> None:
    pages = [Image.fromarray(255 - image) for image in digits.images[:3]]
    pages[0].save(tmp_path / "three.tiff", save_all=True, append_images=pages[1:])
    assert [r.page for r in reader.read(tmp_path / "three.tiff", layout="digit")] == [0, 1, 2]


def test_any_network_with_penalties_will_do(digits: drawn.Dataset) -> None:
    class Always7:
        def penalties(self, images: np.ndarray) -> np.ndarray:
            return np.tile(np.where(np.arange(10) == 7, 0.1, 9.0).astype(np.float32), (len(images), 1))

    (reading,) = Reader(Always7()).read(digits.images[0], layout="digit")
    assert reading.text == "7"
    assert not reading.rejected


@pytest.mark.parametrize(
    "ask",
    [
        lambda r: r.read(np.zeros((30, 30)), layout="book"),
        lambda r: r.read_many([], layout="page"),
        lambda r: r.read_many([], on_error="ignore"),
        lambda r: r.read_many("a folder"),
        lambda _: Reader(3),  # type: ignore[arg-type]
        lambda r: Reader(r.network, accept="x"),  # type: ignore[arg-type]
        lambda _: Calibration(temperature=0),
        *(
            lambda _, told=told: Calibration.of({"reading": told})
            for told in ({"temper": 1}, {"rubbish": "x"}, {"rubbish": [1, 2]}, {"on_paths": "ab"}, {"on_paths": 5})
        ),
    ],
)
def test_what_makes_no_sense_is_refused(reader: Reader, ask) -> None:
    with pytest.raises(ReadingError):
        ask(reader)


SHAPES = st.one_of(
    st.tuples(st.integers(0, 40), st.integers(0, 40)),
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 5)),
    st.tuples(st.integers(1, 4)),
)
TYPES = st.sampled_from([np.uint8, np.bool_, np.int16, np.uint16, np.float32, np.float64, np.complex64])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), layout=st.sampled_from(["auto", "digit", "line", "page"]))
def test_any_array_gives_readings_or_an_error_of_ours(reader: Reader, data: st.DataObject, layout: str) -> None:
    array = data.draw(arrays.arrays(data.draw(TYPES), data.draw(SHAPES)))
    try:
        readings = reader.read(array, layout=layout)
    except LeNetError:
        return
    assert readings
    for r in readings:
        assert isinstance(r, Reading)
        assert 0 <= r.confidence <= 1
        assert r.rejected == bool(r.reason)


def test_a_digit_of_odd_size_or_place_makes_its_line_less_sure(reader: Reader, digits: drawn.Dataset) -> None:
    chosen = [255 - digits.images[digits.labels == k][0] for k in (4, 7, 2)]

    def sure(reader: Reader, side: int, up: int) -> float:
        picture = np.full((220, 520), 255, np.uint8)
        for digit, x, size, y in zip(chosen, (60, 200, 340), (112, side, 112), (60, 60 - up, 60), strict=True):
            picture[y : y + size, x : x + size] = cv2.resize(digit, (size, size), interpolation=cv2.INTER_CUBIC)
        (reading,) = reader.read(picture, "line")
        assert reading.text == "472"
        return reading.confidence

    held = reader.calibration
    heedless = Reader(reader.network, calibration=replace(held, powers=(*held.powers[:-1], 0.0)))
    even, odd = (sure(reader, *line) / sure(heedless, *line) for line in ((112, 0), (78, 18)))
    assert odd < 0.97 * even


def test_a_line_of_few_pixels_is_less_sure_of_what_it_reads(reader: Reader) -> None:
    sure: dict[int, list[float]] = {40: [], 12: []}
    for seed in range(8):
        picture, _ = drawn.line("4817", np.random.default_rng(seed), size=80, gap=0.3)
        for size, found in sure.items():
            small = cv2.resize(picture, None, fx=size / 80, fy=size / 80, interpolation=cv2.INTER_AREA)
            (reading,) = reader.read(small, "line")
            found += [reading.confidence] * (reading.text == "4817")
    assert min(map(len, sure.values())) >= 3
    assert np.median(sure[12]) < np.median(sure[40]) - 0.03
