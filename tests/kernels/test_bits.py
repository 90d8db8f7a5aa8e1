"""Every bit of what kernels compute stays as it was, for each instruction set whose digests are kept.

Where a change is meant to change bits, `python tests/kernels/bits.py --keep` keeps the new ones.
"""

from __future__ import annotations

import json
import sys

import pytest

from kernels.bits import INSTRUCTIONS, KEPT, digests
from lenet5.architecture import ARCHITECTURES, Architecture
from networks import name

DIGESTS = json.loads(KEPT.read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="digests are of Linux's exp and log; other systems have their own")
@pytest.mark.skipif(INSTRUCTIONS not in DIGESTS, reason="no digests are kept for this instruction set")
@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=name)
def test_every_bit_is_as_it_was(architecture: Architecture) -> None:
    assert digests(architecture) == DIGESTS[INSTRUCTIONS][architecture.name]
