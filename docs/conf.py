"""How Sphinx builds these pages: ``sphinx-build -W docs docs/_build``.

Nothing is fetched while building or while reading: formulas become MathML, and the reference is
taken from the docstrings by the directive ``public``, so that it needs no list of its own.
"""

import argparse
import html
import importlib
import os
import re
import shutil
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util.docutils import SphinxDirective

import minigrad
from minigrad.cli.parser import make_parser

project = "minigrad"
author = "The minigrad authors"
copyright = "The minigrad authors"  # MIT
version = release = minigrad.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "jupyter_execute", "**/.ipynb_checkpoints"]
root_doc = "index"
suppress_warnings = ["mystnb.unknown_mime_type"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the outputs in notebooks/ are what the pages show
html_math_renderer = "mathml"

autodoc_typehints = "none"
autodoc_member_order = "bysource"
add_module_names = True
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "minigrad"
html_static_path = ["_static"]
html_css_files = ["minigrad.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"


# ------------------------------------------------ formulas


def inline_formula(translator, node):
    translator.body.append(convert(node.astext(), display="inline"))
    raise nodes.SkipNode


def block_formula(translator, node):
    formula = convert(node.astext(), display="block")
    translator.body.append(f'<div class="formula">{formula}</div>')
    raise nodes.SkipNode


# ------------------------------------------------ pictures


def inline_graphs(app, doctree, docname):
    """Graphs stand in the page itself: as an <img> they would not see that its theme was switched."""
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        path = Path(app.srcdir) / image["uri"]
        if path.suffix == ".svg":
            label = f'aria-label="{html.escape(image.get("alt", ""))}"'
            svg = path.read_text(encoding="utf-8").replace('role="img"', f'role="img" {label}', 1)
            image.replace_self(nodes.raw("", f'<div class="graph">{svg}</div>', format="html"))


# ------------------------------------------------ docstrings

NEW_PARAGRAPH = re.compile(r"(Shapes?|Raises|Source|Needs|Attributes)\b.*")
CODE = re.compile(r"(``.+?``)")


def plain_docstring(app, what, name, obj, options, lines):
    """Our docstrings are plain text: keep their tables and quote what reST would read as markup."""
    found = []
    for block in "\n".join(lines).strip("\n").split("\n\n"):
        rows = block.split("\n")
        if rows[0].lstrip().startswith(">>>"):
            found += rows
        elif any(row.startswith(" ") or "   " in row for row in rows):
            table = next(i for i, row in enumerate(rows) if row.startswith(" ") or "   " in row)
            found += paragraph(rows[:table])
            found += ["", ".. code-block:: text", ""]
            found += ["   " + row.replace("``", "") for row in rows[table:]]
        else:
            found += paragraph(rows)
        found.append("")
    lines[:] = found


def paragraph(rows):
    found = []
    for row in rows:
        if found and NEW_PARAGRAPH.match(row):
            found.append("")
        found.append(row)
    text = CODE.split("\n".join(found))
    return "".join(
        part if i % 2 else re.sub(r"([*|_`\\])", r"\\\1", part) for i, part in enumerate(text)
    ).split("\n")


# ------------------------------------------------ the reference


class Public(SphinxDirective):
    """The public names of a module as a reference: ``public:: module``, option ``as``.

    Everything in ``__all__`` (or, without one, what the module defines itself), functions and
    classes, under the name by which users know it: ``as`` is the package that exports it.
    """

    required_arguments = 1
    option_spec = {"as": str, "only": str, "members": str}  # noqa: RUF012

    def run(self):
        module = importlib.import_module(self.arguments[0])
        package = self.options.get("as", module.__name__)
        names = self.options["only"].split() if "only" in self.options else public_names(module)
        home = importlib.import_module(package)
        lines = []
        for name in names:
            target = getattr(home, name, None)
            if isinstance(target, type) and target.__module__.startswith("numpy"):
                lines += [f".. py:class:: {package}.{name}", "", "   NumPy's own error class."]
            elif isinstance(target, type):
                lines += [f".. autoclass:: {package}.{name}"]
                lines += ["   :members:"] if "members" in self.options else []
            elif callable(target):
                lines += [f".. autofunction:: {package}.{name}"]
            lines.append("")
        return self.parse_text_to_nodes("\n".join(["```{eval-rst}", *lines, "```"]))


PUBLIC = re.compile(r"^```{public} (\S+)\n:as: minigrad\n(?::only: (.*)\n)?", re.MULTILINE)


class MoreFunctions(SphinxDirective):
    """The names of ``minigrad`` that no page of the reference has named."""

    def run(self):
        named = {"dtype", "Tensor"}
        for page in (Path(self.env.srcdir) / "reference").glob("*.md"):
            for module, only in PUBLIC.findall(page.read_text(encoding="utf-8")):
                named |= set(only.split() or public_names(importlib.import_module(module)))
        rest = [n for n in dir(minigrad) if n[0] != "_" and callable(getattr(minigrad, n)) and n not in named]
        lines = ["```{public} minigrad", f":only: {' '.join(rest)}", "```"] if rest else []
        return self.parse_text_to_nodes("\n".join(lines))


class Methods(SphinxDirective):
    """The methods of Tensor, one list a subject, as they stand in minigrad/methods/.

    A method that is also a function of ``minigrad`` leads to it; the others are described here.
    """

    def run(self):
        lines, seen = [], set()
        for mixin in (*minigrad.methods.METHODS, minigrad.Tensor):
            own = sorted(n for n, value in vars(mixin).items() if n[0] != "_" and callable(value))
            shared = [n for n in own if callable(getattr(minigrad, n, None))]
            described = [n for n in own if n not in shared and getattr(vars(mixin)[n], "__doc__", None)]
            if not own:
                continue
            lines += [f".. rubric:: {mixin.__name__.removesuffix('Methods')}", ""]
            names = [f":py:func:`{n} <minigrad.{n}>`" for n in shared]
            names += [f"``{n}``" for n in own if n not in shared and n not in described]
            lines += [", ".join(names), ""]
            for name in described:
                if name not in seen:  # a method may stand in two mixins
                    seen.add(name)
                    lines += [f".. automethod:: minigrad.Tensor.{name}", ""]
        return self.parse_text_to_nodes("\n".join(["```{eval-rst}", *lines, "```"]))


class CommandLine(SphinxDirective):
    """The help texts of the command ``minigrad`` and of each of its commands."""

    def run(self):
        os.environ["COLUMNS"] = "90"
        parser = make_parser()
        commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
        found = [nodes.literal_block("", parser.format_help(), language="text")]
        for name, command in commands.choices.items():
            found.append(nodes.rubric(text=f"minigrad {name}"))
            found.append(nodes.literal_block("", command.format_help(), language="text"))
        return found


def public_names(module):
    listed = getattr(module, "__all__", None)
    if listed is None:
        listed = [
            name
            for name, value in vars(module).items()
            if name[0] != "_" and callable(value) and value.__module__.startswith(module.__name__)
        ]
    return listed


def remove_copies(app, exception):
    """myst-nb leaves copies of the notebooks beside the output folder, even without running them."""
    shutil.rmtree(Path(app.outdir).parent / "jupyter_execute", ignore_errors=True)


def setup(app):
    app.add_html_math_renderer("mathml", (inline_formula, None), (block_formula, None))
    app.connect("autodoc-process-docstring", plain_docstring)
    app.connect("doctree-resolved", inline_graphs)
    app.connect("build-finished", remove_copies)
    app.add_directive("public", Public)
    app.add_directive("more-functions", MoreFunctions)
    app.add_directive("tensor-methods", Methods)
    app.add_directive("command-line", CommandLine)
