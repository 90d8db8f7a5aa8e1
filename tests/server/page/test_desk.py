"""What was read can be checked against its picture, corrected by typing, and taken away."""

from __future__ import annotations

import base64
import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image

from lenet5.datasets import drawn
from lenet5.reading.school.corrections import read_corrections
from server.expected import EXAMPLES, Open, stroke

FILES = "input[type=file]"


def _read(page: Any, answer: str) -> None:
    page.wait_for_function("a => document.querySelector('.read')?.dataset.answer === a", arg=answer)


def _open(page: Any, *files: tuple[str, bytes]) -> None:
    page.set_input_files(FILES, [{"name": n, "mimeType": "image/png", "buffer": content} for n, content in files])


def _taken(page: Any, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return download.value.path().read_text("utf-8")


def _grid() -> list[dict[str, Any]]:
    """Two rows of three cells: an 8, an empty cell, one that could not be read; 4, 5, 6."""

    def cell(row: int, column: int, text: str, reason: str = "") -> dict[str, Any]:
        box = [10 + 30 * column, 10 + 30 * row, 20, 20]
        known = {"row": row, "column": column, "alternatives": [], "box": box}
        return {"text": text, "confidence": 0.9, "reason": reason, **known}

    rows = [[cell(0, 0, "8"), cell(0, 1, "", "blank"), cell(0, 2, "", "not a digit")]]
    rows.append([cell(1, c, "456"[c]) for c in range(3)])
    known = {"confidence": 0.9, "page": 0, "reason": "", "rejected": False}
    return [
        {"text": text, "characters": cells, "box": [10, 10 + 30 * k, 80, 20], "row": k, **known}
        for k, (text, cells) in enumerate(zip(("8_?", "456"), rows, strict=True))
    ]


def test_a_reading_is_tied_to_its_box_both_ways(open_page: Open) -> None:
    page = open_page("read&example=boxes_0314159.png")
    _read(page, "0314159")
    assert page.locator(".results tbody tr").count() == page.locator(".boxed g").count() == 7
    page.locator(".results tbody tr").nth(3).hover()
    assert page.locator(".boxed g.chosen text").text_content() == "4"
    page.locator(".boxed g").nth(5).locator(".whole").click(force=True)
    assert page.locator(".results tr.chosen input").input_value() == "5"
    assert page.locator(".results tr.chosen input").evaluate("input => input === document.activeElement")


def test_empty_and_rejected_cells_keep_their_places(open_page: Open) -> None:
    def answer(page: Any) -> None:
        told = {"pictures": [{"name": "", "readings": _grid()}]}
        page.route("**/api/read?*", lambda route: route.fulfill(json=told))

    page = open_page("read", before=answer)
    page.wait_for_selector(".results tbody tr")
    assert page.locator(".taken .text").inner_text() == "8_?\n456"
    rows = [row.split("\t") for row in page.locator(".results tbody tr").all_inner_texts()]
    assert [row[:2] for row in rows] == [[str(r), str(c)] for r in (1, 2) for c in (1, 2, 3)]
    page.locator(".results input").nth(2).fill("7")
    page.keyboard.press("Enter")
    assert page.locator(".taken .text").inner_text() == "8_7\n456"
    table = list(csv.DictReader(io.StringIO(_taken(page, "CSV"))))
    assert [row["text"] for row in table] == ["8", "", "7", "4", "5", "6"]
    assert [row["reason"] for row in table] == ["", "blank", "corrected", "", "", ""]
    told = json.loads(_taken(page, "JSON"))["pictures"][0]
    assert told["readings"] == _grid()
    assert told["corrections"] == [{"page": 0, "row": 0, "column": 2, "box": [70, 10, 20, 20], "text": "7"}]


def test_corrections_are_lessons_of_the_pictures_they_were_made_on(open_page: Open, sample: Any) -> None:
    page = open_page("read")
    _open(page, ("mine.png", sample("line_2746.png")), ("other.png", sample("line_1998.png")))
    _read(page, "2746")
    page.locator(".results input").fill("2146")
    page.keyboard.press("Enter")
    page.locator(".pictures button").filter(has_text="other.png").click()
    _read(page, "1998")
    page.get_by_role("button", name="Turn").click()
    page.wait_for_selector(".results tbody tr")
    page.wait_for_selector(".steps li")  # the answer is whole
    page.locator(".results input").first.fill("1998")
    page.keyboard.press("Enter")
    lines = [json.loads(line) for line in _taken(page, "Keep corrections as lessons").splitlines()]
    assert (lines[0]["path"], lines[0]["text"], len(lines[0]["box"])) == ("mine.png", "2146", 4)
    turned = base64.b64decode(lines[1]["path"].removeprefix("data:image/png;base64,"))
    picture = cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_GRAYSCALE)
    whole = cv2.imdecode(np.frombuffer(sample("line_1998.png"), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.abs(picture.astype(int) - np.rot90(whole, -1).astype(int)).max() <= 2


def test_the_lessons_that_the_page_saves_teach_a_network(open_page: Open, tmp_path: Path) -> None:
    """Digits of a hand are written on the page, corrected, saved and learnt from."""
    page = open_page("read&example=boxes_0314159.png")
    _read(page, "0314159")
    for k, digit in enumerate("0314159"):
        page.locator(".results input").nth(k).fill(digit)
        page.keyboard.press("Enter")
    (tmp_path / "corrections.jsonl").write_text(_taken(page, "Keep corrections as lessons"), "utf-8")
    shutil.copy(EXAMPLES / "boxes_0314159.png", tmp_path)
    place, taught = tmp_path / "corrections.jsonl", tmp_path / "mine.safetensors"
    assert [one.text for one in read_corrections(place)] == list("0314159")
    command = ["lenet5", "teach", str(place), "--from", "lenet5", "--out", str(taught), "--json"]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr  # 1: what it knew already became no better
    assert json.loads(done.stdout)["samples"] == 7
    assert taught.exists() is (done.returncode == 0)


def test_the_server_keeps_what_was_corrected(open_page: Open, client: httpx.Client, sample: Any) -> None:
    page = open_page("read")
    _read(page, "1998")
    assert page.get_by_text("stays in this browser").is_hidden()
    _open(page, ("mine.png", sample("line_2746.png")))
    _read(page, "2746")
    assert page.get_by_text("stays in this browser").is_visible()
    page.locator(".results input").fill("2146")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Keep corrections on the server").click()
    page.wait_for_function("() => document.querySelector('.taken .note').textContent.includes('on the server')")
    kept = [json.loads(line) for line in client.get("corrections").text.splitlines()]
    (mine,) = (one for one in kept if one["text"] == "2146")
    assert client.get(f"corrections/{mine['path']}").content == sample("line_2746.png")


def test_what_was_said_of_corrections_stays_when_the_steps_come_later(open_page: Open, sample: Any) -> None:
    page = open_page("read")
    _read(page, "1998")
    held: list[Any] = []
    page.route("**/api/explain*", lambda route: held.append(route))
    _open(page, ("mine.png", sample("line_2746.png")))
    _read(page, "2746")
    page.locator(".results input").fill("2146")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Keep corrections on the server").click()
    kept = "() => document.querySelector('.taken .note').textContent.includes('on the server')"
    page.wait_for_function(kept)
    assert held
    held[0].continue_()
    page.wait_for_selector("ol.steps:visible img")
    assert page.evaluate(kept)


def test_other_characters_are_asked_for_and_kept_in_the_address(open_page: Open) -> None:
    page = open_page("read&example=line_1998.png&layout=line")
    _read(page, "1998")
    page.get_by_label("Characters", exact=True).select_option("capitals")
    page.wait_for_function("() => /[A-Z]/.test(document.querySelector('.taken .text').textContent)")
    assert not set(page.locator(".results input").input_value()) & set("0123456789")
    page.get_by_label("Characters", exact=True).select_option("own")
    page.get_by_label("The characters that may be answered").fill("189")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash.includes('characters=189')")
    page.reload()
    page.wait_for_selector(".results input")
    assert page.get_by_label("The characters that may be answered").input_value() == "189"
    assert set(page.locator(".results input").input_value()) <= set("189")


def test_a_part_is_cropped_and_read_alone(open_page: Open, sample: Any) -> None:
    page = open_page("read&example=page_123_456_789.png")
    _read(page, "123 456 789")
    page.get_by_role("button", name="Crop").click()
    box = page.locator(".boxed").bounding_box()
    page.locator(".boxed").scroll_into_view_if_needed()
    box = page.locator(".boxed").bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 1)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 0.38 * box["height"], steps=3)
    page.mouse.up()
    _read(page, "123")
    page.get_by_role("button", name="All of it").click()
    _read(page, "123 456 789")


def test_ink_and_layout_are_set_by_hand_and_kept_in_the_address(open_page: Open) -> None:
    page = open_page("read&example=line_2746.png&tone=dark")
    page.wait_for_selector(".results tbody tr")
    assert page.locator(".read").get_attribute("data-answer") != "2746"  # chalk on a board
    page.get_by_label("Ink", exact=True).select_option("light")
    _read(page, "2746")
    page.wait_for_function("() => location.hash.includes('tone=light')")
    page.reload()
    _read(page, "2746")
    assert page.get_by_label("Ink", exact=True).input_value() == "light"


def test_a_photograph_stays_open_in_another_language_network_or_view(open_page: Open, sample: Any) -> None:
    page = open_page("read")
    _open(page, ("mine.png", sample("line_20500.png")))
    _read(page, "20500")
    page.get_by_role("button", name="中文").click()
    page.wait_for_function("() => document.documentElement.lang === 'zh'")
    _read(page, "20500")
    page.select_option("#network", "untrained-lenet5")
    _read(page, "20500")
    page.locator("nav a[data-view=see]").click()
    page.wait_for_selector("main[data-view=see]")
    page.locator("nav a[data-view=read]").click()
    _read(page, "20500")


def test_pictures_and_their_corrections_outlive_what_is_opened_or_written_next(open_page: Open, sample: Any) -> None:
    page = open_page("read&example=line_1998.png")
    _read(page, "1998")
    _open(page, ("mine.png", sample("line_20500.png")))
    _read(page, "20500")
    page.locator(".results input").fill("20501")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="中文").click()
    page.wait_for_function("() => document.documentElement.lang === 'zh'")
    assert page.locator(".results input").input_value() == "20501"
    stroke(page, ".read canvas.draw", [(0.5, 0.15), (0.5, 0.85)])
    _read(page, "1")
    _open(page, ("second.png", sample("line_1998.png")))
    _read(page, "1998")
    chips = page.locator(".pictures b")
    assert chips.all_inner_texts() == ["mine.png", "second.png"]
    page.get_by_label("墨迹", exact=True).select_option("dark")  # tried on the picture in front alone
    page.locator(".pictures button").first.click()
    _read(page, "20500")
    assert page.locator(".results input").input_value() == "20501"


def test_whoever_leaves_with_corrections_that_were_not_taken_away_is_asked(open_page: Open) -> None:
    page = open_page("read&example=line_1998.png")
    _read(page, "1998")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator(".results input").fill("1999")
    page.keyboard.press("Enter")
    page.reload()
    assert asked == ["beforeunload"]
    _read(page, "1998")
    page.locator(".results input").fill("1999")
    page.keyboard.press("Enter")
    assert "1999" in _taken(page, "CSV")
    page.reload()
    _read(page, "1998")
    assert asked == ["beforeunload"]


def test_a_small_file_of_many_pixels_is_made_smaller_before_it_is_sent(open_page: Open) -> None:
    """The server takes 64 million pixels at most, which a PNG of paper packs into a few kilobytes."""
    line = drawn.line("1998", np.random.default_rng(3), size=900, look=drawn.Look(blur=0))[0][..., 1]
    sheet = Image.new("L", (8200, 8200), 255)
    sheet.paste(Image.fromarray(np.where(line < 128, 0, 255).astype(np.uint8)), (2000, 3000))
    packed = io.BytesIO()
    sheet.convert("1").save(packed, "PNG")
    assert len(packed.getvalue()) < 200_000
    page = open_page("read")
    _open(page, ("large.png", packed.getvalue()))
    _read(page, "1998")


def test_a_picture_that_is_turned_loses_its_old_readings_at_once(open_page: Open) -> None:
    """Nobody types into a table that is about to go."""
    page = open_page("read&example=line_1998.png")
    _read(page, "1998")
    left = page.get_by_role("button", name="Turn").evaluate(
        "button => (button.click(), document.querySelectorAll('.results tbody tr').length)"
    )
    assert left == 0
    page.wait_for_selector(".results tbody tr")


def test_a_photograph_of_a_telephone_is_opened_by_the_server(open_page: Open) -> None:
    heif = pytest.importorskip("pillow_heif", reason="needs the extra lenet5[heif]")
    photo = io.BytesIO()
    picture = Image.open(EXAMPLES / "line_1998.png").convert("RGB")
    heif.from_pillow(picture).save(photo, quality=95)
    page = open_page("read&example=line_2746.png")
    _read(page, "2746")
    _open(page, ("IMG_0001.HEIC", photo.getvalue()))
    _read(page, "1998")
    page.wait_for_selector(".boxed img[src^='data:']")  # as the server opened it, since the browser cannot
    shape = "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
    assert page.locator(".boxed img").evaluate(shape) == list(picture.size)
    page.get_by_role("button", name="Turn").click()
    page.wait_for_selector(".boxed img[src^='blob:']")
    assert page.locator(".boxed img").evaluate(shape) == list(reversed(picture.size))


def test_a_point_that_is_not_in_the_text_is_told_beside_it(open_page: Open) -> None:
    price = io.BytesIO()
    Image.fromarray(drawn.line("12.50", np.random.default_rng(1), gap=0.3)[0]).save(price, "PNG")
    page = open_page("read")
    _open(page, ("price.png", price.getvalue()))
    _read(page, "1250")
    assert "left out: ." in page.locator(".results tbody .reason").inner_text()
    (row,) = csv.DictReader(io.StringIO(_taken(page, "CSV")))
    assert row["left_out"] == "."


def test_of_several_pages_the_first_is_shown_with_its_own_boxes(open_page: Open) -> None:
    pages = [Image.open(EXAMPLES / f"line_{number}.png").convert("L") for number in (1998, 20500)]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    page = open_page("read&example=line_2746.png")
    _read(page, "2746")
    _open(page, ("two.tif", file.getvalue()))
    _read(page, "1998 20500")
    page.wait_for_selector(".boxed g")
    assert page.locator(".boxed g").count() == 1
    assert page.locator(".results tbody tr").count() == 2


def test_numbers_in_boxes_show_cells_and_no_graph(open_page: Open) -> None:
    page = open_page("read&example=boxes_0314159.png")
    page.wait_for_selector(".steps li")
    assert page.locator(".read svg .arc").count() == 0
    assert "each cell was read by itself" in page.locator(".half").first.inner_text()


def test_any_line_of_a_page_is_explained(open_page: Open) -> None:
    page = open_page("read&example=page_123_456_789.png")
    page.wait_for_selector(".read svg .arc.chosen")
    page.locator(".results tbody tr").nth(2).hover()
    page.get_by_role("button", name="Explain the chosen line").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.read svg text.chosen')].some((one) => one.firstChild.data === '9')"
    )


def test_what_comes_in_later_interrupts_nobody_who_corrects_or_crops(open_page: Open) -> None:
    held: list[Any] = []
    page = open_page("read", before=lambda page: page.route("**/api/explain*", lambda route: held.append(route)))
    page.set_input_files(FILES, "src/lenet5/samples/line_1998.png")
    _read(page, "1998")
    field = page.locator(".results tbody input").first
    field.fill("1999")
    page.get_by_role("button", name="Crop").click()
    field.focus()
    page.wait_for_timeout(200)
    assert held
    for route in held:
        route.continue_()
    page.wait_for_selector(".read .steps img, .read figure img, .read .graph svg")
    assert field.input_value() == "1999"
    assert field.evaluate("input => input === document.activeElement")
    assert page.get_by_role("button", name="Crop").get_attribute("aria-pressed") == "true"
