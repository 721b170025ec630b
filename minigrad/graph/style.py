"""Colours and the style sheet: one place for both renderers.

Roles differ by shape as well as by colour (Okabe and Ito, Color Universal Design, 2008), and
every text stands on its fill at a contrast of 4.5 or more in both themes; a test computes it.

Tests: tests/graph/test_style_and_quoting.py.
"""

from __future__ import annotations

# theme -> role -> (fill, stroke, text)
COLOURS = {
    "light": {
        "op": ("#ffffff", "#5b6670", "#1c2328"),
        "loss": ("#fdf0d9", "#b45f06", "#4a2a00"),
        "parameter": ("#e3f0fa", "#0072b2", "#0b3350"),
        "input": ("#e0f4ec", "#008f66", "#06402e"),
        "frozen": ("#f1f2f3", "#868e94", "#4b5258"),
        "fold": ("#f4eff8", "#8a5a9e", "#3c2247"),
        "failed": ("#fde8e0", "#c93c00", "#5c1a00"),
        "frame": ("none", "#b9c1c7", "#4b5660"),
        "page": ("#ffffff", "#5b6670", "#1c2328"),
    },
    "dark": {
        "op": ("#232a30", "#8b98a3", "#e8edf1"),
        "loss": ("#3d2c10", "#e69f00", "#ffe2ae"),
        "parameter": ("#10293c", "#56b4e9", "#cfe9fb"),
        "input": ("#0d3327", "#2bc499", "#c5f2e3"),
        "frozen": ("#2a2e32", "#7c858c", "#b4bcc3"),
        "fold": ("#31243a", "#cc9ee0", "#eddcf5"),
        "failed": ("#451a0c", "#ff7f4d", "#ffd9ca"),
        "frame": ("none", "#4a545c", "#a9b4bd"),
        "page": ("#171b1f", "#8b98a3", "#e8edf1"),
    },
}
BAD = "#d55e00"
HEAT = {
    "light": ("#f7f7f7", "#fde3cf", "#fbc49d", "#f7a36c", "#f08a4b"),
    "dark": ("#232a30", "#43301f", "#5e3b1c", "#7a4718", "#965414"),
}
SHAPE = ":is(rect,path,ellipse,polygon,polyline)"
MEANING = {
    "op": "op",
    "loss": "result",
    "parameter": "parameter",
    "input": "input",
    "frozen": "takes no gradient",
    "fold": "several ops",
    "failed": "failed here",
}


def _values(theme: str, roles: list[str]) -> str:
    """The theme as custom properties, such as ``--op-f`` for the fill of an op."""
    found = [
        f"--{role}-{kind}:{colour}" for role in roles for kind, colour in zip("fst", COLOURS[theme][role])
    ]
    return ";".join(found + [f"--h{i}:{c}" for i, c in enumerate(HEAT[theme])])


def _paint(what: str, theme: str, role: str, kind: str) -> str:
    """The colour itself for programs that know no custom properties, then the property."""
    colour = COLOURS[theme][role]["fst".index(kind)]
    return f"{what}:{colour};{what}:var(--{role}-{kind},{colour})"


def style_sheet(scope: str, theme: str, roles: list[str]) -> str:
    """CSS for one picture, scoped by its class; "auto" follows the host page, then the system."""
    roles = [*roles, "frame", "page"]
    base = "dark" if theme == "dark" else "light"
    s = f".{scope}"
    rules = [
        f"{s} text{{font:12px Helvetica,Arial,sans-serif;stroke:none}}{s} .name{{font-weight:600}}",
        f"{s} .frozen{{stroke-dasharray:4 3}}{s} .edge path{{stroke-width:1.3}}",
    ]
    for role in roles[:-1]:
        rules.append(
            f"{s} .{role} {SHAPE}{{{_paint('fill', base, role, 'f')};{_paint('stroke', base, role, 's')}}}"
        )
        rules.append(f"{s} .{role} text{{{_paint('fill', base, role, 't')};stroke:none}}")
    rules.append(f"{s} .edge :is(path,polygon){{{_paint('stroke', base, 'page', 's')};fill:none}}")
    rules.append(f"{s} .edge :is(.head,polygon){{{_paint('fill', base, 'page', 's')}}}")
    rules.append(f"{s} .edge text,{s} .note{{{_paint('fill', base, 'page', 't')};stroke:none}}")
    # A title that an arrow runs through stays readable: a rim in the colour of the page.
    rim = f"stroke-width:4px;paint-order:stroke;{_paint('stroke', base, 'page', 'f')}"
    rules.append(f"{s} .label{{{_paint('fill', base, 'frame', 't')};{rim}}}")
    rules.append(f"{s}>.page{{{_paint('fill', base, 'page', 'f')}}}")
    rules += [f"{s} .h{i} {SHAPE}{{fill:{c};fill:var(--h{i},{c})}}" for i, c in enumerate(HEAT[base])]
    rules.append(f"{s} :is(.h0,.h1,.h2,.h3,.h4) text{{{_paint('fill', base, 'page', 't')}}}")
    rules.append(f"{s} .bad {SHAPE}{{stroke:{BAD};stroke-width:3.5}}")
    if theme == "auto":
        dark_hosts = ('[data-jp-theme-light="false"]', ".vscode-dark", '[data-theme="dark"]')
        light_hosts = ('[data-jp-theme-light="true"]', ".vscode-light", '[data-theme="light"]')
        dark = _values("dark", roles)
        not_light = f"{s}:not(:is({','.join(light_hosts)}) *)"
        rules.append(f":is({','.join(dark_hosts)}) {s}{{{dark}}}")
        rules.append(f"@media (prefers-color-scheme:dark){{{not_light}{{{dark}}}}}")
    return "".join(rules)
