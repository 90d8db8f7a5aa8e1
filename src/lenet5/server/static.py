"""The page as files that need no server: a folder, or one HTML file with all that it needs in it.

The page's modules are put into one script, each as a function that gives what the module exports; networks, digits to
learn from and recorded readings are packed along. Nothing is asked of any host.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lenet5 import __version__, files
from lenet5.datasets import load as dataset
from lenet5.ensemble import Ensemble
from lenet5.errors import DataError, WeightsError
from lenet5.network import LeNet5
from lenet5.reading.reader import Reader
from lenet5.server.networks import described
from lenet5.server.trials import ranges

PAGE = files.PACKAGE / "server" / "page"
LEARNT, HELD_OUT = 560, 140  # drawn digits that are packed along
RECORDED = ("boxes_0314159.png", "page_123_456_789.png")
SERVED = ("read.js", "learn.js")  # views that need the server: main.js shows others in their place
POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data: blob:; worker-src blob:; "
    "base-uri 'none'; form-action 'none'"
)
# How a module says what it takes and what it gives, as `deno fmt` lays it out.
IMPORT = re.compile(r'^import (\w+|\{[^}]*\}) from "\./([\w.]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (default|(?:(?:async )?function|const|class) (\w+))", re.MULTILINE)
IDLE = re.compile(r"^(?: *//.*\n| +)", re.MULTILINE)  # lines of comment, and indents
# A worker gets the same modules: the text of the functions that they have become.
START = """const [made, need] = [{}, (name) => made[name] ??= modules[name]()];
if (globalThis.document) {
const text = `const modules = {${Object.values(modules).map(String)}};
const [made, need] = [{}, (name) => made[name] ??= modules[name]()]; need("worker.js");`;
globalThis.lenet5Worker = () => new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
need("main.js");
}"""


def write(path: Path, networks: Mapping[str, LeNet5], *, single: bool) -> int:
    """Write the page with these networks, the first of which it begins with; how many bytes that took.

    path: of the HTML file, or of the folder. single: one file, or a folder with index.html, page.js, page.css,
        theme.js, packed.js.
    Raises WeightsError where one of the networks is an ensemble, or the place cannot be written to.
    """
    for name, network in networks.items():
        if isinstance(network, Ensemble):
            raise WeightsError(f"{name} is an ensemble, and the page shows one network at a time; name another")
    packed = json.dumps(_packed(networks), separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
    theme, script = (PAGE / "theme.js").read_text("utf-8"), _script()
    sheets = re.findall(r'stylesheet" href="page/([\w.]+)"', (PAGE / "index.html").read_text("utf-8"))
    style = "\n".join(IDLE.sub("", (PAGE / name).read_text("utf-8")) for name in sheets)
    if single:
        policy = POLICY.format(script=_hashes(theme, script), style=_hashes(style))
        head = f"<style>{style}</style>\n<script>{theme}</script>"
        end = f'<script type="application/json" id="packed">{packed}</script>\n<script type="module">{script}</script>'
        made = {path: _html(policy, head, end)}
    else:
        head = '<link rel="stylesheet" href="page.css">\n<script src="theme.js"></script>'
        end = '<script src="packed.js"></script>\n<script src="page.js"></script>'
        policy = POLICY.format(script="'self'", style="'self'")
        made = {
            path / "index.html": _html(policy, head, end),
            path / "page.css": style,
            path / "theme.js": theme,
            path / "page.js": f"{{\n{script}\n}}",
            path / "packed.js": f"globalThis.lenet5Packed = {packed};",
        }
    written = {place: text.encode(errors="backslashreplace") for place, text in made.items()}  # names of any bytes
    for place, data in written.items():
        files.make_folder(place.parent, error=WeightsError)
        files.write_atomically(place, data, error=WeightsError)
    return sum(map(len, written.values()))


def _html(policy: str, head: str, end: str) -> str:
    """index.html with its own policy, and with other places of what it takes."""
    page = (PAGE / "index.html").read_text("utf-8")
    icon = base64.b64encode((PAGE / "icon.svg").read_bytes()).decode()
    page = re.sub(r"<(?:link rel=\"stylesheet\"|script)[^\n]*\n", "", page)
    page = page.replace('href="page/icon.svg"', f'href="data:image/svg+xml;base64,{icon}"')
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    page = page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{meta}')
    return page.replace("</head>", f"{head}\n</head>").replace("</body>", f"{end}\n</body>")


def _script() -> str:
    """Every module that a page without a server needs, in one script."""
    sources, asked = {}, {"main.js", "worker.js"}
    while asked:
        name = asked.pop()
        sources[name] = "" if name in SERVED else (PAGE / name).read_text("utf-8")
        asked |= {found[2] for found in IMPORT.finditer(sources[name])} - set(sources)
    modules = ",\n".join(_module(name, source) for name, source in sorted(sources.items()))
    return f"const modules = {{\n{modules}\n}};\n{START}"


def _module(name: str, source: str) -> str:
    """A module as a function in an object: its imports are asked for, its exports are given back."""
    given = [found[2] or "default: given" for found in EXPORT.finditer(source)]
    source = EXPORT.sub(lambda found: found[1] if found[2] else "const given =", source)
    source = IMPORT.sub(lambda found: f"const {_names(found[1])} = need({json.dumps(found[2])});", source)
    left = re.search(r"^(?:import|export)\b.*|import\.meta.*", source, re.MULTILINE)
    if left:
        raise DataError(f"{name}: {left[0]!r} is no import or export that can be put into one script")
    return f"{json.dumps(name)}() {{\n{IDLE.sub('', source)}return {{ {', '.join(given)} }};\n}}"


def _names(imported: str) -> str:
    return imported.replace(" as ", ": ") if imported.startswith("{") else f"{{ default: {imported} }}"


def _hashes(*texts: str) -> str:
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(t.encode()).digest()).decode()}'" for t in texts)


def _packed(networks: Mapping[str, LeNet5]) -> dict[str, Any]:
    """The server's answers that the page asks for, and what it learns from."""
    first = next(iter(networks))
    return {
        "version": __version__,
        "answers": {
            "networks": {"default": first, "networks": list(networks), "ensembles": {}},
            "trials": ranges(),
            **{f"networks/{name}": described(name, net) for name, net in networks.items()},
        },
        "weights": {
            name: _zipped(np.concatenate([t.reshape(-1) for t in net.tensors.values()]).astype("<f4").tobytes())
            for name, net in networks.items()
        },
        "digits": _digits(),
        "recorded": _recorded(),
    }


def _zipped(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def _digits() -> dict[str, Any]:
    """Drawn digits of 28×28 pixels in 16 steps of ink, two pixels a byte; the last HELD_OUT are not learnt from."""
    drawn = dataset("drawn", "train", count=LEARNT + HELD_OUT)
    steps = np.rint(drawn.images.reshape(len(drawn), -1) / 17).astype(np.uint8)
    return {
        "labels": "".join(map(str, drawn.labels)),
        "held_out": HELD_OUT,
        "images": _zipped((steps[:, ::2] << 4 | steps[:, 1::2]).tobytes()),
    }


def _recorded() -> list[dict[str, Any]]:
    """What the reader makes of pictures that come with the package."""
    reader = Reader()
    recorded = []
    for name in RECORDED:
        path = files.PACKAGE / "samples" / name
        told = [reading.to_dict() for reading in reader.read(path)]
        image = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
        recorded.append({"name": name, "image": image, "readings": told})
    return recorded
