"""`lenet5 join`: puts several networks into one file, which is loaded and used like one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from lenet5 import __version__
from lenet5.cli.options import new_place
from lenet5.ensemble import Ensemble
from lenet5.errors import WeightsError
from lenet5.loading import load

# Metadata of a single member: kept as a list with one entry for each.
OF_ONE = ("seed", "command", "result", "recipe", "data")


def join(*models: Path, out: Path) -> None:
    """Put several networks into one file.

    The file answers with the mean of the networks' probabilities.

    Args:
        models: Shipped networks by name, or paths of .safetensors files; all of one architecture.
        out: Where the joined weights go.
    """
    new_place(out)
    members = [load(model) for model in models]
    for model, member in zip(models, members, strict=True):
        if isinstance(member, Ensemble):
            raise WeightsError(f"{model}: several networks already; give the files that it was joined from")
    about: dict[str, Any] = {
        "version": __version__,
        "classes": list(members[0].classes) if members else [],
        "command": f"lenet5 join {' '.join(shlex.quote(model.name) for model in models)} --out {out.name}",
        "member": [{key: member.metadata.get(key) for key in OF_ONE} for member in members],
    }
    print(f"{Ensemble(members, about).save(out)}: {len(members)} networks that answer as one")
