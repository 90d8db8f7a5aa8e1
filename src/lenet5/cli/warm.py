"""`lenet5 warm`: compiles every kernel ahead, so that no later command has to; for images of containers above all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from lenet5.cli.bar import working
from lenet5.errors import LeNetError
from lenet5.files import PACKAGE

Part = Literal["reading", "training"]


def warm(*parts: Part) -> None:
    """Compile the kernels now, so that no later command has to wait for it.

    The machine code is for this kind of processor: another kind compiles anew. The last line says where it lies.

    Args:
        parts: reading: what read, serve and export need. training: what train needs. Both, where none is named.
    """
    from lenet5.machine.native import compiling_seconds, kernel_folder

    ahead(*(parts or STEPS))
    kept = list(kernel_folder().glob("*.o"))
    if not kept:
        raise LeNetError(f"no machine code was kept in {kernel_folder()}; set LENET5_CACHE to another folder")
    megabytes = sum(path.stat().st_size for path in kept) / 1e6
    print(f"{len(kept)} kernels, {megabytes:.1f} MB, {compiling_seconds():.1f} s of compiling; in {kernel_folder()}")


def ahead(*parts: Part) -> None:
    """Use every kernel of these parts once, which compiles those that are not kept yet; a bar shows how far it is."""
    with working() as bar:
        for step in bar.track([step for part in dict.fromkeys(parts) for step in STEPS[part]], description="compiling"):
            step()


def _reading() -> None:
    import numpy as np

    from lenet5.loading import load
    from lenet5.reading import Reader

    network = load("lenet5")
    for kind in (np.uint8, np.float32):
        pictures = np.zeros((64, 28, 28), kind)
        network.penalties(pictures)
        network.activations(pictures[:1])
        network.slide(np.zeros((1, 40, 60), kind))
    Reader().read(PACKAGE / "samples" / "line_2746.png")


def _changes() -> None:
    import numpy as np

    from lenet5 import datasets
    from lenet5.datasets.distortions import MILD, transform

    digit = datasets.load("drawn", "test", count=1).images
    transform(digit, rotation=10.0)
    MILD.apply(digit, np.arange(1), seed=0, pass_=0)


def _training() -> None:
    from lenet5 import datasets
    from lenet5.architecture import architecture
    from lenet5.training import RECIPES, Run

    drawn = datasets.load("drawn", "train", count=160)
    learn, judged = drawn.take(slice(83)), drawn.take(slice(83, None))  # 83: the last of a batch go one by one
    online, batches = (replace(RECIPES[name], passes=1, curvature_pictures=8) for name in ("1998", "plain"))
    for recipe in (online, replace(batches, algorithm="adam"), replace(batches, algorithm="muon")):
        for _ in Run(architecture("lenet5"), recipe, learn, judged).go():
            pass


STEPS: dict[Part, tuple[Callable[[], None], ...]] = {"reading": (_reading, _changes), "training": (_changes, _training)}
