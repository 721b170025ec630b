"""The promises of the picture, on graphs small enough to count by hand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.graph.build import collect
from minigrad.graph.graphviz import has_dot
from minigrad.graph.layout import place
from minigrad.models import LeNet5
from minigrad.nn import functional as F

SVG = "{http://www.w3.org/2000/svg}"
needs_dot = pytest.mark.skipif(not has_dot(), reason="the program dot is not installed")


def nodes_of(svg: str) -> list[ET.Element]:
    return [g for g in ET.fromstring(svg).iter(f"{SVG}g") if (g.get("class") or "").startswith("node ")]


def lenet_loss(backward=False):
    model = LeNet5()
    x, y = mg.randn(2, 1, 28, 28), mg.tensor([3, 7])
    loss = F.cross_entropy(model(x), y)
    if backward:
        loss.backward()
    return model, loss


def test_without_dot_on_the_path_svg_and_html_come_out(monkeypatch):
    monkeypatch.setenv("PATH", "")
    _, loss = lenet_loss()
    graph = mg.draw(loss)
    assert graph.svg() == graph.svg("own")
    assert len(nodes_of(graph.svg())) == len(graph.picture.boxes)
    page = ET.fromstring(graph.html())
    assert page.tag == "div"
    with pytest.raises(RuntimeError, match="apt install graphviz"):
        graph.svg("dot")


def shown(svg: str) -> list:
    """What a reader sees and hovers over, wherever it stands."""
    texts = [["".join(t.itertext()) for t in node if t.tag != f"{SVG}path"] for node in nodes_of(svg)]
    return [(node.get("class"), text) for node, text in zip(nodes_of(svg), texts)]


@needs_dot
@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("rankdir", ["TB", "LR"])
def test_with_dot_graphviz_places_the_same_picture(rankdir, direction):
    model, loss = lenet_loss(backward=True)
    graph = mg.draw(loss, model, rankdir=rankdir, direction=direction)
    assert graph.svg() == graph.svg("dot") != graph.svg("own")
    assert shown(graph.svg("dot")) == shown(graph.svg("own"))
    for kind in ("edge", "frame"):
        counts = [graph.svg(engine).count(f'<g class="{kind}"') for engine in ("own", "dot")]
        assert counts[0] == counts[1] > 0


@needs_dot
def test_a_picture_too_large_to_wait_for_is_laid_out_here():
    y = mg.tensor([1.0], requires_grad=True)
    for _ in range(50):
        y = y.exp().log()
    graph = mg.draw(y)
    assert len(graph.picture.boxes) == 101
    assert graph.svg() == graph.svg("own")


@needs_dot
def test_an_unrolled_recurrent_net_is_laid_out_here_with_one_lane_for_each_weight():
    cell, h = nn.Linear(3, 3), mg.ones(2, 3)
    for _ in range(5):
        h = mg.tanh(cell(h))
    graph = mg.draw(h)
    assert graph.svg() == graph.svg("own")
    layout = place(graph.picture)
    for name in ("weight", "bias"):
        leaf = next(b.id for b in graph.picture.boxes if b.name == name)
        around = [line.points[1][0] for line in layout.lines if line.source == leaf and len(line.points) == 4]
        assert len({*around[1:]}) == 1


def test_an_unknown_engine_is_refused():
    with pytest.raises(ValueError, match="'auto', 'own' or 'dot'"):
        mg.draw(mg.ones(1, requires_grad=True) * 2).svg("neato")


def test_the_dot_source_has_the_same_bytes_whatever_the_hash_seed():
    code = (
        "import minigrad as mg; from minigrad import nn; mg.manual_seed(0)\n"
        "m = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)); x = mg.ones(2, 3)\n"
        "print(mg.draw(m(x).sum(), m).dot)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


def test_lenet_has_the_boxes_arrows_and_frames_counted_by_hand():
    model, loss = lenet_loss(backward=True)
    picture = mg.draw(loss, model).picture
    ops = [b for b in picture.boxes if b.is_op]
    # 2 x (conv, relu, pool), flatten, 2 x (linear, relu), linear, cross-entropy
    assert len(ops) == 13
    parameters = [b for b in picture.boxes if b.role == "parameter"]
    assert {b.name for b in parameters} == {name for name, _ in model.named_parameters()}
    assert [b.name for b in picture.boxes if b.role == "input"] == ["input", "target"]
    # Each op but the first takes one op; 10 parameters; two inputs.
    assert sum(a.times for a in picture.arrows) == 12 + 10 + 2
    # Two convolutions and three linear layers; a lone relu or pool needs no frame.
    assert [f.path for f in picture.frames] == ["conv1", "conv2", "fc1", "fc2", "fc3"]
    for box in parameters:
        p = dict(model.named_parameters())[box.name]
        shown = float(re.search(r"\|g\| (\S+)", box.lines[1]).group(1))
        assert shown == pytest.approx(float(np.linalg.norm(p.grad.numpy())), rel=5e-4)


def test_a_tensor_times_itself_shows_two_arrows():
    a = mg.tensor([2.0], requires_grad=True)
    picture = mg.draw(a * a).picture
    assert [(a.source, a.times) for a in picture.arrows] == [("p1", 2)]
    assert ">x2<" in mg.draw(a * a).svg("own")


def test_a_tensor_that_two_modules_share_shows_once():
    first, second = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
    second.weight = first.weight
    model = nn.Sequential(first, second)
    picture = mg.draw(model(mg.ones(1, 3)).sum(), model).picture
    assert [b.name for b in picture.boxes if b.role == "parameter"] == ["0.weight"]


def test_the_inputs_of_a_convolution_stand_in_the_order_of_its_arguments():
    conv = nn.Conv2d(1, 2, 3)
    x = mg.ones(1, 1, 5, 5)
    assert mg.draw(conv(x), conv).picture.boxes[-1].inputs == ["x", "weight", "bias"]


def test_drawing_changes_nothing():
    def train(draw):
        mg.manual_seed(0)
        model, optimizer = LeNet5(), None
        optimizer = mg.optim.SGD(model.parameters(), lr=0.1)
        x, y = mg.randn(2, 1, 28, 28), mg.tensor([3, 7])
        found = []
        for _ in range(2):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            if draw:
                mg.draw(loss, model).html()
            loss.backward()
            if draw:
                mg.draw(loss, model).svg("own")
            optimizer.step()
            found += [loss.item(), mg.rand(1).item()]
        return found + [p.detach().numpy().tobytes() for p in model.parameters()]

    assert train(draw=False) == train(draw=True)


def test_it_works_before_and_after_backward_and_when_intermediates_are_gone():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    h = x * x
    loss = h.sum()
    before = mg.draw(loss).text()
    del h
    assert mg.draw(loss).text() == before
    loss.backward()
    assert "(after backward)" in mg.draw(loss).text()


def test_under_no_grad_there_is_one_box_and_a_sentence_why():
    x = mg.tensor([1.0], requires_grad=True)
    with mg.no_grad():
        y = x * 2
    graph = mg.draw(y)
    assert len(graph.picture.boxes) == 1
    assert "no_grad" in graph.text()
    svg = graph.svg()
    notes = re.findall(r'<text class="note"[^>]*>([^<]*)', svg)
    assert " ".join(notes).endswith(graph.picture.note)
    assert max(map(len, notes)) * 6.6 < float(ET.fromstring(svg).get("width"))  # none is cut off


@pytest.mark.parametrize("kind", ["chain", "pattern", "diamond", "parameters"])
def test_huge_graphs_are_folded_and_the_title_says_so(kind):
    x = mg.tensor([1.0], requires_grad=True)
    y = x
    if kind == "chain":
        for _ in range(10_000):
            y = y + 1.0
    elif kind == "pattern":
        for _ in range(5_000):
            y = (y * 1.0) + 1.0
    elif kind == "diamond":
        for _ in range(1_000):
            y = y + y
    else:
        for _ in range(2_000):
            y = y * mg.tensor([1.0], requires_grad=True)
    calls = []
    sys.setprofile(lambda *event: calls.append(1))
    try:
        graph = mg.draw(y)
    finally:
        sys.setprofile(None)
    assert len(graph.picture.boxes) <= 300
    assert "folded" in graph.picture.title
    assert len(nodes_of(graph.svg())) == len(graph.picture.boxes)
    # The work grows with the ops, not with their pairs (10^8) or the paths through them (2^1000).
    assert len(calls) < 1_000 * len(collect([y]))


def test_a_failed_forward_shows_what_ran_and_the_op_that_failed():
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(5, 2))
    with pytest.raises(mg.ShapeError) as caught:
        model(mg.ones(2, 4))
    graph = mg.draw(caught.value, model)
    ops = [b for b in graph.picture.boxes if b.is_op]
    assert [b.role for b in ops] == ["op", "op", "failed"]
    assert ops[-1].name == "linear"
    assert "2x3" in ops[-1].shape
    assert "2x5" in ops[-1].shape
    assert "failed" in graph.text()


def test_an_exception_without_operations_is_refused():
    with pytest.raises(ValueError, match="failed forward"):
        mg.draw(ValueError("no"))


def test_the_notebook_bundle_is_small_and_stands_alone():
    model, loss = lenet_loss(backward=True)
    bundle = mg.draw(loss, model)._repr_mimebundle_()
    assert len(bundle["text/plain"].splitlines()) <= 40
    assert len(bundle["text/html"].encode()) <= 30_000
    for form in ("own", "dot") if has_dot() else ("own",):
        svg = mg.draw(loss, model).svg(form)
        assert "<script" not in svg
        assert set(re.findall(r"https?://[^\"' )<]+", svg)) <= {"http://www.w3.org/2000/svg"}
        assert not re.search(r"\sid=", svg)


def test_a_module_with_an_example_input_is_run_and_left_as_it_was():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    state = mg.get_rng_state()
    graph = mg.draw(model, mg.ones(1, 2))
    assert mg.equal(mg.get_rng_state(), state)
    assert [b.name for b in graph.picture.boxes if b.is_op] == ["linear", "dropout"]
    with pytest.raises(TypeError, match="example input"):
        mg.draw(model)


def test_names_and_layers_stand_on_a_picture_drawn_without_the_model():
    net, loss = lenet_loss()
    assert mg.draw(loss).to_dict() == mg.draw(loss, net).to_dict()
    assert mg.draw(loss).picture.frames[0].title == "conv1: Conv2d(1, 6, 5, padding=2)"


def test_deep_modules_become_one_box():
    block = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    model = nn.Sequential(nn.Sequential(nn.Sequential(block, block)))
    out = model(mg.ones(1, 2))
    assert len([b for b in mg.draw(out, model, depth=1).picture.boxes if b.is_op]) == 1
    assert len([b for b in mg.draw(out, model, depth=5).picture.boxes if b.is_op]) == 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"direction": "up"}, "'forward', 'backward'"),
        ({"theme": "neon"}, "'auto', 'light', 'dark'"),
        ({"rankdir": "BT"}, "'TB', 'LR'"),
        ({"color_by": "mood"}, "'grad', 'time', 'bytes'"),
        ({"depth": -1}, "integer >= 0"),
        ({"max_nodes": 3}, "integer >= 10"),
    ],
)
def test_a_wrong_option_names_the_right_ones(options, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        mg.draw(mg.ones(1, requires_grad=True) * 2, **options)


def test_a_thing_that_cannot_be_drawn_is_refused():
    with pytest.raises(TypeError, match="draw got str"):
        mg.draw("loss")


@pytest.mark.parametrize("suffix", ["svg", "html", "dot", "gv", "mmd", "txt"])
def test_save_picks_the_format_by_the_suffix(tmp_path, suffix):
    target = tmp_path / f"graph.{suffix}"
    assert mg.draw(mg.ones(1, requires_grad=True) * 2).save(target) == target
    assert target.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [target]


@needs_dot
@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_save_writes_png_and_pdf_with_graphviz(tmp_path, suffix, magic):
    target = mg.draw(mg.ones(1, requires_grad=True) * 2).save(tmp_path / f"graph.{suffix}")
    assert target.read_bytes().startswith(magic)


def test_png_without_graphviz_gives_the_install_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match="apt install graphviz"):
        mg.draw(mg.ones(1, requires_grad=True) * 2).save(tmp_path / "graph.png")
    assert list(tmp_path.iterdir()) == []


def test_save_refuses_an_unknown_suffix(tmp_path):
    with pytest.raises(ValueError, match=r"\.svg"):
        mg.draw(mg.ones(1, requires_grad=True) * 2).save(tmp_path / "graph.jpeg")


def test_the_backward_view_turns_the_arrows():
    loss = (mg.ones(2, requires_grad=True) * 2).sum()
    forward, backward = mg.draw(loss).svg("own"), mg.draw(loss, direction="backward").svg("own")
    assert forward != backward
    assert "dir=back" in mg.draw(loss, direction="backward").dot


def test_the_backward_view_sends_no_arrow_to_what_takes_no_gradient():
    model, loss = lenet_loss(backward=True)
    graph = mg.draw(loss, model, direction="backward")
    heads = [graph.svg(engine).count('class="head"') for engine in ("own", "auto")]
    # 12 from op to op, 10 to parameters; none to the images and the labels.
    assert heads == [22, 22]
    assert graph.dot.count("dir=none, style=dashed") == 2


def test_left_to_right_is_wider_than_high():
    model, loss = lenet_loss()
    root = ET.fromstring(mg.draw(loss, model, rankdir="LR").svg("own"))
    assert float(root.get("width")) > float(root.get("height"))
