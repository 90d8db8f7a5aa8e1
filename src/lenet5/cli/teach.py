"""`lenet5 teach`: a hand learned from a few dozen samples, and what came of it in plain words."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lenet5 import storage
from lenet5.cli.bar import working
from lenet5.cli.options import Json, Whole, new_place
from lenet5.errors import TrainingError
from lenet5.pictures.ink import Polarity


def teach(
    corrections: Path,
    /,
    *,
    from_: Annotated[str, Parameter(name="--from")] = "lenet5-reader",
    out: Path,
    add: tuple[str, ...] = (),
    ink: Polarity = "auto",
    seed: Whole = 0,
    as_json: Json = False,
) -> int:
    """Teach a network your own hand, from a few dozen samples.

    It goes on from weights that know many hands. Samples that are held out decide whether it learned, and pictures
    that are drawn here keep what it knew. A command that is stopped writes nothing. Exit status: 0 where the network
    reads the held-out samples better, and 1 where it does not; then nothing is written either.

    Args:
        corrections: A .jsonl file of corrected readings, as `lenet5 read --json` prints them with the right text put
            in; a folder of pictures named by their right answers, 1998.png or 1998_2.png; or a data set as `lenet5
            train` takes it: a folder for each class, labels.csv, tables, arrays, strokes of a pen.
        from_: The weights to go on from: shipped ones by name, or a .safetensors file.
        out: Where the taught network goes: a .safetensors file that is not there yet.
        add: A class that the network does not know yet, as a sign of your own; may be given several times.
        ink: dark: ink darker than its paper. light: white on black. auto: whichever it is.
        seed: Of all that is by chance: the same seed gives the same weights, bit for bit.
        as_json: Print the result as JSON.
    """
    from lenet5.reading.school.hand import teach as learn

    _check_place(out, corrections, from_)
    with working() as bar:
        task = bar.add_task("learning", total=1.0)
        network = learn(
            corrections, from_, add=add, ink=ink, seed=seed, progress=lambda share: bar.update(task, completed=share)
        )
    for note in network.metadata["data"]["notes"]:
        print(f"{corrections}: {note}", file=sys.stderr)
    result = network.metadata["taught"]
    better = result["passes"] > 0
    if better:
        flags = [word for name in add for word in ("--add", name)]
        flags += ["--ink", ink] if ink != "auto" else []
        words = ["lenet5", "teach", corrections.name, "--from", Path(from_).name, *flags, "--seed", str(seed)]
        network.metadata["command"] = shlex.join(words)
        network.save(out)
    if as_json:
        print(json.dumps({**result, "out": str(out) if better else None}))
    else:
        print("\n".join(_in_words(result, out)))
    return 0 if better else 1


def _in_words(result: dict[str, float], out: Path) -> list[str]:
    """What came of it, a line each."""
    words = [
        f"{result['samples']} samples; the error on those held out: {result['before']:.1f} % before, "
        f"{result['after']:.1f} % after {result['passes']} passes"
    ]
    if result["passes"] and result["after"] >= result["before"]:
        more = "more" if result["after"] > result["before"] else "no fewer"
        words.append(f"{more} of them are misread, but it gives their right answers more probability")
    if result["drawn_before"] is not None:
        words.append(
            f"what it knew: {result['drawn_before']:.1f} % error on drawn digits before, "
            f"{result['drawn_after']:.1f} % after"
        )
    words.append(f"{result['same']:.1f} % of drawn pictures of all kinds are answered as before")
    if result["passes"]:
        return [*words, f"weights in {out}: lenet5 read --model {shlex.quote(str(out))} FILE"]
    return [
        *words,
        f"the samples held out are read no better, so {out} was not written; more may help, above all misread ones",
    ]


def _check_place(out: Path, corrections: Path, start: str) -> None:
    """Nothing that is read from is written over, nor any other file."""
    there = os.path.realpath(out)
    if there in (os.path.realpath(corrections), os.path.realpath(storage.find(start))):
        raise TrainingError(f"--out {out} is what is learned from; name another file")
    if out.suffix != ".safetensors":
        raise TrainingError(f"--out {str(out)!r}; expected the name of a .safetensors file")
    new_place(out)
