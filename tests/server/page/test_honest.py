"""The page never shows an answer beside a picture that it does not belong to, and says what it is doing."""

from __future__ import annotations

from typing import Any

import pytest

from server.expected import Open, stroke

DROP = """async ([name, bytes, where]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name));
    const drop = (type) => new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
    const at = document.querySelector(where);
    return at.dispatchEvent(drop('dragover')) || at.dispatchEvent(drop('drop'));
}"""
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200


def _drop(page: Any, content: bytes, name: str = "a.png", where: str = "body") -> None:
    assert page.evaluate(DROP, [name, list(content), where]) is False, "the browser opens the file itself"


def _wait_for_answer(page: Any, view: str = "read") -> None:
    page.wait_for_function(f"() => document.querySelector('.{view}')?.dataset.answer")


def _answer(page: Any) -> str | None:
    return page.locator(".read").get_attribute("data-answer")


def _shown(page: Any) -> str | None:
    image = page.locator(".boxed img")
    return image.get_attribute("src") if image.is_visible() else None


def test_the_old_answer_is_gone_while_another_picture_is_read(open_page: Open, sample: Any) -> None:
    page = open_page("read")
    _wait_for_answer(page)
    waiting: list[Any] = []
    page.route("**/api/read?*", lambda route: waiting.append(route))
    _drop(page, sample("line_2746.png"))
    page.wait_for_selector(".boxed img")
    page.wait_for_function("() => document.querySelector('.read .answer').textContent.startsWith('Reading')")
    assert _answer(page) is None
    assert page.locator(".steps li:visible").count() == 0
    page.wait_for_timeout(100)
    for route in waiting:
        route.continue_()
    page.wait_for_function("() => document.querySelector('.read').dataset.answer === '2746'")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEIC, "damaged"),
        (b"Dear reader, this is text.", "not a picture"),
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "damaged"),
    ],
)
def test_a_file_that_cannot_be_opened_is_told_and_has_no_answer(open_page: Open, content: bytes, words: str) -> None:
    page = open_page("read", before=lambda page: None)
    _wait_for_answer(page)
    shown, before = _shown(page), _answer(page)
    _drop(page, content, "IMG_0001.HEIC")
    page.wait_for_function("w => document.querySelector('#problem').textContent.includes(w)", arg=words)
    # What was open stays with its own answer, or the new file is there with none.
    assert _answer(page) == (before if _shown(page) == shown else None)
    if _shown(page) != shown:
        assert page.locator(".read .answer").inner_text().startswith("No answer")
    page.get_by_role("button", name="Close").click()
    assert page.locator("#problem").is_hidden()


def test_messages_are_in_the_language_of_the_page(open_page: Open) -> None:
    page = open_page("read", language="zh")
    _wait_for_answer(page)
    _drop(page, b"Dear reader, this is text.", "letter.png")
    page.wait_for_function("() => document.querySelector('#problem').textContent.includes('letter.png 不是图片')")


def test_a_server_that_cannot_open_a_photograph_of_a_telephone_says_what_to_do(open_page: Open) -> None:
    page = open_page("read", before=lambda page: None)
    _wait_for_answer(page)
    page.route("**/api/read?*", lambda route: route.fulfill(status=415, json={"detail": "needs pillow-heif"}))
    _drop(page, HEIC, "IMG_0001.HEIC")
    page.wait_for_function("() => document.querySelector('#problem').textContent.includes('Export it as JPEG')")
    assert _answer(page) is None


def test_without_a_server_a_new_digit_has_no_old_answer(open_page: Open) -> None:
    page = open_page("read", before=lambda page: None)
    _wait_for_answer(page)
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_role("button", name="Clear").click()
    stroke(page, ".read canvas.draw", [(0.3, 0.15), (0.3, 0.85)])
    page.wait_for_function("() => document.querySelector('#problem').textContent.includes('does not answer')")
    assert _answer(page) is None
    assert page.locator(".read .answer").inner_text().startswith("No answer")


def test_a_network_that_does_not_come_leaves_the_one_that_is_there(open_page: Open) -> None:
    page = open_page("see", before=lambda page: None)
    _wait_for_answer(page, "see")
    page.route("**/api/networks/**", lambda route: route.abort())
    page.select_option("#network", "untrained-lenet5-softmax")
    page.wait_for_function("() => document.querySelector('#problem').textContent.includes('does not answer')")
    page.wait_for_function("() => !location.hash.includes('softmax')")
    assert page.locator("#network").input_value() == page.locator(".see").get_attribute("data-network") == "lenet5"
    page.locator("nav a[data-view=test]").click()
    page.wait_for_selector("main[data-view=test]")


def test_pictures_are_read_once_the_server_is_back(open_page: Open, sample: Any) -> None:
    page = open_page("read", before=lambda page: None)
    _wait_for_answer(page)
    page.route("**/api/**", lambda route: route.abort())
    _drop(page, sample("line_2746.png"))
    page.wait_for_function("() => document.querySelector('#problem').textContent.includes('does not answer')")
    _drop(page, sample("line_20500.png"))
    page.wait_for_function("() => document.querySelectorAll('.pictures li').length === 2")
    page.unroute("**/api/**")
    page.locator(".pictures button").first.click()
    page.wait_for_function("() => document.querySelectorAll('.pictures span')[1].textContent === '20500'")
    assert _answer(page) == "2746"
    assert page.locator("#problem").is_hidden()


def test_a_training_whose_server_is_gone_is_not_said_to_run(open_page: Open) -> None:
    known = {"id": 1, "name": "lenet5", "state": "running", "detail": "", "passes": [], "wrong": []}
    known |= {"recipe": {"passes": 5}, "progress": {"pass": 1, "done": 10, "total": 100, "error": 0.5}}
    answers: list[Any] = [lambda route: route.abort(), lambda route: route.fulfill(status=404)]

    def before(page: Any) -> None:
        page.route("**/api/trainings", lambda route: route.fulfill(json={"trainings": [known]}))
        page.route("**/api/trainings/1/events", lambda route: answers.pop(0)(route))

    page = open_page("learn&on=server", before=before)
    page.wait_for_function("() => document.querySelector('#problem').textContent.includes('does not answer')")
    page.wait_for_function("() => document.querySelector('#problem').textContent.includes('training is gone')")
    assert page.locator(".learn").get_attribute("data-state") == "stopped"


def test_of_files_that_cannot_be_opened_each_is_told(open_page: Open, sample: Any) -> None:
    page = open_page("read")
    _wait_for_answer(page)
    files = [("one.txt", b"text"), ("seven.png", sample("digit_7.png")), ("none.png", b"")]
    page.set_input_files(".read input", [{"name": n, "mimeType": "", "buffer": content} for n, content in files])
    page.wait_for_function("() => document.querySelector('.read').dataset.answer === '7'")
    page.wait_for_function(
        "() => /one.txt is not.*none.png is empty/.test(document.querySelector('#problem').textContent)"
    )


@pytest.mark.parametrize(("view", "where"), [("see", "header"), ("read", "h2"), ("test", "h2"), ("learn", "body")])
def test_a_file_is_taken_anywhere_in_the_window(open_page: Open, sample: Any, view: str, where: str) -> None:
    page = open_page(view)
    page.wait_for_selector(where)
    if view in ("see", "read"):
        _wait_for_answer(page, view)
    page.wait_for_load_state("networkidle")
    _drop(page, sample("digit_7.png"), where=where)
    taken = "see" if view == "see" else "read"
    page.wait_for_function(f"() => document.querySelector('.{taken}')?.dataset.answer === '7'")


def test_paper_is_there_when_the_view_says_write(open_page: Open) -> None:
    page = open_page("read")
    _wait_for_answer(page)
    assert "Write several digits" in page.locator("h2").first.inner_text()
    assert page.locator(".read canvas.draw").is_visible()
    for x in (0.3, 0.6):
        stroke(page, ".read canvas.draw", [(x, 0.15), (x, 0.85)])
    page.wait_for_function("() => document.querySelector('.read').dataset.answer === '11'")
    assert page.get_by_label("Examples").input_value() == ""


def test_while_kernels_are_compiled_the_page_says_so(open_page: Open) -> None:
    not_yet = {"status": "ok", "ready": False}
    page = open_page("see", before=lambda page: page.route("**/api/health", lambda route: route.fulfill(json=not_yet)))
    page.wait_for_function("() => document.querySelector('#waiting')?.textContent.includes('compiling its kernels')")
    assert page.locator("#waiting").is_visible()
    page.unroute("**/api/health")
    page.wait_for_function("() => document.querySelector('#waiting').hidden")


def test_until_the_network_is_there_words_say_so(open_page: Open) -> None:
    late: list[Any] = []
    page = open_page(
        "see", before=lambda page: page.route("**/api/networks/*/weights", lambda route: late.append(route))
    )
    page.wait_for_function("() => document.querySelector('main').textContent.includes('being loaded')")
    page.wait_for_timeout(100)
    for route in late:
        route.continue_()
    _wait_for_answer(page, "see")  # maps and bars come with their numbers
    assert page.locator(".outputs .value").first.inner_text() != ""


@pytest.mark.parametrize("drawn", ["A", "blank"])
def test_nothing_says_that_an_a_or_a_blank_is_certain(open_page: Open, drawn: str) -> None:
    page = open_page()
    _wait_for_answer(page, "see")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Clear").click()
    for points in [[(0.2, 0.9), (0.5, 0.1), (0.8, 0.9)], [(0.32, 0.6), (0.68, 0.6)]] if drawn == "A" else []:
        stroke(page, ".pad canvas.draw", points)
    page.wait_for_selector(".verdict.rejected")
    for view in ("See", "Test"):
        page.get_by_role("link", name=view).click()
        page.wait_for_selector(".verdict.rejected" if view == "See" else ".strip button")
        page.wait_for_load_state("networkidle")
        assert "100.0 %" not in page.locator("main").inner_text()
        assert "%" not in page.locator(".answer, .big").first.inner_text()
