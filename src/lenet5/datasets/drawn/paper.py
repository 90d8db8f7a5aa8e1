"""What is written on, and with what: colours, grain, shadows, print and the noise of a camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lenet5.datasets.drawn.pen import Ink

Colour = tuple[float, float, float]

_PAPERS: tuple[Colour, ...] = (
    (250, 250, 248),
    (240, 236, 224),
    (206, 206, 204),
    (250, 240, 200),
    (214, 228, 240),
    (216, 236, 214),
    (244, 218, 222),
)
_INKS: tuple[Colour, ...] = ((25, 25, 30), (30, 45, 120), (20, 60, 160), (90, 90, 95), (150, 25, 35), (20, 90, 50))
_BOARDS: tuple[Colour, ...] = ((30, 34, 36), (32, 66, 52), (24, 36, 78))
_CHALKS: tuple[Colour, ...] = ((238, 238, 232), (244, 232, 160), (250, 250, 250))


@dataclass(frozen=True)
class Look:
    """How a written page looks.

    paper, ink: red, green, blue, 0..255
    grain: how much the paper varies from place to place, of its brightness
    shadow: how much darker the darkest corner is, 0..1
    noise: standard deviation of the camera's noise, in levels of 0..255
    blur: standard deviation of the lens's blur, pixels
    pattern: how dark a printed security background is, 0..1
    """

    paper: Colour = (250, 250, 248)
    ink: Colour = (25, 25, 30)
    grain: float = 0.0
    shadow: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    pattern: float = 0.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Look:
        """One of many looks: mostly dark on light, one in eight light on dark."""
        papers, inks = (_BOARDS, _CHALKS) if rng.random() < 1 / 8 else (_PAPERS, _INKS)
        return cls(
            paper=papers[rng.integers(len(papers))],
            ink=inks[rng.integers(len(inks))],
            grain=0.06 * rng.random() ** 2,
            shadow=0.6 * rng.random() ** 2,
            noise=8 * rng.random() ** 2,
            blur=1.2 * rng.random(),
            pattern=0.25 * rng.random() if rng.random() < 0.25 else 0.0,
        )


def photograph(written: Ink, printed: Ink, look: Look, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The page as a camera sees it.

    written, printed: (H, W), 0 paper to 1 ink: what the pen left, and what was on the page before
    Returns uint8 (H, W, 3), red green blue.
    """
    height, width = written.shape
    page = np.empty((height, width, 3), np.float32)
    page[:] = look.paper
    page *= 1 + look.grain * _clouds(height, width, rng)[..., None]
    print_ink = np.maximum(printed * 0.7, look.pattern * _waves(height, width, rng))[..., None]
    page += print_ink * (0.5 * (np.array(look.paper, np.float32) + np.array(look.ink, np.float32)) - page)
    # A pen does not leave the same everywhere.
    cover = written * (1 - 0.15 * np.clip(_clouds(height, width, rng), 0, 1))
    page += cover[..., None] * (np.array(look.ink, np.float32) - page)
    page *= 1 - look.shadow * _shade(height, width, rng)[..., None]
    if look.blur:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), look.blur))
    if look.noise:
        page += look.noise * rng.standard_normal(page.shape, np.float32)
    return np.clip(np.rint(page), 0, 255).astype(np.uint8)


def _clouds(height: int, width: int, rng: np.random.Generator) -> Ink:
    """Noise (height, width), coarse and fine, of about −1..1."""
    noise = np.zeros((height, width), np.float32)
    for cell in (3, 24):
        coarse = rng.standard_normal((height // cell + 2, width // cell + 2), np.float32)
        noise += 0.5 * np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    return noise


def _shade(height: int, width: int, rng: np.random.Generator) -> Ink:
    """0..1 (height, width): darker towards one side, and once more across it, as under a hand."""
    angle, edge, soft = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5), rng.uniform(0.05, 0.5)
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    along = (x * np.cos(angle) + y * np.sin(angle)) / np.sqrt(2)
    return np.asarray(0.5 * (along + 1) * 0.5 + 0.5 / (1 + np.exp((edge - along) / soft)), np.float32)


def _waves(height: int, width: int, rng: np.random.Generator) -> Ink:
    """0..1 (height, width): fine wavy lines, as printed on cheques."""
    period, bend, phase = rng.uniform(4, 9), rng.uniform(1, 5), rng.uniform(0, 6)
    y, x = np.mgrid[:height, :width]
    waves = np.sin(2 * np.pi * (y + bend * np.sin(x / rng.uniform(8, 30) + phase)) / period)
    return np.asarray(np.clip(waves, 0, 1), np.float32)
