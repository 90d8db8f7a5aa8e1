"""`lenet5 train`: makes a recipe and a network of the flags, and draws the records of the run."""

from __future__ import annotations

import json
import os
import shlex
import signal
from dataclasses import asdict, fields, make_dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, get_type_hints

from cyclopts import Parameter, validators
from docstring_parser import parse_from_object
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from lenet5 import __version__, files
from lenet5.architecture import Architecture, EuclideanRBF, architecture
from lenet5.cli import progress
from lenet5.codes import CHARACTERS
from lenet5.datasets import DRAWN, Dataset, Form, has_test
from lenet5.datasets.writers import split_by_writer
from lenet5.errors import ArchitectureError, TrainingError
from lenet5.network import LeNet5
from lenet5.training import PassRecord, Recipe, Run
from lenet5.training.evaluation import Evaluation, evaluate
from lenet5.training.recipe import recipe as named_recipe

__all__ = ["train"]

HELD_OUT = 5_000  # pictures, where nobody says how many


def _flags(kind: type) -> type:
    """The twin of a dataclass in which nothing need be given: what the command line asks for beside a named one."""
    hints = get_type_hints(kind)
    explained = {text.arg_name: text.description for text in parse_from_object(kind).params}
    return make_dataclass(
        f"{kind.__name__}Flags",
        [(f.name, Annotated[hints[f.name] | None, Parameter(help=explained[f.name])], None) for f in fields(kind)],
        frozen=True,
        namespace={"__module__": __name__},  # cyclopts looks at no class of the module `types`
    )


RecipeFlags = _flags(Recipe)
AS_NAMED = RecipeFlags()


def train(
    *,
    network: str = "lenet5",
    recipe: str | None = None,
    data: str = "mnist",
    count: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    seed: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    held_out: Annotated[int | None, Parameter(validator=validators.Number(gte=0))] = None,
    out: Path | None = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    checkpoint_every: Annotated[float, Parameter(validator=validators.Number(gte=0))] = 10.0,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    form: progress.DataForm = progress.AS_FOUND,
    changes: Annotated[RecipeFlags, Parameter(name="*", group="Changes to the recipe")] = AS_NAMED,  # type: ignore[valid-type]
) -> None:
    """Train a network, and keep its weights in a file.

    Ctrl-C saves and says where; the same command with --resume goes on as if nothing had happened.

    Parameters
    ----------
    network
        lenet5, lenet5-linear, lenet5-softmax or lenet5-maxpool, or a FILE.json that declares another: `lenet5 summary
        lenet5 --declaration` writes one to be edited.
    recipe
        A named recipe: 1998 (the default for RBF outputs), 1998-distorted, 1998-literal, plain (for others),
        plain-centred (for them, and few pictures), best-alone, or best, which learns what lenet5-teacher answers to
        MNIST's digits.
    data
        mnist, drawn, or data of your own: pictures in folders or a zip file, .csv, .npz, .npy, .parquet, IDX files.
    count
        Only so many pictures to learn from, drawn at random in proportion to the classes.
    seed
        Of the first weights, the order, the distortions and what is drawn: the same seed gives the same weights,
        bit for bit.
    held_out
        Pictures, of other writers where they are known, that each pass is judged on: 5,000, or a sixth if that
        is less. 0 learns from everything.
    out
        Where the weights go: runs/NETWORK-RECIPE-SEED.safetensors. Beside it, a folder named .run keeps the run.
    resume
        Go on with the run that was stopped.
    checkpoint_every
        Seconds between checkpoints.
    as_json
        Print a line of JSON for each pass, and one for the result.
    """
    given = {name: value for name, value in asdict(changes).items() if value is not None}
    declared = architecture(network)
    name = recipe or Recipe.suited(declared)
    chosen = replace(named_recipe(name), **given)
    out = out or Path("runs", f"{declared.name}-{name}-{seed}.safetensors")
    _check_place(out, resume)
    dataset = progress.load(data, "train", count, seed, form)
    held = min(HELD_OUT, len(dataset) // 6) if held_out is None else held_out
    learned, judged = split_by_writer(dataset, held) if held else (dataset, None)
    flags = {"network": network, "recipe": name, "data": data, "count": count, "seed": seed, "held-out": held}
    flags |= {name: value for name, value in asdict(form).items() if value != getattr(progress.AS_FOUND, name)} | given
    run = Run(
        _for_classes(declared, dataset),
        chosen,
        learned,
        judged,
        seed,
        out.with_suffix(".run"),
        checkpoint_every,
        about={"command": _command(flags), "version": __version__},
    )
    if resume:
        run.resume()
    console = Console(highlight=False, quiet=as_json)
    _follow(run, console, as_json)
    trained = run.trained()
    trained.metadata["classes"] = list(dataset.classes)
    result, tested = _result(run, trained, data, count, form)
    made = run.describe()
    trained.metadata |= {
        "recipe": {"name": name, **made["recipe"]},
        "data": {"name": made["train"], "pictures": made["pictures"], "sha256": made["sha256"]},
        "seed": seed,
        "command": run.about["command"],
        "version": __version__,
        "result": result,
    }
    trained.save(out)
    if as_json:
        print(json.dumps({"result": result, "out": str(out)}))
        return
    if tested is not None:
        low, high = tested.interval
        console.print(
            f"\ntest error {tested.error:.2f} % of {tested.pictures:,} pictures, with 95 % confidence "
            f"{low:.2f} to {high:.2f} %"
        )
    console.print(f"weights in {out}, the run in {run.folder}", markup=False)


def _command(flags: dict[str, Any]) -> str:
    """The command line that makes the same weights."""
    words = [word for name, value in flags.items() if value is not None for word in (f"--{name}", str(value))]
    return shlex.join(["lenet5", "train", *(w.replace("_", "-") if w.startswith("--") else w for w in words)])


def _check_place(out: Path, resume: bool) -> None:
    """Hours of training must not end at a folder that cannot be written to, nor over another network."""
    if not out.name or out.suffix == ".run":
        raise TrainingError(f"--out {str(out)!r}; expected a file's name that does not end in .run: NAME.safetensors")
    if not resume:
        for there in (out, out.with_suffix(".run")):
            if os.path.exists(there):
                raise TrainingError(
                    f"{there} is there already; go on with that run by --resume, name another --out, or remove it"
                )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"cannot make the folder {out.parent}: {error.strerror}; name another --out") from error
    probe = out.with_name(f".{out.name}.probe")
    files.write_atomically(probe, b"", error=TrainingError)
    probe.unlink()


def _for_classes(declared: Architecture, dataset: Dataset) -> Architecture:
    """The network with an output for each class of the data."""
    output, classes = declared.output, dataset.classes
    if not isinstance(output, EuclideanRBF):
        return replace(declared, output=replace(output, units=len(classes)))
    if not all(name in CHARACTERS and len(name) == 1 for name in classes):
        raise ArchitectureError(
            f"{dataset.name}: classes {', '.join(classes[:5])} …; the RBF output of {declared.name} has a code for "
            f"each printable ASCII character: name the classes so, or train --network lenet5-softmax"
        )
    return replace(declared, output=replace(output, characters="".join(classes)))


class _Stop:
    """Ctrl-C asks to stop at the next block, where the run can be saved; a second one stops at once."""

    asked = False

    def __enter__(self) -> _Stop:
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} pictures/s" if task.speed else "")


def _follow(run: Run, console: Console, as_json: bool) -> None:
    """Train to the end, a bar over all passes and a row for each."""
    total, passes = len(run.train), run.recipe.passes
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn())
    console.print("pass  train error  held-out error      loss          steps  seconds")
    for record in run.records:
        console.print(_row(record))
    bar = Bar(*columns, console=console, transient=True, disable=as_json or not console.is_terminal)
    with _Stop() as stop, bar:
        task = bar.add_task("", total=total * passes, completed=run.pass_ * total + run.done)
        for news in run.go():
            bar.update(task, completed=run.pass_ * total + run.done, description=f"pass {run.pass_ + 1} of {passes}")
            if isinstance(news, PassRecord):
                console.print(_row(news))
                if as_json:
                    print(json.dumps(news.to_dict()), flush=True)
            if stop.asked:
                run.save()
                raise KeyboardInterrupt(f"saved in {run.folder}; the same command with --resume goes on from there")


def _row(record: PassRecord) -> str:
    held_out = "" if record.held_out_error is None else f"{record.held_out_error:.2f} %"
    steps = f"{record.smallest_step:.1e} {record.largest_step:.1e}"
    return (
        f"{record.pass_:4}  {record.train_error:9.2f} %  {held_out:>14}  {record.loss:8.4f}  {steps}  "
        f"{record.seconds:7.1f}"
    )


def _result(
    run: Run, trained: LeNet5, data: str, count: int | None, form: Form
) -> tuple[dict[str, Any], Evaluation | None]:
    """What the run came to, errors in percent, and the evaluation on test pictures, where the data has some."""
    tested = None
    if has_test(data):
        # Drawn digits for testing are as many to those for learning as MNIST's are.
        drawn = max(1, count * DRAWN["test"] // DRAWN["train"]) if data == "drawn" and count else None
        tested = evaluate(trained, progress.load(data, "test", drawn, form=form))
    last = run.records[-1]
    return {
        "test_error": tested.error if tested else None,
        "test_pictures": tested.pictures if tested else 0,
        "held_out_error": last.held_out_error,
        "train_error": last.train_error,
        "seconds": round(sum(record.seconds for record in run.records), 3),
    }, tested
