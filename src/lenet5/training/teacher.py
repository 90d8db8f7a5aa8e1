"""From whom does the recipe `best` learn? Wider networks of the same seven layers, trained on stronger distortions.

LeNet-5 with twice the maps in C1, C3 and C5, every C3 map seeing every S2 map, has room for distortions that
60,000 parameters have not. Its answers to a distorted picture are what `best` asks of LeNet-5 in place of the label.

    python -m lenet5.training.teacher --seed 0 --out 0.safetensors       train one
    python -m lenet5.training.teacher --join 0.safetensors 1.safetensors --out src/lenet5/weights/teacher.safetensors
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from lenet5 import __version__
from lenet5.architecture import Architecture, Convolution, EuclideanRBF, FullConnection, Subsampling, all_of
from lenet5.training.recipe import RECIPES

__all__ = ["RECIPE", "WIDE"]

WIDE = Architecture(
    "lenet5-wide",
    c1=Convolution("c1", all_of(12, 1)),
    s2=Subsampling("s2"),
    c3=Convolution("c3", all_of(32, 12)),
    s4=Subsampling("s4"),
    c5=Convolution("c5", all_of(240, 32)),
    f6=FullConnection("f6", 84),
    output=EuclideanRBF("output"),
)

# As much as fits into an afternoon's coffee break; chosen beforehand, not searched.
RECIPE = replace(RECIPES["long"], passes=40, step=2e-3, distortion="strong")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--join", type=Path, nargs="+", help="put these networks into one file instead of training")
    given = parser.parse_args()
    if given.join:
        join(given.join, given.out)
    else:
        train(given.seed, given.out)


def train(seed: int, out: Path) -> None:
    """Train one wide network on all of MNIST's training pictures, and keep it in `out`."""
    from lenet5.datasets import load
    from lenet5.training.run import PassRecord, Run

    run = Run(WIDE, RECIPE, load("mnist", "train"), None, seed, out.with_suffix(".run"))
    run.resume()
    for told in run.go():
        if isinstance(told, PassRecord):
            print(f"pass {told.pass_}: train error {told.train_error:.2f} %, {told.seconds:.0f} s", flush=True)
    network = run.trained()
    network.metadata |= {
        "recipe": RECIPE.to_dict(), "data": run.train.name, "seed": seed, "version": __version__,
        "command": f"python -m lenet5.training.teacher --seed {seed} --out {out.name}",
    }  # fmt: skip
    network.save(out)


def join(paths: list[Path], out: Path) -> None:
    """Put networks of one kind into one file, to be loaded and used like one."""
    from lenet5.ensemble import Ensemble
    from lenet5.loading import load

    members = [load(path) for path in paths]
    about = dict(members[0].metadata)
    about["seed"] = [member.metadata.get("seed") for member in members]
    about["command"] = [member.metadata.get("command") for member in members]
    for made in ("result", "member_sharpness"):
        about.pop(made, None)
    about["member_results"] = [member.metadata.get("result") for member in members]
    Ensemble(members, about).save(out)


if __name__ == "__main__":
    main()
