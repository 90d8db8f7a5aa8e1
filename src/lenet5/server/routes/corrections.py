"""Routes that take corrected readings with their pictures, and give them back as `lenet5 teach` learns from them."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from pathlib import Path as FilePath
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, Path, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, Json
from starlette.exceptions import HTTPException

from lenet5 import files
from lenet5.errors import DataError
from lenet5.pictures.opening import SUFFIXES, open_pages
from lenet5.server.state import WRITES, ServerState, State

router = APIRouter(tags=["corrections"])
LIST = "corrections.jsonl"
NAME = r"^[0-9a-f]{20}(\.[a-z]{2,4})?$"  # as pictures are named here: no path, and no file of anybody else
Size = Annotated[int, Field(ge=0, lt=2**31)]


class Correction(BaseModel):
    """What stands in a box of a picture, or in all of it."""

    box: tuple[Size, Size, Size, Size] | None = Field(default=None, description="x, y, width, height in its pixels")
    text: str = Field(max_length=1000, description="empty where there is nothing to be read", examples=["1790"])
    page: int = Field(default=0, ge=0, description="of a file of several pages, which one")


Told = Annotated[Json[Annotated[list[Correction], Field(min_length=1, max_length=5000)]], Form()]


async def _folder(state: State) -> FilePath:
    if state.settings.corrections is None:
        raise HTTPException(404, "this server keeps no corrections; lenet5 serve --corrections FOLDER does")
    return state.settings.corrections


Folder = Annotated[FilePath, Depends(_folder)]


@router.post("/corrections", status_code=201, dependencies=WRITES, summary="Keep corrected readings of a picture")
async def keep(picture: UploadFile, corrections: Told, folder: Folder, state: State) -> dict[str, Any]:
    data, suffix = await picture.read(), mimetypes.guess_extension(picture.content_type or "")
    name = hashlib.sha256(data).hexdigest()[:20] + (suffix if suffix in SUFFIXES else "")
    told = [{"path": name, **one.model_dump(mode="json")} for one in corrections]
    return {"kept": await run_sync(_keep, state, folder, data, told), "file": LIST}


@router.get("/corrections", response_class=FileResponse, summary="Every correction, a line of JSON each")
def listed(folder: Folder) -> FileResponse:
    return _file(folder, LIST)


@router.get("/corrections/{name}", response_class=FileResponse, summary="A picture that they name")
def picture(folder: Folder, name: Annotated[str, Path(pattern=NAME)]) -> FileResponse:
    return _file(folder, name)


def _file(folder: FilePath, name: str) -> FileResponse:
    if not (folder / name).is_file():
        raise HTTPException(404, f"no {name} here; nothing was kept under this name yet")
    return FileResponse(folder / name, media_type="application/octet-stream", filename=name)


def _keep(state: ServerState, folder: FilePath, data: bytes, told: list[dict[str, Any]]) -> int:
    """Write a picture and its corrections; what was said of the same place before is replaced.

    Returns how many corrections there are now. Raises DataError for a box outside of the picture.
    """
    pages, most = open_pages(data, state.settings.limits), state.settings.largest_corrections
    for one in told:
        tall, wide = pages[one["page"]].shape[:2] if one["page"] < len(pages) else (0, 0)
        x, y, width, height = one["box"] or (0, 0, wide, tall)
        if not (width and height and x + width <= wide and y + height <= tall):
            raise DataError(f"page {one['page']}, box {one['box']}; expected one inside of a picture of {wide}×{tall}")
    with state.keeping:
        files.make_folder(folder, error=DataError)
        lines = (folder / LIST).read_bytes().splitlines() if (folder / LIST).is_file() else []
        try:
            kept = {(one["path"], one["page"], str(one["box"])): one for one in [*map(json.loads, lines), *told]}
        except (ValueError, KeyError, TypeError) as error:
            raise HTTPException(409, f"{LIST} was changed by hand, and is damaged ({error}); mend it") from error
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in kept.values()).encode()
        picture = folder / told[0]["path"]
        others = sum(file.stat().st_size for file in folder.iterdir() if file not in (folder / LIST, picture))
        if others + len(data) + len(text) > most:
            raise HTTPException(507, f"all corrections together have at most {most:,} bytes: --largest-corrections")
        files.write_atomically(picture, data, error=DataError)
        files.write_atomically(folder / LIST, text, error=DataError)
    return len(kept)
