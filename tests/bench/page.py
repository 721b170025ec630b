"""docs/reference/speed.md: written by the benchmarks alone, one section a part.

    write      put the section of one part, with its tables, into the page; others stay as they are
    machine    processor, cores, versions

A section stands between two comments that name its part.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

from minigrad.kernels._vector import REGISTER_BYTES

from .table import Table
from .twins import ROOT

PAGE = ROOT / "docs" / "reference" / "speed.md"

TITLES = {
    "steps": "Training steps",
    "breakdown": "Where a step goes",
    "kernels": "Kernels",
    "inference": "One prediction",
    "busy": "Beside a busy process",
    "memory": "Memory",
    "start": "Start",
    "tape": "What recording costs",
    "operations": "Operations",
}

HEAD = """\
# Speed

Measured beside PyTorch, both in one process and in turns, round by round, so that a slow moment hits
both; memory and start in processes of their own. Warming up and compiling are not counted, except where
the start is what is measured. Before each turn there is a rest of 20 milliseconds, because PyTorch's threads
spin for some ten after their last work and would hold a core that minigrad's next turn needs. Figures are
medians with the quartiles beside them, and no test depends on one. Absolute figures belong to the machine
that is named; ratios hold better elsewhere.

`python -m tests.bench` measures everything and `--write` writes this page. It wants a machine with nothing
else to do and its usual priority: with a lower one, threads that wait for each other are held up, and
PyTorch's figures for two threads become several times what they are. Each section names the command that
measures it alone; behind the part, names choose rows:

```bash
python -m tests.bench steps lenet5 mlp/functional
python -m tests.bench kernels "conv2d 8>16" relu --threads 1 --rounds 5
```
"""


def processor() -> str:
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = next((line.split(":")[1].strip() for line in file if "model name" in line), name)
    except OSError:
        pass
    return name


def machine() -> str:
    """The processor's name, the cores this process may use, its vectors, and every version that matters."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    for title, package in (("Numba", "numba"), ("PyTorch", "torch")):
        try:
            versions.append(f"{title} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            versions.append(f"no {title}")
    system = f"{platform.system()} {platform.machine()}"
    vectors = f"vectors of {8 * REGISTER_BYTES} bits"
    return f"{processor()}, {cores} cores, {vectors}, {system}, {', '.join(versions)}"


def section(part: str, about: str, command: str, tables: Sequence[Table]) -> str:
    body = "\n".join(table.markdown() for table in tables)
    return (
        f"<!-- {part} -->\n\n## {TITLES[part]}\n\n{about}\n\n"
        f"Measured by `{command}` on {machine()}.\n\n{body}\n<!-- end of {part} -->\n"
    )


def write(part: str, about: str, command: str, tables: Sequence[Table], page: Path = PAGE) -> None:
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    found = re.findall(r"(<!-- (\w+) -->\n.*?<!-- end of \2 -->\n)", text, re.DOTALL)
    sections = {name: written for written, name in found}
    sections[part] = section(part, about, command, tables)
    page.write_text("\n".join([HEAD, *(sections[p] for p in TITLES if p in sections)]), encoding="utf-8")
