"""The pages build without a warning, and need nothing from outside to be read."""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad

DOCS = Path(__file__).parents[2] / "docs"
NEEDED = ("sphinx", "furo", "myst_nb", "latex2mathml")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"the extra docs is not installed: {', '.join(missing)}")
    target = tmp_path_factory.mktemp("pages")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(target / "trees")]
    ran = subprocess.run([*command, str(DOCS), str(target / "html")], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return target / "html"


def test_the_pages_build_without_a_warning(built):
    for name in ("index", "tutorials/first-gradient", "reference/functions", "notebooks/01-gradients"):
        assert (built / f"{name}.html").is_file()


def test_every_public_function_and_class_stands_in_the_reference(built):
    described = set()
    for page in (built / "reference").glob("*.html"):
        described |= set(re.findall(r'<dt class="sig[^>]* id="minigrad\.([\w.]+)"', page.read_text("utf-8")))
    wanted = {n for n in dir(minigrad) if n[0] != "_" and callable(getattr(minigrad, n))} - {"dtype"}
    for name in (
        "nn",
        "optim",
        "linalg",
        "special",
        "nn.functional",
        "nn.init",
        "optim.lr_scheduler",
        "utils.data",
        "datasets",
    ):
        module = importlib.import_module(f"minigrad.{name}")
        public = getattr(module, "__all__", None) or [
            n for n, v in vars(module).items() if isinstance(v, type)
        ]
        wanted |= {f"{name}.{n}" for n in public if callable(getattr(module, n))}
    assert sorted(wanted - described) == []


def test_formulas_are_mathml_and_no_page_loads_a_script_from_elsewhere(built):
    page = (built / "explanation/fused-kernels.html").read_text(encoding="utf-8")
    assert page.count("<math ") > 40
    for path in built.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|link)[^>]*(?:src|href)="(https?://[^"]+)', path.read_text("utf-8")
        )
        assert not loaded, f"{path.name} loads {loaded}"
