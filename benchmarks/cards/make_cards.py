"""What is there to know about each file of weights? Cards from the files' own metadata, from what measure.py measured
and from what is written here.

    python benchmarks/cards/make_cards.py                        writes docs/models/NAME.md for every shipped file
    python benchmarks/cards/make_cards.py --check                says whether they are what it would write, and finds
                                                                 a part of what was measured again, in seconds
    python benchmarks/cards/make_cards.py --measure [NAME ...]   measures these files anew, or all, and writes the
                                                                 cards: two minutes of one core (2:06 on AVX2)

What is measured needs the development data, in the folder that LENET5_DATA names; without, --check leaves it out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from measure import CHANGES, QUICK, SURE, measure

from lenet5 import storage
from lenet5.architecture import EuclideanRBF
from lenet5.errors import DataError
from lenet5.files import write_atomically
from lenet5.reading.reader import BEST

HERE = Path(__file__).parent
MEASURED = HERE / "measured.json"
CARDS = HERE.parents[1] / "docs" / "models"
SHOWN = 5  # confusions
TOLERATED = 10  # pictures that another processor, which rounds otherwise, may answer otherwise
AGAIN = "run python benchmarks/cards/make_cards.py --measure"

# Name: what it is for, what it is not for, and how it is known to fail.
NOTES = {
    "lenet5": (
        "The network of 1998, trained by its recipe. It serves to read the paper, to teach, and as a baseline.",
        "Photographs and scans: it has seen the centred digits of MNIST only. `lenet5.Reader` uses other weights.",
        "Digits that are off centre or turned. Digits of a style that MNIST lacks, such as a 7 with a bar or a 1 with "
        "a flag. It gives every picture a class, also a picture that is no digit.",
    ),
    "lenet5-linear": (
        "A reading of the paper that tutorials teach: a full connection in place of the codes. It serves to compare.",
        "Anything but the comparison; `lenet5` is the paper's network.",
        "As `lenet5`. Its outputs are logistic and their sum is not 1; `probabilities` divides by it.",
    ),
    "lenet5-softmax": (
        "A reading of the paper that tutorials teach: average pooling and a softmax. It serves to compare.",
        "Anything but the comparison; `lenet5` is the paper's network.",
        "As `lenet5`.",
    ),
    "lenet5-maxpool": (
        "A reading of the paper that tutorials teach: max-pooling, and all of C3 connected. It serves to compare.",
        "Anything but the comparison; `lenet5` is the paper's network.",
        "As `lenet5`. Its layers below F6 are not squashed, so eight bits need pictures to find their scales.",
    ),
    "lenet5-ascii": (
        "The network of 1998 with the codes of all 94 printable characters in Figure 3, and the space's for what is "
        "none of them. `lenet5.Reader` asks it where more than digits may be answered.",
        "Words of joined letters, letters of other alphabets, and digits alone, which `lenet5-reader` reads better.",
        "Characters that differ only in size or place, since every picture is scaled to one box: o O 0, c C, s S 5, "
        "p P, l I 1 |, a comma and an apostrophe. The reader tells some of them apart by their place on the line.",
    ),
    "lenet5-best": (
        "The paper's 60,000 parameters, trained as well as this project knows how.",
        "Photographs and scans: it has seen MNIST only, with distortions. `lenet5.Reader` uses other weights.",
        "As `lenet5`, less often.",
    ),
    "lenet5-reader": (
        "What `lenet5.Reader` reads with: digits cut out of lines, forms and photographs, with a confidence. Of the "
        "paper's codes its output knows the space's too, which stands for what is no digit.",
        "Letters, words, printed type; digits of a few pixels; a decision that nobody checks.",
        "Touching digits whose cut is unclear, a 1 and a 7 of other countries' hands, stains that look like strokes.",
    ),
    "lenet5-teacher": (
        "The teachers of the recipe `best`: four networks by the recipe `best-alone`, and three by Muon, which err on "
        "other pictures. Their answer is the mean of their probabilities.",
        "Photographs and scans: it has seen MNIST only.",
        "As `lenet5`, less often.",
    ),
    "lenet5-ensemble": (
        "Seven networks of the recipe `best-alone` that answer together: the mean of their probabilities.",
        "Photographs and scans: it has seen MNIST only. A microcontroller: `lenet5 export --to c` takes one network.",
        "As `lenet5`, less often.",
    ),
}


def card(name: str, path: Path, measured: dict[str, Any]) -> str:
    """The card of one file, with what `measure` found of it."""
    architecture, members, about = storage.read(path)
    if name not in NOTES:
        raise SystemExit(f"{name} has no notes; write in {__file__} what it is for, what not, and how it fails")
    use, misuse, failures = NOTES[name]
    last = architecture.output
    output = "Euclidean RBF, fixed codes" if isinstance(last, EuclideanRBF) else last.squash
    size, digest = path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [
        f"# {name}",
        "",
        use,
        "",
        "| | |",
        "|---|---|",
        f"| network | {architecture.name}, {architecture.parameters():,} trainable parameters, output: {output} |",
        f"| members | {len(members)} |",
        f"| file | `{path.name}`, {size:,} bytes, sha256 `{digest[:16]}…` |",
        *(f"| {label} | {_said(about[key])} |" for key, label in ROWS.items() if about.get(key) not in (None, "")),
        f"| recipe | {_recipe(about.get('recipe', {}))} |",
        f"| licence | {_licence(str(about.get('data', '')))} |",
        "",
        "## Measured",
        "",
        *_measured(about),
        "",
        "## Not for",
        "",
        misuse,
        "",
        "## Known failures",
        "",
        failures,
        "",
        *(_characters(measured) if "confusions" in measured else _failures(name, measured)),
        "",
    ]
    return "\n".join(lines)


ROWS = {
    "data": "data",
    "command": "made by",
    "seed": "seed",
    "sharpness": "sharpness",
    "sharpness_fitted": "sharpness fitted",
    "reading": "calibration",
}


def _licence(data: str) -> str:
    others = ("; UNIPEN, of the International Unipen Foundation, is CC BY 4.0",) if "UNIPEN" in data else ()
    return "".join(("MIT; MNIST, which it was trained on, is CC BY-SA 3.0", *others))


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
    if (error := about.get("unipen_error")) is not None:
        found.append(f"Error on 3,000 pictures of digits by UNIPEN's writers held out of training: {error:.2f} %.")
    found.append(
        "[Results](../results.md) tells how much seeds differ, and [Reading](../reading.md) how pictures are read."
    )
    return [line for sentence in found for line in (sentence, "")][:-1]


def _characters(measured: dict[str, Any]) -> list[str]:
    """Tables of what a network of every character got wrong of UNIPEN's held-out writers."""
    columns, codes_of = ("top 1", "top 3", "own 1", "own 3"), measured["compared"]
    rows = ((kind, (f"{e[c]:.1f}" if c in e else "" for c in columns)) for kind, e in measured["errors"].items())
    pairs = (
        (_code(written), (_code(said), str(times), f"{share:.1f}", str(apart)))
        for written, said, times, share, apart in measured["confusions"]
    )
    return [
        f"| wrong of {measured['pictures']:,}, % | best of 94 | best 3 of 94 | best of its kind | best 3 of it |",
        "|---" * len(columns) + "|---|",
        *(_row(*row) for row in rows),
        "",
        "UNIPEN's writers that are held out wrote them. They are as common as there: three in four are letters.",
        "",
        "| written | answered | times | of those written, % | pixels of 84 in which the codes differ |",
        "|---|---|---|---|---|",
        *(_row(*pair) for pair in pairs),
        "",
        f"The code of a wrong answer differs from the right one in {codes_of['mean']:.1f} pixels on average, and in at "
        f"most 12 for {codes_of['near']:.1f} % of the wrong answers. The codes of any two characters differ in "
        f"{codes_of['any two']:.1f} on average, and in at most 12 for {codes_of['any two near']:.1f} %.",
    ]


def _code(character: str) -> str:
    """One character as code in a cell of a table."""
    return "`` ` ``" if character == "`" else f"`{character}`".replace("|", "\\|")


def _failures(name: str, measured: dict[str, Any]) -> list[str]:
    """Tables of what was measured, and the command."""
    digits, pen, of = measured["digits"], measured["pen"], measured["no_digits"]
    sure = measured.get("probabilities")
    changed = {(change, amount): error for change, amount, error in measured["withstands"]}
    reads = name == BEST
    return [
        "| wrong, % | " + " | ".join(map(str, range(10))) + " | all |",
        "|---" * 12 + "|",
        _row("MNIST's test part", _shares(digits)),
        _row("pen on paper", _shares(pen)),
        "",
        f"Most often mistaken: MNIST {_confusions(digits)}; pen on paper {_confusions(pen)}.",
        *([] if sure is None else ["", _probabilities(**sure)]),
        *(["", "The best guess counts here, also where the reader rejects its answer."] if reads else []),
        "",
        "| MNIST's test part, every picture changed alike: wrong, % | | | |",
        "|---|---|---|---|",
        *(_row(label, (f"{changed[key, amount]:.2f}" for amount in amounts)) for label, key, amounts in CHANGED),
        "",
        f"| no digits | pictures | answered, % | of these {SURE} sure or surer, % | median confidence |",
        "|---|---|---|---|---|",
        *(_row(kind, _answered(found)) for kind, found in of.items()),
        "",
        f"`python benchmarks/cards/make_cards.py --measure {name}`: data that it did not learn from, bhmsds (pen on "
        "paper, made ready as the reader makes pictures ready), notMNIST and Quick, Draw!",
    ]


def _probabilities(log_loss: float, calibration_error: float) -> str:
    return (
        f"Probabilities on MNIST's test part: log loss {log_loss:.4f}; confidence and the share of right answers are "
        f"{calibration_error:.2f} % apart (expected calibration error, 15 bins)."
    )


CHANGED = (
    ("moved right by 2, 4, 6 pixels of 28", "shift_x", CHANGES["shift_x"]),
    ("shrunk to 0.8, 0.7, 0.5", "scale", CHANGES["scale"][:3]),
    ("enlarged to 1.15, 1.3, 1.5", "scale", CHANGES["scale"][3:]),
    ("turned clockwise by 10, 20, 30 degrees", "rotation", CHANGES["rotation"][:3]),
    ("turned the other way", "rotation", CHANGES["rotation"][3:]),
    ("2, 5, 10 % of the pixels inverted", "noise", CHANGES["noise"]),
)


def _row(label: str, cells: Iterable[str]) -> str:
    return f"| {' | '.join((label, *cells))} |"


def _shares(errors: dict[str, Any]) -> list[str]:
    """Percent wrong of each class, and of all."""
    wrong, pictures = errors["wrong"], errors["pictures"]
    return [f"{100 * w / n:.2f}" for w, n in zip([*wrong, sum(wrong)], [*pictures, sum(pictures)], strict=True)]


def _confusions(errors: dict[str, Any]) -> str:
    return ", ".join(
        f"{true} as {'nothing' if said < 0 else said} ({times})" for true, said, times in errors["confusions"][:SHOWN]
    )


def _answered(found: dict[str, Any]) -> list[str]:
    answered, sure = found["answered"] / found["pictures"], found["sure"] / max(1, found["answered"])
    return [f"{found['pictures']:,}", f"{100 * answered:.1f}", f"{100 * sure:.1f}", f"{found['median']:.2f}"]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _lines(measured: dict[str, Any]) -> str:
    """As JSON, a line for each file."""
    rows = (f"{json.dumps(name)}: {json.dumps(found)}" for name, found in sorted(measured.items()))
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _counts(found: dict[str, Any]) -> dict[str, int]:
    """What `measure` finds again when it is quick: numbers of pictures."""
    if "no_digits" not in found:
        return {}
    wrong = {"wrong of MNIST's test part": sum(found["digits"]["wrong"])} if "digits" in found else {}
    return {**wrong, **{f"{QUICK} {key}": found["no_digits"][QUICK][key] for key in ("answered", "sure")}}


def _checked(name: str, kept: dict[str, Any]) -> list[str]:
    """What is no longer so of what was measured."""
    then = _counts(kept)
    return [
        f"{name}: {what} {then[what]}, now {now}: {AGAIN} {name}"
        for what, now in _counts(measure(name, quick=True)).items()
        if abs(now - then[what]) > TOLERATED
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--measure", nargs="*", metavar="NAME", help="all where none is named")
    given = parser.parse_args()
    measured = json.loads(MEASURED.read_text("utf-8")) if MEASURED.exists() else {}
    shipped, wrong = storage.shipped(), []
    try:
        for name in given.measure or (shipped if given.measure is not None else ()):
            print(f"measuring {name}", flush=True)
            measured[name] = {"sha256": _digest(shipped[name]), **measure(name)}
            write_atomically(MEASURED, _lines(measured).encode())
    except (DataError, FileNotFoundError) as error:
        print(error)
        return 1
    for name, path in shipped.items():
        if measured.get(name, {}).get("sha256") != _digest(path):
            wrong.append(f"{name} is not the file that was measured: {AGAIN} {name}")
            continue
        target, text = CARDS / f"{name}.md", card(name, path, measured[name])
        if not given.check:
            target.write_text(text, "utf-8")
        elif not target.exists() or target.read_text("utf-8") != text:
            wrong.append(
                f"{target.name} does not tell what is known of the file: run python benchmarks/cards/make_cards.py"
            )
    if given.check and not wrong:
        try:
            wrong = [line for name in shipped for line in _checked(name, measured[name])]
        except (DataError, FileNotFoundError) as error:
            print(f"not measured again, for want of data: {error}")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
