"""Routes that change a digit (move, turn, squeeze, add noise …) and ask the network again."""

from __future__ import annotations

import base64
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from lenet5.network import LeNet5
from lenet5.pictures.normalise import FIELD
from lenet5.scale import ink as ink_of
from lenet5.server.networks import shown_classes
from lenet5.server.state import State
from lenet5.server.trials import CHANGES, PATTERNS, changed, ranges, strip

router = APIRouter(tags=["trials"])
Row = Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=FIELD, max_length=FIELD)]
BLANK = [[0] * FIELD] * FIELD


class Trial(BaseModel):
    """One digit, and the changes to it."""

    image: Annotated[list[Row], Field(min_length=FIELD, max_length=FIELD, examples=[BLANK], description="28×28 ink")]
    network: str = Field(default="", max_length=80)
    settings: dict[str, float] = Field(
        default_factory=dict,
        max_length=len(CHANGES),
        examples=[{"rotation": 20, "scale": 1.2}],
        description=f"any of {', '.join(CHANGES)}; absent ones change nothing",
    )
    strips: bool = Field(default=False, description="also vary each setting over its range, the others as they are")
    patterns: bool = Field(default=False, description="also change the digit by patterns")
    seed: int = Field(default=0, ge=0, lt=2**31, description="of the noise")


@router.get("/trials", summary="The possible changes of a digit, with their ranges")
def possible() -> dict[str, Any]:
    return ranges()


@router.post("/trials", summary="Change a digit, and ask the network again")
def trial(trial: Trial, state: State) -> dict[str, Any]:
    net = state.networks.get(trial.network or state.networks.default)
    image = np.array(trial.image, np.uint8)
    settings = {c.name: _within(c.low, c.high, trial.settings.get(c.name, c.neutral)) for c in CHANGES.values()}
    answer: dict[str, Any] = {
        "truth": shown_classes(net)[int(net.predict(image[None])[0])],
        "settings": settings,
        "now": _answers(net, changed(image, settings, trial.seed)[None])[0],
    }
    if trial.strips:
        strips = {c.name: strip(image, settings, c, trial.seed) for c in CHANGES.values()}
        answers = iter(_answers(net, np.concatenate(list(strips.values()))))
        answer["strips"] = {name: [next(answers) for _ in pictures] for name, pictures in strips.items()}
    if trial.patterns:
        covered = _answers(net, np.stack([pattern(image) for pattern in PATTERNS.values()]))
        answer["patterns"] = dict(zip(PATTERNS, covered, strict=True))
    return answer


def _within(low: float, high: float, value: float) -> float:
    return min(high, max(low, value)) if np.isfinite(value) else low


def _answers(net: LeNet5, pictures: NDArray[Any]) -> list[dict[str, Any]]:
    """Answer, probability and the picture itself, 32×32 or 28×28 bytes of ink in base64."""
    probabilities = net.probabilities(pictures)
    shown = pictures if pictures.dtype == np.uint8 else ink_of(pictures)
    return [
        {
            "answer": shown_classes(net)[int(p.argmax())],
            "probability": round(float(p.max()), 4),
            "image": base64.b64encode(picture.tobytes()).decode(),
        }
        for p, picture in zip(probabilities, shown, strict=True)
    ]
