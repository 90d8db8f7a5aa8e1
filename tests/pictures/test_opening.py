"""Does every kind of picture open, and every kind of rubbish give a clear error?"""

from __future__ import annotations

import base64
import io
import sys
import tracemalloc
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from lenet5.errors import LeNetError, MissingExtraError, PictureError
from lenet5.pictures import opening
from lenet5.pictures.opening import Limits, open_pages, sized
from systems import posix

GREY = np.tile(np.linspace(0, 255, 12).astype(np.uint8), (10, 1))  # (10, 12)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF", "PPM"])
def test_a_file_gives_its_pixels_whatever_its_kind(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(saved(Image.fromarray(GREY), kind))
    (pixels,) = open_pages(path)
    grey = pixels if pixels.ndim == 2 else pixels[:, :, 0]
    assert np.array_equal(grey, GREY)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_lossy_file_gives_about_its_pixels(kind: str) -> None:
    (pixels,) = open_pages(saved(Image.fromarray(GREY), kind, quality=95))
    grey = pixels if pixels.ndim == 2 else pixels[:, :, 0]
    assert np.abs(grey.astype(int) - GREY).max() < 25


def test_the_camera_s_turn_is_undone() -> None:
    exif = Image.Exif()
    exif[274] = 6  # the camera was held a quarter turn against the clock
    (pixels,) = open_pages(saved(Image.fromarray(GREY), "PNG", exif=exif))
    assert np.array_equal(pixels, np.rot90(GREY, -1))


@pytest.mark.parametrize("ink", [0, 255])
def test_what_is_drawn_on_a_transparent_sheet_stays_to_be_seen(ink: int) -> None:
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[..., :3] = ink
    rgba[5:15, 8:12, 3] = 255
    (pixels,) = open_pages(rgba)
    assert np.abs(pixels[10, 10].astype(int) - pixels[0, 0]).min() == 255


def test_sixteen_bits_palettes_and_inks_for_print_become_eight_bits() -> None:
    deep = open_pages(saved(Image.fromarray(GREY.astype(np.uint16) * 257), "PNG"))[0]
    assert np.abs(deep.astype(int) - GREY).max() <= 1
    palette = open_pages(saved(Image.fromarray(GREY).convert("P"), "PNG"))[0]
    assert np.abs(palette[..., 0].astype(int) - GREY).max() <= 1
    cmyk = open_pages(saved(Image.fromarray(GREY).convert("RGB").convert("CMYK"), "TIFF"))[0]
    assert cmyk.shape == (10, 12, 3)


def test_every_page_of_a_tiff_and_the_first_picture_of_an_animation() -> None:
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    more = {"save_all": True, "append_images": frames[1:]}
    assert len(open_pages(saved(frames[0], "TIFF", **more))) == 2
    assert len(open_pages(saved(frames[0], "GIF", **more))) == 1


def test_no_page_is_looked_for_beyond_the_last_that_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    pages, file = [Image.new("L", (30, 30), 9 * number) for number in range(20)], io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    looked = list[int]()
    monkeypatch.setattr(TiffImageFile, "_setup", lambda _, setup=TiffImageFile._setup: (looked.append(1), setup(_)))
    with pytest.raises(PictureError, match="over 3 pages"):
        open_pages(file.getvalue(), Limits(pages=3))
    assert len(looked) < 10
    assert len(open_pages(file.getvalue(), Limits(pages=20))) == 20


def test_every_page_of_a_pdf() -> None:
    pytest.importorskip("pypdfium2", reason="needs the extra lenet5[pdf]")
    pages = [Image.fromarray(page).resize((120, 100), Image.Resampling.NEAREST) for page in (GREY, 255 - GREY)]
    document = saved(pages[0], "PDF", save_all=True, append_images=pages[1:], resolution=opening.PDF_DOTS)
    for pixels, page in zip(open_pages(document), pages, strict=True):
        assert pixels.shape[:2] == (100, 120)
        assert np.abs(pixels[..., 0].astype(int) - np.asarray(page)).mean() < 8
    with pytest.raises(PictureError, match="PDF"):
        open_pages(document[:200])


def test_a_pdf_has_no_more_pages_and_pixels_than_are_sensible() -> None:
    pytest.importorskip("pypdfium2", reason="needs the extra lenet5[pdf]")
    page = Image.fromarray(GREY)
    document = saved(page, "PDF", save_all=True, append_images=[page] * 3, resolution=opening.PDF_DOTS)
    assert len(open_pages(document)) == 4
    with pytest.raises(PictureError, match="over 420 pixels on its 4 pages"):
        open_pages(document, Limits(pixels=3 * 140))
    with pytest.raises(PictureError, match="over 3 pages; split it"):
        open_pages(document, Limits(pages=3))
    for nonsense in ({"pages": 0}, {"pixels": 24}, {"pixels": 200_000_000}):
        with pytest.raises(PictureError, match="178,956,970"):
            Limits(**nonsense)
    # A sheet as large as a house, in a file of a few bytes.
    with pytest.raises(PictureError, match="make it smaller"):
        open_pages(saved(Image.new("1", (20, 20)), "PDF", resolution=0.01))


def test_without_its_extra_a_pdf_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(MissingExtraError, match=r"lenet5\[pdf\]"):
        open_pages(saved(Image.fromarray(GREY), "PDF"))


def heic(image: Image.Image) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs the extra lenet5[heif]")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=95)
    return buffer.getvalue()


def test_a_telephone_s_picture_is_opened_and_a_damaged_one_is_refused() -> None:
    data = heic(Image.fromarray(GREY).convert("RGB").resize((120, 100), Image.Resampling.NEAREST))
    (pixels,) = open_pages(data)
    assert pixels.shape == (100, 120, 3)
    assert np.abs(pixels[5::10, 5::10, 0].astype(int) - GREY).max() < 12
    for part in (data[:40], data[:-100], data[:12] + bytes(200)):
        with pytest.raises(PictureError, match="damaged"):
            open_pages(part)
    with pytest.raises(PictureError, match="100 times"):
        open_pages(heic(Image.new("L", (1200, 8))))


def test_without_its_extra_a_telephone_s_picture_is_refused_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(99))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtraError, match=r"IMG_1.HEIC needs .*lenet5\[heif\]"):
        open_pages(tmp_path / "IMG_1.HEIC")


def test_open_files_are_read_from_their_start_whoever_made_them(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    written = io.BytesIO()
    Image.fromarray(GREY).save(written, "PNG")  # and stands at its end

    class Web:  # no seek, no name, and a little at a time
        def __init__(self) -> None:
            self._held = io.BytesIO(written.getvalue())

        def read(self, size: int = -1) -> bytes:
            return self._held.read(min(size, 7))

    with (tmp_path / "grey.png").open("rb") as file:
        for source in (written, written, file, Web()):
            assert np.array_equal(open_pages(source)[0], GREY)


class Endless:
    def read(self, size: int) -> bytes:
        return bytes(min(size, 1 << 20))


class Awaited:
    async def read(self, size: int) -> bytes:
        return b""


class Broken:
    def read(self, size: int) -> bytes:
        raise ZeroDivisionError("by zero")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (io.StringIO("text"), "'rb'"),
        (Awaited(), "awaited"),
        (Broken(), "by zero"),
        (Endless(), "MiB"),
        (io.BytesIO(), "0 bytes"),
        (io.BytesIO(b"rubbish"), "no picture"),
    ],
)
def test_open_files_that_hold_no_picture_are_refused(source: object, says: str) -> None:
    with pytest.raises(PictureError, match=says):
        open_pages(source)
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(PictureError, match="closed"):
        open_pages(closed)


def test_a_canvas_hands_over_a_data_url() -> None:
    text = base64.b64encode(saved(Image.fromarray(GREY), "PNG")).decode()
    for url in (
        f"data:image/png;base64,{text}",
        f"DATA:;base64,{text[:40]}\n{text[40:]}",
        f"data:x;base64,{quote(text)}",
    ):
        assert np.array_equal(open_pages(url)[0], GREY)
    for url, says in (
        ("data:,", "with a picture"),
        ("data:image/png;base64,", "with a picture"),
        ("data:image/svg+xml,<svg/>", "base64"),
        (f"data:image/png;base64,{text[:-3]}", "damaged"),
        ("data:image/png;base64,é", "damaged"),
        ("data:image/png;base64,aGFsbG8=", "the data URL is no picture"),
    ):
        with pytest.raises(PictureError, match=says):
            open_pages(url)


@pytest.mark.parametrize("address", ["https://a.example/7.png?x=1", "s3://bucket/7.png", "file:///tmp/none.png"])
def test_an_address_stays_whole_and_has_to_be_downloaded(address: str) -> None:
    with pytest.raises(PictureError, match="download it first") as whole:
        open_pages(address)
    assert address in str(whole.value)
    with pytest.raises(PictureError, match="download it first"):
        open_pages(Path(address))


def test_a_long_text_is_not_said_again() -> None:
    for text in ("iVBORw0KGgo" * 10_000, "data:" + "x" * 100_000, "a" * 3000, "https://a.example/" + "x" * 3000):
        with pytest.raises(PictureError) as said:
            open_pages(text)
        assert len(str(said.value)) < 1000
        assert str(said.value).startswith(text[:20]) or text[:20] in str(said.value)


def test_a_batch_or_a_channel_of_one_is_that_one() -> None:
    for array in (GREY[None], GREY[None, ..., None], GREY[None, None], np.stack([GREY] * 3, axis=-1)[None]):
        assert open_pages(array)[0].shape[:2] == GREY.shape
    for array in (np.stack([GREY] * 3), np.stack([GREY] * 7), GREY[None, None, None]):
        with pytest.raises(PictureError, match="shape"):
            open_pages(array)


@pytest.mark.parametrize("array", [GREY / 255.0, GREY > 127, GREY.astype(np.int64), GREY[..., None]])
def test_arrays_of_other_types_are_scaled_to_bytes(array: np.ndarray) -> None:
    (pixels,) = open_pages(array)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (10, 12)
    assert pixels.max() == 255


@pytest.mark.parametrize("white", [1.0, 1.03, 16.0, 255.01, 256, 1020, 1023, 4080, 16383, 65535])
def test_white_is_white_at_any_depth_and_a_little_over_it(white: float) -> None:
    """A resized picture goes over its white, and a camera has 10, 12 or 14 bits."""
    (pixels,) = open_pages(GREY.astype(type(white)) * white / 255)
    assert np.abs(pixels - GREY.astype(float)).max() <= 9


def test_a_little_under_black_is_black() -> None:
    (pixels,) = open_pages(GREY / 255.0 - 0.02)
    assert pixels.min() == 0


@pytest.mark.parametrize(
    ("rubbish", "says"),
    [
        (b"", "damaged|no picture"),
        (b"not a picture at all", "no picture"),
        (saved(Image.fromarray(GREY), "PNG")[:60], "damaged|no picture"),
        (np.full((9, 9), np.nan), "finite"),
        (np.full((9, 9), -1.0), "expected 0 to 1"),
        (np.full((9, 9), -1), "expected 0 to 1"),
        (np.zeros((1, 1), np.uint8), "at least 5"),
        (np.zeros((6, 3000), np.uint8), "100 times"),
        (np.zeros((9, 9, 2), np.uint8), "shape"),
        (np.array([["a"] * 9] * 9), "type"),
        (42, "int"),
    ],
)
def test_what_is_no_picture_is_refused(rubbish: object, says: str) -> None:
    with pytest.raises(PictureError, match=says):
        open_pages(rubbish)


def test_a_drive_of_windows_is_no_address() -> None:
    with pytest.raises(PictureError, match="cannot read C:"):
        open_pages("C:/pictures/none.png")


@posix
def test_paths_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    for name, says in (("empty.png", "0 bytes"), ("loop.png", "symbolic"), ("none.png", "No such"), ("", "directory")):
        with pytest.raises(PictureError, match=says):
            open_pages(tmp_path / name)


def test_more_pixels_than_are_sensible_are_refused_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = saved(Image.new("1", (9000, 9000)), "PNG")
    with pytest.raises(PictureError, match="9000×9000"):
        open_pages(bomb)
    monkeypatch.setattr(opening, "MAX_BYTES", 100)
    with pytest.raises(PictureError, match="longer than the 100 bytes"):
        open_pages(Path(__file__))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_a_pixel_takes_few_bytes_of_memory(kind: type) -> None:
    drawn = np.full((500, 500, 4), 100, kind)
    tracemalloc.start()
    try:
        open_pages(drawn)
        assert tracemalloc.get_traced_memory()[1] < 50 * 500 * 500
    finally:
        tracemalloc.stop()


def test_a_small_picture_is_enlarged_a_large_one_shrunk_and_others_stay() -> None:
    for shape, side, expected in (((10, 40), 400, (20, 80)), ((900, 600), 400, (400, 267)), ((28, 28), 400, (28, 28))):
        pixels, scale = sized(np.zeros(shape, np.uint8), side)
        assert pixels.shape == expected
        assert pixels.shape[0] == pytest.approx(scale * shape[0], abs=0.5)
    assert max(sized(np.zeros((6, 590), np.uint8), 600)[0].shape) == 600


BEGINNINGS = [
    b"",
    b"%PDF-1.4\n",
    b"\0\0\0\x18ftypheic\0\0\0\0heicmif1",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"P6 9 9 255\n",
]


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(st.characters(), max_size=60),
        st.text(max_size=60).map(lambda text: f"data:image/png;base64,{text}"),
        st.text(max_size=30).map(lambda text: f"http://{text}"),
        st.tuples(st.sampled_from(BEGINNINGS), st.binary(max_size=300)).map(b"".join),
        st.binary(max_size=60).map(io.BytesIO),
    )
)
def test_whatever_is_handed_over_is_a_picture_or_an_error_of_ours(source: object) -> None:
    try:
        pages = open_pages(source)
    except LeNetError:
        return
    assert all(page.dtype == np.uint8 for page in pages)
