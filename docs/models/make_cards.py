"""What is there to know about each file of weights? Cards from the files' own metadata and from what is written here.

    python docs/models/make_cards.py            writes NAME.md for every shipped file
    python docs/models/make_cards.py --check    says whether they are what it would write
"""

from __future__ import annotations

import hashlib
import statistics
import sys
from pathlib import Path
from typing import Any

from lenet5.architecture import EuclideanRBF
from lenet5.formats import weights

# Name: what it is for, what it is not for, and how it is known to fail.
NOTES = {
    "lenet5": (
        "The network of 1998 and its recipe, to read the paper with, to teach with, and as a baseline.",
        "Photographs and scans: it has seen MNIST only, centred digits. `lenet5.Reader` uses other weights.",
        "Digits that are off centre, turned, or of a style that MNIST lacks, a 7 with a bar or a 1 with a flag. It "
        "gives every picture a class, also one that is no digit.",
    ),
    "lenet5-linear": (
        "A tutorial's reading of the paper, with a full connection in place of the codes, to compare.",
        "Anything but the comparison; `lenet5` is the paper's network.",
        "As `lenet5`. Its outputs are logistic and their sum is not 1; `probabilities` divides by it.",
    ),
    "lenet5-softmax": (
        "A tutorial's reading of the paper, with average pooling and a softmax, to compare.",
        "Anything but the comparison; `lenet5` is the paper's network.",
        "As `lenet5`, and surer of itself than it should be, as networks with a softmax are.",
    ),
    "lenet5-maxpool": (
        "A tutorial's reading of the paper, with maximum pooling and all of C3 connected, to compare.",
        "Anything but the comparison; `lenet5` is the paper's network.",
        "As `lenet5`. Its layers below F6 are not squashed, so that eight bits need pictures to find their scales.",
    ),
    "lenet5-best": (
        "The paper's 60,000 parameters, trained as well as this project knows how.",
        "Photographs and scans: it has seen MNIST only, however distorted. `lenet5.Reader` uses other weights.",
        "As `lenet5`, less often.",
    ),
    "lenet5-reader": (
        "What `lenet5.Reader` reads with, under its judge (`reading/judge.safetensors`): digits cut out of lines, "
        "forms and photographs, with a confidence.",
        "Letters, words, printed type; digits of a few pixels; a decision that nobody checks.",
        "Touching digits whose cut is unclear, a 1 and a 7 of other countries' hands, stains that look like strokes.",
    ),
    "lenet5-ensemble": (
        "Several networks of the kind of `lenet5-best` that answer together: the mean of their probabilities.",
        "Photographs and scans: it has seen MNIST only. A microcontroller: `lenet5 export` wants one network.",
        "As `lenet5`, less often.",
    ),
}


def card(name: str, path: Path) -> str:
    """The card of one file."""
    architecture, members, about = weights.read(path)
    if name not in NOTES:
        raise SystemExit(f"{name} has no notes; write in {__file__} what it is for, what not, and how it fails")
    use, misuse, failures = NOTES[name]
    last = architecture.output
    output = "Euclidean RBF, fixed codes" if isinstance(last, EuclideanRBF) else last.squash
    size, digest = path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [
        f"# {name}", "", use, "",
        "| | |", "|---|---|",
        f"| network | {architecture.name}, {architecture.parameters():,} trainable parameters, output: {output} |",
        f"| members | {len(members)} |",
        f"| file | `{path.name}`, {size:,} bytes, sha256 `{digest[:16]}…` |",
        *(f"| {label} | {_said(about[key])} |" for key, label in ROWS.items() if about.get(key) not in (None, "")),
        f"| recipe | {_recipe(about.get('recipe', {}))} |",
        "| licence | MIT; MNIST, which it was trained on, is CC BY-SA 3.0 |", "",
        "## Measured", "", *_measured(about), "",
        "## Not for", "", misuse, "",
        "## Known failures", "", failures, "",
    ]  # fmt: skip
    return "\n".join(lines)


ROWS = {"data": "data", "command": "made by", "seed": "seed", "sharpness": "sharpness", "reading": "calibration"}


def _said(value: Any) -> str:
    if isinstance(value, dict):
        short = {k: f"{v[:16]}…" if k == "sha256" else _said(v) for k, v in value.items() if v is not None}
        return ", ".join(f"{k} {v}" for k, v in short.items())
    if isinstance(value, list):
        return "; ".join(map(_said, value))
    return f"`{value}`" if isinstance(value, str) and value.startswith(("lenet5 ", "python ")) else str(value)


def _recipe(recipe: dict[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in recipe.items() if v not in ("", None)) or "not kept"


def _measured(about: dict[str, Any]) -> list[str]:
    """Errors that the file itself tells, each with the spread that its number of pictures gives it."""
    result = {**about.get("result", {}), "held_out_error": about.get("held_out_error")}
    members = [member.get("result", {}) for member in about.get("member", [])]
    errors = [member["test_error"] for member in members if member.get("test_error") is not None]
    found = []
    if (error := result.get("test_error")) is not None:
        pictures = result["test_pictures"]
        spread = (error * (100 - error) / pictures) ** 0.5
        found.append(f"Error on MNIST's {pictures:,} test pictures: {error:.2f} % ± {spread:.2f}, one standard error.")
    if len(errors) > 1:
        mean, spread = statistics.mean(errors), statistics.stdev(errors)
        found.append(f"Its {len(errors)} members, each alone, on MNIST's test pictures: {mean:.2f} % ± {spread:.2f}.")
    if (error := result.get("train_error")) is not None:
        found.append(f"Error on the training pictures, each as it was about to be learned: {error:.2f} %.")
    if (error := result.get("held_out_error")) is not None:
        found.append(f"Error on pictures held out of training: {error:.2f} %.")
    found.append("How much seeds differ is told in PAPER.md, and what was measured otherwise in README.md.")
    return [line for sentence in found for line in (sentence, "")][:-1]


def main() -> int:
    check, wrong = "--check" in sys.argv, 0
    folder = Path(__file__).parent
    for name, path in weights.shipped().items():
        target, text = folder / f"{name}.md", card(name, path)
        if not check:
            target.write_text(text, "utf-8")
        elif not target.exists() or target.read_text("utf-8") != text:
            print(f"{target.name} does not tell what the file of weights tells: run python docs/models/make_cards.py")
            wrong += 1
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
