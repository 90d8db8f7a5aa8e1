"""`lenet5 train`: makes a recipe and a network of the flags, and draws the records of the run."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, make_dataclass, replace
from pathlib import Path
from threading import Event
from typing import Annotated, Any, get_type_hints

from cyclopts import Parameter, validators
from docstring_parser import parse_from_object
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from lenet5 import __version__, files
from lenet5.architecture import LENET5
from lenet5.cli.bar import working
from lenet5.cli.options import AS_FOUND, Count, Data, DataForm, Json, Whole, load, new_place
from lenet5.datasets import DRAWN, Form, has_test
from lenet5.datasets.dataset import split_by_writer
from lenet5.errors import TrainingError
from lenet5.network import LeNet5
from lenet5.storage import declaration
from lenet5.training import PassRecord, Recipe, Run
from lenet5.training.evaluation import Evaluation, evaluate
from lenet5.training.going_on import for_classes, single
from lenet5.training.recipe import recipe as named_recipe

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
    network: str | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    recipe: str | None = None,
    data: Data = "mnist",
    count: Count | None = None,
    seed: Whole = 0,
    held_out: Whole | None = None,
    out: Path | None = None,
    resume: bool = False,
    checkpoint_every: Annotated[float, Parameter(validator=validators.Number(gte=0))] = 10.0,
    as_json: Json = False,
    form: DataForm = AS_FOUND,
    changes: Annotated[RecipeFlags, Parameter(name="*", group="Changes to the recipe")] = AS_NAMED,  # type: ignore[valid-type]
) -> None:
    """Train a network, and keep its weights in a file.

    Ctrl-C saves and says where; the same command with --resume goes on as if nothing had happened.

    Args:
        network: lenet5, lenet5-linear, lenet5-softmax or lenet5-maxpool, or a FILE.json that declares another: `lenet5
            summary lenet5 --declaration` writes one to be edited. Also a .safetensors file: its layers, without its
            weights.
        from_: Trained weights to go on from: a shipped network, or a .safetensors file. Classes of the same name keep
            theirs.
        recipe: A named recipe. By default 1998 for RBF outputs, plain for others and plain-centred for them and few
            pictures, fine-tune with --from. Also 1998-distorted, 1998-literal, best-alone, and best, which learns what
            lenet5-teacher answers to MNIST's digits.
        count: Only so many pictures to learn from, drawn at random in proportion to the classes.
        seed: Of the first weights, the order, the distortions and what is drawn: the same seed gives the same weights,
            bit for bit.
        held_out: Pictures, of other writers where they are known, that each pass is judged on: 5,000, or a sixth if
            that is less. 0 learns from everything.
        out: Where the weights go: runs/NETWORK-RECIPE-SEED.safetensors. Beside it, a folder named .run keeps the run.
        resume: Go on with the run that was stopped.
        checkpoint_every: Seconds between checkpoints.
        as_json: Print a line of JSON for each pass, and one for the result.
    """
    given = {name: value for name, value in asdict(changes).items() if value is not None}
    start = single(from_) if from_ is not None else None
    if network is None and start is None:
        network = LENET5.name
    declared = start.architecture if network is None and start is not None else declaration(network or LENET5.name)
    # What is wrong with a recipe or a place is said before the data is read.
    chosen = replace(named_recipe(recipe or Recipe.suited(declared)), **given)
    if out is not None:
        _check_place(out, resume)
    dataset = load(data, "train", count, seed, form)
    name = recipe or Recipe.suited(declared, len(dataset), start is not None)
    chosen = replace(named_recipe(name), **given)
    if out is None:
        out = Path("runs", f"{declared.name}-{name}-{seed}.safetensors")
        _check_place(out, resume)
    held = min(HELD_OUT, len(dataset) // 6) if held_out is None else held_out
    learned, judged = split_by_writer(dataset, held) if held else (dataset, None)
    flags = {"network": network, "from": from_, "recipe": name, "data": data, "count": count, "seed": seed}
    flags |= {name: value for name, value in asdict(form).items() if value != getattr(AS_FOUND, name)}
    flags |= {"held-out": held, **given}
    about = {"command": _command(flags), "version": __version__, "recipe_name": name}
    declared, folder = for_classes(declared, dataset.classes), out.with_suffix(".run")
    run = Run(declared, chosen, learned, judged, seed, folder, checkpoint_every, about=about, start=start)
    if resume:
        run.resume()
    _follow(run, as_json)
    trained = run.finished()
    tested = _tested(trained, data, count, form)
    result = trained.metadata["result"]
    result |= {"test_error": tested.error if tested else None, "test_pictures": tested.pictures if tested else 0}
    trained.save(out)
    if as_json:
        print(json.dumps({"result": result, "out": str(out)}))
        return
    if tested is not None:
        low, high = tested.interval
        print(f"\ntest error {tested.error:.2f} % of {tested.pictures:,} pictures", end=", ")
        print(f"with 95 % confidence {low:.2f} to {high:.2f} %")
    print(f"weights in {out}, the run in {run.folder}")


def _command(flags: dict[str, Any]) -> str:
    """The command line that makes the same weights."""
    words = [word for name, value in flags.items() if value is not None for word in (f"--{name}", str(value))]
    return shlex.join(["lenet5", "train", *(w.replace("_", "-") if w.startswith("--") else w for w in words)])


def _check_place(out: Path, resume: bool) -> None:
    """Hours of training must not end at a folder that cannot be written to, nor over another network."""
    if not out.name or out.suffix == ".run":
        raise TrainingError(f"--out {str(out)!r}; expected a file's name that does not end in .run: NAME.safetensors")
    if resume:
        files.try_place(out, error=TrainingError)
    else:
        new_place(out, out.with_suffix(".run"), instead="go on with that run by --resume, ")


@contextmanager
def _asked_to_stop() -> Iterator[Event]:
    """Ctrl-C asks to stop at the next block, where the run can be saved; a second one stops at once."""
    asked = Event()

    def ask(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} pictures/s" if task.speed else "")


def _follow(run: Run, as_json: bool) -> None:
    """Train to the end, a bar over all passes and a row for each."""
    total, passes = len(run.train), run.recipe.passes
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn())
    if not as_json:
        rows = ["pass  train error  held-out error      loss          steps  seconds", *map(_row, run.records)]
        print("\n".join(rows), flush=True)
    with _asked_to_stop() as asked, working(*columns, shown=not as_json) as bar:
        task = bar.add_task("", total=total * passes, completed=run.pass_ * total + run.done)
        for news in run.go():
            words = f"pass {min(run.pass_ + 1, passes)} of {passes}"
            bar.update(task, completed=run.pass_ * total + run.done, description=words)
            if isinstance(news, PassRecord):
                print(json.dumps(news.to_dict()) if as_json else _row(news), flush=True)
            if asked.is_set():
                run.save()
                raise KeyboardInterrupt(f"saved in {run.folder}; the same command with --resume goes on from there")


def _row(record: PassRecord) -> str:
    held_out = "" if record.held_out_error is None else f"{record.held_out_error:.2f} %"
    steps = f"{record.smallest_step:.1e} {record.largest_step:.1e}"
    return (
        f"{record.pass_:4}  {record.train_error:9.2f} %  {held_out:>14}  {record.loss:8.4f}  {steps}  "
        f"{record.seconds:7.1f}"
    )


def _tested(trained: LeNet5, data: str, count: int | None, form: Form) -> Evaluation | None:
    """The evaluation on test pictures, where the data has some."""
    if not has_test(data):
        return None
    # Drawn digits for testing are as many to those for learning as MNIST's are.
    drawn = max(1, count * DRAWN["test"] // DRAWN["train"]) if data == "drawn" and count else None
    return evaluate(trained, load(data, "test", drawn, form=form))
