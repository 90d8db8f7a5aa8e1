"""The digits of a picture, or of a batch of them, and how they were found."""

from __future__ import annotations

import base64
from typing import Annotated, Any, NamedTuple

import numpy as np
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from lenet5.architecture import SIDE
from lenet5.errors import LeNetError, PictureError
from lenet5.network import LeNet5
from lenet5.pictures.ink import Polarity
from lenet5.pictures.opening import open_pages
from lenet5.pictures.saving import png
from lenet5.reading.fields import KnownField, LineField, MiddleField
from lenet5.reading.graph import Arc
from lenet5.reading.layout import Layout
from lenet5.reading.reader import Reader
from lenet5.reading.readings import Reading
from lenet5.reading.sliding import STEP, slid_over
from lenet5.server.networks import shown_classes
from lenet5.server.pictures import DIGIT, FILE, ink_of, kind_of
from lenet5.server.problems import Problem, as_problem
from lenet5.server.state import ServerState, State

router = APIRouter(tags=["reading"])
Wanted = Annotated[Layout, Query(description="one digit, one line, a page, or whichever it is")]
InkIs = Annotated[Polarity, Query(description="darker or lighter than its paper, or whichever it is")]
Asked = Annotated[str, Query(description="a set by its name, such as ascii, or each of them", max_length=95)]
NetworkName = Annotated[str, Query(description="slid over the line; empty for the default", max_length=80)]
Number = Annotated[int, Query(description="which of the readings of the first page, from 0", ge=0)]
_ONE = {kind: schema for kind, schema in DIGIT.items() if kind != "application/json"}
_PICTURE = {"requestBody": {"required": True, "content": _ONE}}
_FORM = {"type": "object", "properties": {"picture": {"type": "array", "items": FILE}}, "required": ["picture"]}
_MANY = {"multipart/form-data": {"schema": _FORM}}


class How(NamedTuple):
    """How pictures are to be read."""

    layout: Layout
    ink: Polarity
    characters: str


async def _how(layout: Wanted = "auto", ink: InkIs = "auto", characters: Asked = "digits") -> How:
    return How(layout, ink, characters)


Way = Annotated[How, Depends(_how)]


class Found(BaseModel):
    """One picture of the request: its readings, or the problem with it."""

    name: str = Field(examples=["line_1998.png"])
    readings: list[dict[str, Any]] | None = Field(
        default=None,
        description="text, confidence 0..1, box (x, y, width, height), rejected, reason, characters, page, row",
        examples=[[{"text": "1998", "confidence": 0.98, "box": [8, 4, 140, 52], "rejected": False, "reason": ""}]],
    )
    problem: Problem | None = None


class Answer(BaseModel):
    """In the order of the pictures."""

    pictures: list[Found]


@router.post(
    "/read",
    response_model=None,
    responses={200: {"model": Answer}},
    summary="Read the digits in a picture, or in each of a batch",
    description="Send a picture as the body, or several as the parts `picture`, or `file`, of a form.",
    openapi_extra={"requestBody": {"required": True, "content": {**_ONE, **_MANY}}},
)
async def read(request: Request, state: State, how: Way) -> Response:
    if kind_of(request) == "multipart/form-data":
        pictures = await _parts(request, state)
    else:
        pictures = [("", _one(kind_of(request), await request.body()))]
    if how == ("digit", "auto", "digits"):
        answers = (
            [await state.digits(pictures[0][1])]
            if len(pictures) == 1
            else await run_sync(state.read_digits, [p for _, p in pictures], limiter=state.at_once)
        )
    else:
        answers = await run_sync(_read_each, state, [p for _, p in pictures], how, limiter=state.at_once)
    if len(pictures) == 1 and isinstance(answers[0], LeNetError) and kind_of(request) != "multipart/form-data":
        raise answers[0]
    state.metrics.pictures.inc(len(pictures))
    told = [_told(name, answer) for (name, _), answer in zip(pictures, answers, strict=True)]
    return JSONResponse({"pictures": told})  # as it is: to look it all over again costs as much as reading


@router.post(
    "/explain", summary="Every intermediate picture of a reading, in order, as PNG in base64", openapi_extra=_PICTURE
)
async def explain(request: Request, state: State, how: Way) -> dict[str, Any]:
    picture = _one(kind_of(request), await request.body())
    return {"steps": await run_sync(_steps, state, picture, how, limiter=state.at_once)}


def _steps(state: ServerState, picture: Any, how: How) -> list[dict[str, str]]:
    steps = state.reader(how.characters).explain(picture, how.layout, ink=how.ink)
    return [{"name": name, "png": _png(image)} for name, image in steps.items()]


@router.post(
    "/line",
    summary="How a line is read: its pieces, the recognition graph, the best path, and the network slid over it",
    openapi_extra=_PICTURE,
)
async def line(
    request: Request, state: State, how: Way, network: NetworkName = "", reading: Number = 0
) -> dict[str, Any]:
    picture = _one(kind_of(request), await request.body())
    net = state.networks.get(network or state.networks.default)
    return await run_sync(_line, state, net, picture, how, reading, limiter=state.at_once)


def _line(state: ServerState, net: LeNet5, picture: Any, how: How, reading: int) -> dict[str, Any]:
    """How one reading of a picture came about; None where it was no line that the reader cut by itself."""
    reader = state.reader(how.characters)
    fields = reader.fields(open_pages(picture, state.settings.limits)[0], how.layout, how.ink)
    field = fields[reading] if reading < len(fields) else None
    if isinstance(field, KnownField):
        field = field.field
    if not isinstance(field, LineField) or isinstance(field, MiddleField) or not field.line.pieces:
        return {"graph": None, "slide": None}
    told = _told_by(reader, field)
    field = told.look
    seen, penalties = slid_over(field.line, net)
    slide = {
        "width": seen.shape[1],
        "height": SIDE,
        "step": STEP,
        "classes": shown_classes(net),
        "penalties": np.round(penalties, 3).tolist(),
        "png": _png(255 - seen),
    }
    ink = np.rint(np.clip(field.line.ink, 0, 1) * 255).astype(np.uint8)
    return {"graph": {**_graph(reader, told), "png": _png(255 - ink)}, "slide": slide}


class _Told(NamedTuple):
    """A look at a line, its network's penalties (candidates, classes), and its best path."""

    look: LineField
    penalties: NDArray[np.float32]
    path: list[Arc]


def _told_by(reader: Reader, field: LineField) -> _Told:
    """The look at a line that reads what is answered, with or without signs; the first where none alone does."""
    answer, ways = reader.answer([field])[0].text, list[_Told]()
    for look in (lambda: field, *field.looks):
        seen, penalties = look(), np.zeros((0, len(reader.classes)), np.float32)
        if seen.candidates:
            penalties = reader.penalties(np.stack(seen.images))
        on_paths = seen.standing(reader.calibration.on_path().probabilities(penalties), reader.classes)
        for signed in (True, False):
            ways.append(_Told(seen, penalties, seen.path(on_paths, reader.classes, signed)[1]))
            if "".join(reader.classes[a.digit] for a in ways[-1].path if a.digit is not None) == answer:
                return ways[-1]
    return ways[0]


def _graph(reader: Reader, told: _Told) -> dict[str, Any]:
    """A line's pieces, its recognition graph and its best path as plain data (sections V and VI)."""
    field, penalties, path = told
    chosen = {arc.candidate: arc.digit for arc in path if arc.candidate is not None and arc.digit is not None}
    probabilities = reader.calibration.probabilities(penalties)
    return {
        "width": field.line.ink.shape[1],
        "height": field.line.ink.shape[0],
        "slant": field.line.slant,
        "pieces": [[p.x, p.y, p.width, p.height] for p in field.line.pieces],
        "candidates": [
            {
                "first": c.first,
                "last": c.last,
                "box": c.box,
                "text": reader.classes[chosen.get(k, int(p[:-1].argmax()))],
                "probability": float(p[:-1].max()),
                "rubbish": float(p[-1]),
                "chosen": k in chosen,
            }
            for k, (c, p) in enumerate(zip(field.candidates, probabilities, strict=True))
        ],
        "path": [{"kind": a.kind, "first": a.first, "last": a.last, "candidate": a.candidate} for a in path],
    }


def _read_each(state: ServerState, pictures: list[Any], how: How) -> list[list[Reading] | LeNetError]:
    reader, answers = state.reader(how.characters), list[list[Reading] | LeNetError]()
    for picture in pictures:
        try:
            answers.append(reader.read(picture, how.layout, ink=how.ink))
        except LeNetError as error:
            answers.append(error)
    return answers


def _told(name: str, answer: Reading | list[Reading] | LeNetError) -> dict[str, Any]:
    if isinstance(answer, LeNetError):
        return {"name": name, "problem": as_problem(answer)}
    readings = answer if isinstance(answer, list) else [answer]
    return {"name": name, "readings": [reading.to_dict() for reading in readings]}


def _one(kind: str, body: bytes) -> Any:
    """What the reader takes: a file's bytes, or an array, dark on light as on paper."""
    if kind == "application/octet-stream":
        return 255 - ink_of(kind, body)
    if kind.startswith("image/") or kind == "application/pdf":
        return body
    raise PictureError(
        f"a body of type {kind[:80]!r}; expected image/…, application/octet-stream or multipart/form-data"
    )


async def _parts(request: Request, state: ServerState) -> list[tuple[str, bytes]]:
    """Name and bytes of each file of the form. What a file is called is only ever repeated, never opened."""
    most = state.settings.largest_batch
    async with request.form(max_files=most, max_fields=16) as form:
        parts = form.multi_items()
        files = [part for name, part in parts if name in ("picture", "file") and isinstance(part, UploadFile)]
        if not files:
            raise HTTPException(422, "a form without a file; expected one or more parts named 'picture' or 'file'")
        return [((file.filename or "")[:200], await file.read()) for file in files]


def _png(image: NDArray[np.uint8]) -> str:
    return base64.b64encode(png(image)).decode()
