"""Is the tree of errors the one that its module draws, and does each stand where a caller looks for it?"""

from __future__ import annotations

import inspect
import re

import pytest

from lenet5 import errors
from lenet5.errors import LeNetError, MissingExtraError, extra

DRAWN = dict(re.findall(r"^[├└]── (\w+) +(.+)$", errors.__doc__ or "", re.MULTILINE))


def test_the_drawn_tree_is_the_real_one() -> None:
    real = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind)}
    assert {name for name, kind in real.items() if LeNetError in kind.__bases__} == set(DRAWN)
    assert set(real) == {"LeNetError", *DRAWN} == {name for name in errors.__all__ if name[0].isupper()}


def test_a_class_says_the_same_as_the_tree() -> None:
    for name, meaning in DRAWN.items():
        assert (getattr(errors, name).__doc__ or "").rstrip(".").lower() == meaning.lower()


@pytest.mark.parametrize("name", ["ArchitectureError", "PictureError", "ReadingError"])
def test_a_wrong_argument_is_a_value_error_too(name: str) -> None:
    assert issubclass(getattr(errors, name), ValueError)


def test_a_missing_extra_says_how_to_install_it() -> None:
    with pytest.raises(ImportError, match=re.escape("pip install 'lenet5[onnx]'")) as caught, extra("runtime", "onnx"):
        import no_such_module  # type: ignore[import-not-found]  # noqa: F401
    assert "the package 'runtime'" in str(caught.value)
    assert isinstance(caught.value, MissingExtraError)
    assert isinstance(caught.value, LeNetError)
