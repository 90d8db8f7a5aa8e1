"""`lenet5 import`: makes a network's file of a plain PyTorch LeNet-5, for every command that takes one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lenet5 import __version__
from lenet5.cli.options import new_place
from lenet5.formats.pytorch import Pooling, SquashName, imported


def import_(
    source: Path,
    /,
    *,
    squash: SquashName,
    subsampling: Pooling,
    out: Path,
    mean: float = 0.0,
    std: float = 1.0,
    classes: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
) -> None:
    """Make a network of a plain PyTorch LeNet-5, kept by `safetensors.torch.save_file(module.state_dict(), FILE)`.

    The names of tensors may be any: they are matched by their shapes. What does not fit is named.

    Args:
        source: The .safetensors file: two convolutions of 5×5 and three full connections, the first of which may be a
            third convolution.
        squash: What follows each of the first four: relu, tanh, logistic (PyTorch's sigmoid) or none.
        subsampling: The 2×2 pooling after each squash of a convolution: maximum or average.
        out: The file to write.
        mean: That was subtracted from pixels of 0 to 1. With another than 0, pictures were framed to 32×32 before that.
        std: By which they were divided then.
        classes: What each output is called; by default 0, 1, 2 …
    """
    new_place(out)
    network = imported(source, squash=squash, subsampling=subsampling, mean=mean, std=std, classes=classes or None)
    words = ["lenet5", "import", str(source), "--squash", squash, "--subsampling", subsampling]
    words += ["--mean", str(mean), "--std", str(std), *(["--classes", *classes] if classes else [])]
    network.metadata.update(command=shlex.join(words), version=__version__)
    network.save(out)
    counted = ", ".join(f"{row.name} {row.maps}" for row in network.architecture.count())
    print(f"{out}: {counted}; does it answer as it did? lenet5 evaluate {out} --data mnist|FOLDER")
