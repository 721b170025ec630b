"""numba-cnn trains like PyTorch's: the same weights and batches give the same losses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import models, nn, optim

torch = pytest.importorskip("torch")
MNIST = Path(__file__).parents[3] / "shared" / "data" / "mnist"
STEPS, BATCH = 200, 64


@pytest.fixture(scope="module")
def digits():
    """Real ones: MNIST where it is at hand, else those of scikit-learn."""
    if MNIST.is_dir():
        dataset = mg.datasets.MNIST(MNIST)
    else:
        pytest.importorskip("sklearn")
        dataset = mg.datasets.Digits()
    images = np.asarray(dataset.data, np.float32).reshape(-1, 1, 28, 28) / 255
    return images, np.asarray(dataset.targets, np.int64)


def twin(state):
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Conv2d(8, 16, 3), torch.nn.ReLU(),
        torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(2304, 44), torch.nn.ReLU(),
        torch.nn.Linear(44, 10),
    )  # fmt: skip
    model.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in state.items()})
    return model


def losses(model, optimizer, cross_entropy, from_numpy, digits, dtype, steps):
    """The loss of each step, which is taken when the next one is asked for."""
    images, labels = digits
    random = np.random.default_rng(0)
    for _ in range(steps):
        picked = random.integers(0, len(labels), BATCH)
        optimizer.zero_grad()
        loss = cross_entropy(model(from_numpy(images[picked].astype(dtype))), from_numpy(labels[picked]))
        loss.backward()
        optimizer.step()
        yield loss.item()


def go_on_from(theirs, their_adam, ours, our_adam):
    """Give minigrad's network and optimizer the weights and moments of PyTorch's."""
    ours.load_state_dict({name: w.numpy() for name, w in theirs.state_dict().items()})
    state = {
        i: {name: mg.from_numpy(value.numpy().copy()) for name, value in moments.items()}
        for i, moments in their_adam.state_dict()["state"].items()
    }
    our_adam.load_state_dict({**our_adam.state_dict(), "state": state})


def curves(digits, dtype, steps=STEPS, together=None):
    """Losses of minigrad and of PyTorch, brought together again every so many steps if asked for."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    mg.manual_seed(0)
    ours = models.build("numba-cnn")
    theirs = twin(ours.state_dict())
    if dtype is np.float64:
        ours, theirs = ours.double(), theirs.double()
    our_adam = optim.Adam(ours.parameters(), lr=1e-3)
    their_adam = torch.optim.Adam(theirs.parameters(), lr=1e-3)
    found, wanted = [], []
    try:
        for mine, its in zip(
            losses(ours, our_adam, nn.functional.cross_entropy, mg.from_numpy, digits, dtype, steps),
            losses(
                theirs, their_adam, torch.nn.functional.cross_entropy, torch.from_numpy, digits, dtype, steps
            ),
        ):
            found.append(mine)
            wanted.append(its)
            if together and len(found) % together == 0:
                go_on_from(theirs, their_adam, ours, our_adam)
    finally:
        torch.set_num_threads(threads)
    found, wanted = np.array(found), np.array(wanted)
    assert wanted[-20:].mean() < 0.5 * wanted[:5].mean()  # it did learn
    return found, wanted


def test_in_float64_the_losses_of_200_steps_are_the_same(digits):
    found, wanted = curves(digits, np.float64)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_in_float32_the_losses_of_200_steps_agree_from_the_same_weights_and_as_a_curve(digits):
    # Rounding errors grow from step to step, and where a relu or a maximum tips over, they jump: from
    # weights that are moved by half a unit in the last place, PyTorch's own curve may differ by 3e-3 after
    # 200 steps. So every 20 steps minigrad goes on from PyTorch's weights and moments.
    found, wanted = curves(digits, np.float32, together=20)
    np.testing.assert_allclose(found, wanted, rtol=5e-5)
    np.testing.assert_allclose(found[:100], wanted[:100], rtol=1e-3)
    assert np.linalg.norm(found - wanted) <= 1e-3 * np.linalg.norm(wanted)


def test_in_float32_the_first_100_losses_agree_without_help(digits):
    found, wanted = curves(digits, np.float32, steps=100)
    np.testing.assert_allclose(found, wanted, rtol=1e-3)
