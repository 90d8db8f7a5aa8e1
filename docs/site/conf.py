"""The site of the documentation: the pages of the repository, and a reference made from the docstrings.

`make docs` builds it into build/site, with the page of the network as page.html. A link that leads nowhere ends the
build.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer, get_lexer_for_filename
from sphinx.application import Sphinx

import lenet5
from lenet5.server import static

ROOT = Path(__file__).parents[2]

project = "lenet5"
author = copyright = "the lenet5 developers"
release = lenet5.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/site/contents"
include_patterns = [
    "*.md",
    "docs/*.md",
    "docs/models/*.md",
    "docs/site/*.rst",
    "examples/README.md",
    "benchmarks/NOTES.md",
]
html_theme = "furo"
html_title = "LeNet-5"
html_extra_path = ["index.html"]
html_show_sourcelink = False

myst_heading_anchors = 4
default_role = "code"  # `x` is code in a docstring, as it is in Markdown
autodoc_member_order = "bysource"
autodoc_mock_imports = ["torch", "sklearn", "onnx", "onnxruntime", "pyarrow"]
napoleon_numpy_docstring = False
suppress_warnings = ["docutils"]  # docstrings are plain text first; broken links are of other kinds

# A file of the repository that a page links to becomes a page of its own, and a name in it a line of that page.
TO_FILE = re.compile(r"\[([^\]]+)\]\(([^)#\s]+\.(?:py|sh|ipynb))\)")
TO_LESSON = re.compile(r"\[([^\]]+)\]\(http://127\.0\.0\.1:8998/(#lesson=\w+)\)")  # here the page needs no server
Page = tuple[str, dict[str, str], str]
shown: set[Path] = set()


def setup(app: Sphinx) -> None:
    app.connect("source-read", link_to_files)
    app.connect("html-collect-pages", pages_of_files)
    app.connect("build-finished", live_page)


def live_page(app: Sphinx, error: Exception | None) -> None:
    """The page of the network itself, which needs no server."""
    if error is None:
        networks = {name: lenet5.load(name) for name in ("lenet5", "lenet5-best")}
        static.write(Path(app.outdir) / "page.html", networks, single=True)


def link_to_files(_: Sphinx, name: str, source: list[str]) -> None:
    folder = (ROOT / name).parent

    def link(found: re.Match[str]) -> str:
        text, target = found.groups()
        path = Path(os.path.normpath(folder / target))
        if not path.is_file():
            return found[0]  # Sphinx says so
        shown.add(path)
        page = os.path.relpath(ROOT / "code" / path.relative_to(ROOT), folder)
        return f'<a href="{page}.html{line_of(path, text)}">{MarkdownIt().renderInline(text)}</a>'

    page = os.path.relpath(ROOT / "page.html", folder)
    source[0] = TO_LESSON.sub(rf'<a href="{page}\2">\1</a>', TO_FILE.sub(link, source[0]))


def line_of(path: Path, text: str) -> str:
    """Where in a file the name stands that a link speaks of, such as `reference.squash`."""
    name = re.escape(text.strip("`").split(".")[-1])
    lines = path.read_text("utf-8").splitlines()
    there = (k for k, line in enumerate(lines, 1) if re.match(rf"\s*(def|class) {name}\b|{name}\b.*=", line))
    return f"#line-{k}" if text.startswith("`") and (k := next(there, None)) else ""


def pages_of_files(_: Sphinx) -> Iterator[Page]:
    for path in sorted(shown):
        name = str(path.relative_to(ROOT))
        body = of_notebook(path) if path.suffix == ".ipynb" else f"<h1>{name}</h1>{of_code(path)}"
        yield f"code/{name}", {"title": name, "body": body}, "page.html"


def of_code(path: Path) -> str:
    formatter = HtmlFormatter(lineanchors="line", cssclass="highlight")
    return str(highlight(path.read_text("utf-8"), get_lexer_for_filename(path.name), formatter))


def of_notebook(path: Path) -> str:
    parts = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        text = "".join(cell["source"])
        code = cell["cell_type"] == "code"
        parts.append(highlight(text, PythonLexer(), HtmlFormatter()) if code else MarkdownIt().render(text))
        parts += [picture(output["data"]) for output in cell.get("outputs", [])]
    return "".join(parts)


def picture(data: dict[str, Any]) -> str:
    alt = html.escape("".join(data["text/plain"]))
    return f'<p><img alt="{alt}" src="data:image/png;base64,{data["image/png"].strip()}"></p>'
