"""LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998), exact to the paper: read digits, train, and look inside.

net = lenet5.load("lenet5")          the network of 1998 with its shipped weights
net.predict(images)                  (N, 28, 28) or (N, 32, 32), uint8 or float -> (N,) labels
lenet5.Reader().read("cheque.jpg")   the digits in a picture
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lenet5.architecture import ARCHITECTURES as ARCHITECTURES
    from lenet5.architecture import Architecture as Architecture
    from lenet5.errors import ArchitectureError as ArchitectureError
    from lenet5.errors import DataError as DataError
    from lenet5.errors import LeNetError as LeNetError
    from lenet5.errors import MissingExtraError as MissingExtraError
    from lenet5.errors import PictureError as PictureError
    from lenet5.errors import ReadingError as ReadingError
    from lenet5.errors import TrainingError as TrainingError
    from lenet5.errors import WeightsError as WeightsError
    from lenet5.loading import load as load
    from lenet5.network import LeNet5 as LeNet5
    from lenet5.reading import Reader as Reader
    from lenet5.reading import Reading as Reading
    from lenet5.reading.school.hand import teach as teach
    from lenet5.scale import PictureWarning as PictureWarning
    from lenet5.training.simply import train as train

__version__ = "0.1.0"

# Public name: the module that it lives in, imported when the name is first used.
_HOMES = {
    "ARCHITECTURES": "architecture",
    "Architecture": "architecture",
    "ArchitectureError": "errors",
    "DataError": "errors",
    "LeNet5": "network",
    "LeNetError": "errors",
    "MissingExtraError": "errors",
    "PictureError": "errors",
    "PictureWarning": "scale",
    "Reader": "reading",
    "Reading": "reading",
    "ReadingError": "errors",
    "TrainingError": "errors",
    "WeightsError": "errors",
    "load": "loading",
    "teach": "reading.school.hand",
    "train": "training.simply",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"lenet5.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
