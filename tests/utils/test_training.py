"""fit, evaluate, predict: what is recorded, what callbacks may do, what an interrupt keeps."""

from __future__ import annotations

import io
import signal
import sys
import types

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.utils.data import DataLoader, TensorDataset
from minigrad.utils.progress import Progress
from minigrad.utils.training import Callback, Checkpoint, EarlyStopping, History, evaluate, fit, predict


@pytest.fixture
def data():
    """Two clouds of points, one per class."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 60)
    x = (random.normal(size=(60, 2)) + 3 * y[:, None] - 1.5).astype(np.float32)
    return TensorDataset(mg.from_numpy(x), mg.from_numpy(y))


def setup(data, lr=0.1, batch_size=16):
    model = nn.Linear(2, 2)
    return model, DataLoader(data, batch_size, shuffle=True), optim.SGD(model.parameters(), lr=lr)


def test_training_lowers_the_loss_and_records_a_row_per_epoch(data):
    model, loader, optimizer = setup(data)
    history = fit(model, loader, optimizer, epochs=5, validation=DataLoader(data, 60), verbose=0)
    assert history.columns == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr", "seconds"]
    assert history["epoch"] == [1, 2, 3, 4, 5]
    assert history["val_loss"][-1] < history["val_loss"][0]
    assert history["val_accuracy"][-1] > 0.95
    assert history["lr"] == [0.1] * 5
    assert not history.interrupted


def test_means_count_every_sample_once_although_the_last_batch_is_short(data):
    model, _, _ = setup(data)
    whole = evaluate(model, DataLoader(data, 60))
    parts = evaluate(model, DataLoader(data, 7))
    assert parts["loss"] == pytest.approx(whole["loss"], rel=1e-6)
    assert parts["accuracy"] == whole["accuracy"]


def test_training_metrics_are_those_of_the_batches_as_they_were_trained_on(data):
    model, _, optimizer = setup(data, lr=0.0)
    history = fit(model, DataLoader(data, 7), optimizer, verbose=0)
    assert history["loss"][0] == pytest.approx(evaluate(model, DataLoader(data, 60))["loss"], rel=1e-6)


def test_a_step_is_the_step_written_by_hand(data):
    model, _, optimizer = setup(data)
    twin = nn.Linear(2, 2)
    twin.load_state_dict(model.state_dict())
    fit(model, DataLoader(data, 20), optimizer, nn.CrossEntropyLoss(), epochs=2, verbose=0)
    by_hand = optim.SGD(twin.parameters(), lr=0.1)
    for _ in range(2):
        for x, y in DataLoader(data, 20):
            by_hand.zero_grad()
            nn.functional.cross_entropy(twin(x), y).backward()
            by_hand.step()
    np.testing.assert_array_equal(model.weight.detach().numpy(), twin.weight.detach().numpy())


@pytest.mark.parametrize("batch_size", [16, 25])  # the last batch is short
def test_a_replayed_run_has_the_same_bits(data, batch_size):
    found = []
    for compile in (False, True):
        mg.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))
        loader = DataLoader(data, batch_size, shuffle=True)
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
        history = fit(
            model, loader, optimizer, epochs=5, validation=DataLoader(data, 60), scheduler=schedule,
            scheduler_step="batch", verbose=0, compile=compile,
        )  # fmt: skip
        state = [t.numpy().tobytes() for t in model.state_dict().values()]
        found.append((history["loss"], history["accuracy"], history["val_loss"], state))
    assert found[0] == found[1]


def test_regression_has_no_accuracy_unless_metrics_are_given(data):
    x = data.tensors[0]
    loader = DataLoader(TensorDataset(x, x[:, :1]), 20)
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.05)
    assert "accuracy" not in fit(model, loader, optimizer, nn.MSELoss(), verbose=0).columns
    largest = {"largest": lambda output, target: abs(output.detach().numpy() - target.numpy()).max()}
    history = fit(model, loader, optimizer, nn.MSELoss(), metrics=largest, verbose=0)
    assert history.columns == ["epoch", "loss", "largest", "lr", "seconds"]


def test_several_held_out_sets_have_columns_of_their_own(data):
    model, loader, optimizer = setup(data)
    parts = {"near": DataLoader(data, 60), "far": DataLoader(data, 60)}
    history = fit(model, loader, optimizer, validation=parts, verbose=0)
    assert {"near_loss", "near_accuracy", "far_loss", "far_accuracy"} < set(history.columns)


def test_modes_are_set_and_put_back(data):
    seen = []

    class Watching(nn.Linear):
        def forward(self, x):
            seen.append((self.training, mg.is_grad_enabled()))
            return super().forward(x)

    model = nn.Sequential(Watching(2, 2), nn.Dropout(0.5))
    model[1].eval()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loader = DataLoader(data, 60)
    fit(model, loader, optimizer, validation=loader, verbose=0)
    predict(model, loader)
    assert seen == [(True, True), (False, False), (False, False)]
    assert model.training
    assert not model[1].training


def test_a_scheduler_steps_after_epochs_or_batches(data):
    class Counting:
        steps = 0

        def step(self):
            self.steps += 1

    for when, expected in (("epoch", 3), ("batch", 12)):
        model, loader, optimizer = setup(data)
        scheduler = Counting()
        fit(model, loader, optimizer, epochs=3, scheduler=scheduler, scheduler_step=when, verbose=0)
        assert scheduler.steps == expected


def test_predictions_come_with_their_targets(data):
    model, _, _ = setup(data)
    outputs, targets = predict(model, DataLoader(data, 7))
    assert outputs.shape == (60, 2)
    np.testing.assert_array_equal(targets.numpy(), data.tensors[1].numpy())
    with mg.no_grad():
        np.testing.assert_allclose(outputs.numpy(), model(data.tensors[0]).numpy(), rtol=1e-5, atol=1e-6)


def test_callbacks_are_called_in_order(data):
    calls = []

    class Watching(Callback):
        def on_train_begin(self, run):
            calls.append("begin")

        def on_batch_end(self, run):
            calls.append(f"batch {run.epoch}.{run.batch}")

        def on_epoch_end(self, run):
            calls.append(f"epoch {run.epoch}, {len(run.history)} rows")

        def on_train_end(self, run):
            calls.append("end")

    model, loader, optimizer = setup(data, batch_size=30)
    fit(model, loader, optimizer, epochs=2, callbacks=[Watching(), Callback()], verbose=0)
    assert calls == [
        "begin",
        *("batch 1.1", "batch 1.2", "epoch 1, 1 rows"),
        *("batch 2.1", "batch 2.2", "epoch 2, 2 rows"),
        "end",
    ]


def test_checkpoints_are_written_per_epoch_or_when_something_improved(data, tmp_path):
    model, loader, optimizer = setup(data)
    every = Checkpoint(tmp_path / "epoch-{epoch}.npz")
    best = Checkpoint(tmp_path / "best.npz", monitor="loss")
    fit(model, loader, optimizer, epochs=2, callbacks=[every, best], verbose=0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best.npz", "epoch-1.npz", "epoch-2.npz"]
    state = mg.load(tmp_path / "epoch-2.npz")
    np.testing.assert_array_equal(state["weight"].numpy(), model.weight.detach().numpy())


def test_early_stopping_stops_and_goes_back_to_the_best_state(data):
    model, loader, optimizer = setup(data)
    weights, losses = [], iter([3.0, 1.0, 2.0, 1.5, 0.5])

    class Invented(Callback):
        def on_epoch_end(self, run):
            run.history.rows[-1]["val_loss"] = next(losses)
            weights.append(np.array(run.model.weight.detach().numpy()))

    history = fit(
        model, loader, optimizer, epochs=9, callbacks=[Invented(), EarlyStopping(patience=2)], verbose=0
    )
    assert len(history) == 4
    assert history.stopped == "val_loss did not improve for 2 epochs"
    np.testing.assert_array_equal(model.weight.detach().numpy(), weights[1])


def test_early_stopping_may_watch_for_more_and_keep_the_last_state(data):
    model, loader, optimizer = setup(data)
    values = iter([0.5, 0.505, 0.9, 0.9])

    class Invented(Callback):
        def on_epoch_end(self, run):
            run.history.rows[-1]["score"] = next(values)

    stopping = EarlyStopping("score", patience=1, mode="max", min_delta=0.01, restore_best=False)
    history = fit(model, loader, optimizer, epochs=4, callbacks=[Invented(), stopping], verbose=0)
    assert len(history) == 2
    assert stopping.best_state is None


class PressCtrlC(Callback):
    """Ctrl-C at the given (epoch, batch), as the operating system sends it."""

    def __init__(self, epoch, batch, times=1):
        self.at, self.times = (epoch, batch), times

    def on_batch_end(self, run):
        if (run.epoch, run.batch) == self.at:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


def test_an_interrupt_ends_the_run_after_the_batch_and_keeps_what_there_is(data, capsys):
    model, loader, optimizer = setup(data)
    before = signal.getsignal(signal.SIGINT)
    history = fit(model, loader, optimizer, epochs=5, callbacks=[PressCtrlC(2, 3)], verbose=2)
    assert history.interrupted
    assert len(history) == 1
    assert "interrupted in epoch 2 after 3 batches" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_does_not_wait_for_the_batch(data):
    model, loader, optimizer = setup(data)

    class Never(Callback):
        def on_batch_end(self, run):
            raise AssertionError("reached")

    history = fit(model, loader, optimizer, callbacks=[PressCtrlC(1, 1, times=2), Never()], verbose=0)
    assert history.interrupted


def test_an_interrupt_raised_by_the_program_itself_is_kept_too(data):
    class Interrupting(Callback):
        def on_epoch_end(self, run):
            raise KeyboardInterrupt

    model, loader, optimizer = setup(data)
    history = fit(model, loader, optimizer, epochs=3, callbacks=[Interrupting()], verbose=0)
    assert history.interrupted
    assert len(history) == 1


def test_a_loss_that_is_not_finite_stops_with_its_place(data):
    data.tensors[0].numpy()[25] = np.nan
    model = nn.Linear(2, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(FloatingPointError, match=r"loss nan in epoch 1, batch 2; .*Lower the learning rate"):
        fit(model, DataLoader(data, 20), optimizer, verbose=0)
    assert np.isfinite(model.weight.detach().numpy()).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [({"scheduler_step": "step"}, "'epoch' or 'batch'"), ({"loader": []}, "without batches")],
)
def test_what_does_not_fit_is_refused_in_words(data, options, words):
    model, loader, optimizer = setup(data)
    loader = options.pop("loader", loader)
    with pytest.raises(ValueError, match=words):
        fit(model, loader, optimizer, verbose=0, **options)


def test_monitors_and_empty_loaders_are_checked(data):
    with pytest.raises(ValueError, match="'min' or 'max'"):
        EarlyStopping(mode="best")
    with pytest.raises(ValueError, match="patience=0"):
        EarlyStopping(patience=0)
    with pytest.raises(ValueError, match="without batches"):
        predict(nn.Linear(1, 1), [])
    model, loader, optimizer = setup(data)
    with pytest.raises(KeyError, match="no column 'val_loss'; it has epoch, loss, accuracy"):
        fit(model, loader, optimizer, callbacks=[EarlyStopping()], verbose=0)


def test_progress_is_one_line_per_epoch_where_there_is_no_terminal(data, capsys):
    model, loader, optimizer = setup(data)
    fit(model, loader, optimizer, epochs=2, validation=loader)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2  loss ")
    assert "val_accuracy" in lines[1]
    fit(model, loader, optimizer, verbose=0)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(data, capsys, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    model, loader, optimizer = setup(data)
    fit(model, loader, optimizer, epochs=1)
    err = capsys.readouterr().err
    assert "epoch 1/1:" in err
    assert "batch/s" in err
    assert err.rstrip().splitlines()[-1].split("\r")[-1].startswith("epoch 1/1  loss")


@pytest.mark.parametrize("widgets", [True, False])
def test_a_notebook_gets_its_own_bar_where_ipywidgets_is_installed_and_lines_where_not(widgets, monkeypatch):
    pytest.importorskip("tqdm")
    stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    notebook = types.SimpleNamespace(tqdm=object())
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setitem(sys.modules, "ipywidgets", types.ModuleType("ipywidgets") if widgets else None)
    monkeypatch.setitem(sys.modules, "tqdm.notebook", notebook)
    assert Progress(1, 1, verbose=1)._tqdm is (notebook.tqdm if widgets else None)
    assert Progress(1, 1, verbose=2)._tqdm is None


def test_history_prints_as_a_table():
    history = History()
    assert repr(history) == "History(no epoch finished)"
    history.append({"epoch": 1, "loss": 0.5, "lr": 1e-3, "seconds": 1.234})
    history.append({"epoch": 10, "loss": 0.25, "val_loss": 0.75, "lr": 5e-4, "seconds": 12.0})
    assert repr(history).splitlines() == [
        "epoch    loss      lr  seconds  val_loss",
        "    1  0.5000   0.001     1.23         -",
        "   10  0.2500  0.0005    12.00    0.7500",
    ]
    assert history["val_loss"] == [None, 0.75]
    with pytest.raises(KeyError, match="no column 'accuracy'; it has epoch, loss"):
        history["accuracy"]
