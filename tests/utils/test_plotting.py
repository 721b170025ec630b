"""Pictures: made without a display, with the right things in them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import MissingExtra, ShapeError
from minigrad.utils.training import History

pytest.importorskip("matplotlib")

from minigrad.plotting import plot_confusion, plot_filters, plot_history, plot_images, save_figure

PNG = b"\x89PNG\r\n"


@pytest.fixture
def history():
    history = History()
    for i in range(1, 4):
        row = {"epoch": i, "loss": 1 / i, "accuracy": 1 - 0.1 / i, "val_loss": 1.2 / i, "val_accuracy": 0.9}
        history.append({**row, "lr": 0.1, "seconds": 1.0})
    return history


def test_a_history_has_its_losses_on_the_left_and_accuracies_on_the_right(history):
    left, right = plot_history(history).axes
    assert (left.get_xlabel(), left.get_ylabel(), right.get_ylabel()) == ("epoch", "loss", "accuracy")
    assert [line.get_ydata().tolist() for line in left.lines] == [history["loss"], history["val_loss"]]
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["train", "val"]


def test_a_history_of_losses_alone_is_one_plot():
    history = History()
    history.append({"epoch": 1, "loss": 2.0})
    assert len(plot_history(history).axes) == 1


def test_other_metrics_keep_their_names(history):
    for row in history.rows:
        row["error"] = 0.5
    labels = plot_history(history).axes[1].get_legend().get_texts()
    assert [text.get_text() for text in labels] == ["accuracy", "val_accuracy", "error"]


def test_a_history_plots_and_saves_itself(history, tmp_path):
    figure = history.plot(tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes().startswith(PNG)
    assert figure._repr_png_().startswith(PNG)
    save_figure(figure, tmp_path / "loss.svg")
    assert b"<svg" in (tmp_path / "loss.svg").read_bytes()


def test_the_confusion_matrix_shows_every_count_but_zero():
    ax = plot_confusion([[5, 1], [0, 4]], ["cat", "dog"]).axes[0]
    assert sorted(text.get_text() for text in ax.texts) == ["1", "4", "5"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["cat", "dog"]
    assert ax.get_title() == "9 of 10 right"


def test_filters_share_one_symmetric_scale():
    weight = np.random.default_rng(0).normal(size=(6, 3, 5, 5))
    figure = plot_filters(mg.tensor(weight, requires_grad=True))
    pictures = [ax.images[0] for ax in figure.axes if ax.images]
    assert len(pictures) == 6
    assert len({p.get_clim() for p in pictures}) == 1
    low, high = pictures[0].get_clim()
    assert low == -high
    np.testing.assert_array_equal(pictures[2].get_array(), weight[2, 0])


def test_rows_of_a_linear_layer_are_read_as_pictures():
    figure = plot_filters(np.ones((100, 784)), limit=20)
    pictures = [ax.images[0] for ax in figure.axes if ax.images]
    assert len(pictures) == 20
    assert pictures[0].get_array().shape == (28, 28)


def test_images_are_titled_with_their_answers():
    figure = plot_images(mg.zeros(3, 1, 8, 8), mg.tensor([1, 2, 3]), mg.tensor([1, 7, 3]))
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["1", "2 \N{RIGHTWARDS ARROW} 7", "3"]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: plot_history(History()), ValueError, "at least one finished epoch"),
        (lambda: plot_confusion(np.zeros((2, 3))), ShapeError, r"\(2, 3\)"),
        (lambda: plot_filters(np.zeros((2, 3))), ShapeError, r"\(2, 3\)"),
        (lambda: plot_images(np.zeros((2, 3, 4, 4))), ShapeError, r"\(N, H, W\)"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_without_matplotlib_the_command_that_installs_it_is_named(monkeypatch, history):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"'matplotlib'.*pip install matplotlib .*\[train\]"):
        plot_history(history)


def test_pyplot_stays_out_of_it():
    program = (
        "import sys, numpy as np; from minigrad.plotting import plot_confusion; "
        "plot_confusion(np.eye(2, dtype=int))._repr_png_(); print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
