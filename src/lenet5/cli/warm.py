"""`lenet5 warm`: compiles every kernel ahead, so that no later command has to; for images of containers above all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Literal

from lenet5.cli.bar import working
from lenet5.errors import LeNetError

__all__ = ["ahead", "warm"]

Part = Literal["reading", "training"]


def warm(*parts: Part) -> None:
    """Compile the kernels now, so that no later command has to wait for it.

    The machine code is for this kind of processor: another kind compiles anew. The last line says where it lies.

    Args:
        parts: reading: what read, serve and export need. training: what train needs. Both, where none is named.
    """
    from lenet5.kernels.compiled import compiling_seconds, kernel_folder

    ahead(*(parts or STEPS))
    kept = [path for path in kernel_folder().glob("*.nbc")]
    if not kept:
        raise LeNetError(f"no machine code was kept in {kernel_folder()}; set LENET5_CACHE to another folder")
    megabytes = sum(path.stat().st_size for path in kept) / 1e6
    print(f"{len(kept)} kernels, {megabytes:.1f} MB, {compiling_seconds():.1f} s of compiling; in {kernel_folder()}")


def ahead(*parts: Part) -> None:
    """Use every kernel of these parts once, which compiles those that are not kept yet; a bar shows how far it is."""
    steps = [step for part in dict.fromkeys(parts) for step in STEPS[part]]
    with working() as bar:
        task = bar.add_task("", total=sum(weight for _, weight, _ in steps))
        for what, weight, step in steps:
            bar.update(task, description=what)
            step()
            bar.advance(task, weight)


def _networks() -> None:
    import numpy as np

    from lenet5.loading import load

    for kind in (np.uint8, np.float32, np.float64):
        pictures = np.zeros((64, 28, 28), kind)
        for many in (pictures, pictures[:1]):
            for network in (load("lenet5"), load("lenet5-softmax")):
                network.penalties(many)
        network.activations(pictures[:1])
        network.slide(np.zeros((1, 40, 60), kind))


def _reader() -> None:
    from lenet5.reading import Reader

    reader, samples = Reader(), Path(str(resources.files("lenet5"))) / "samples"
    reader.read(samples / "line_2746.png")
    reader.read_many([samples / "digit_3.png"] * 64)


def _changes() -> None:
    import numpy as np

    from lenet5.datasets.distortions import transform

    transform(np.zeros((1, 28, 28), np.uint8), rotation=10.0)


def _distortions() -> None:
    import numpy as np

    from lenet5 import datasets
    from lenet5.datasets.distortions import DISTORTIONS

    drawn = datasets.load("drawn", "train", count=8)
    for distortion in DISTORTIONS.values():
        distortion.apply(drawn.images, np.arange(8), seed=0, pass_=0)


def _training(network: str, algorithm: Literal["sdlm", "adam", "muon"]) -> Callable[[], None]:
    def train() -> None:
        from lenet5 import datasets
        from lenet5.architecture import architecture
        from lenet5.training import RECIPES, Run

        recipe = RECIPES["1998" if algorithm == "sdlm" else "plain"]
        drawn = datasets.load("drawn", "train", count=160)
        learn, judged = drawn.take(slice(83)), drawn.take(slice(83, None))  # 83: the last of a batch go one by one
        recipe = replace(recipe, algorithm=algorithm, passes=1, curvature_pictures=8)
        for _ in Run(architecture(network), recipe, learn, judged).go():
            pass

    return train


# Part: what is done, how many seconds it takes where nothing is kept, and the function.
STEPS: dict[Part, tuple[tuple[str, float, Callable[[], None]], ...]] = {
    "reading": (("networks", 17, _networks), ("reader", 2, _reader), ("changes of digits", 4, _changes)),
    "training": (
        ("distortions", 4, _distortions),
        ("training, picture by picture", 23, _training("lenet5", "sdlm")),
        ("training, in batches", 8, _training("lenet5-softmax", "adam")),
        ("training, in batches, by matrices", 1, _training("lenet5", "muon")),
    ),
}
