"""Whole networks beside PyTorch's: the same state gives the same outputs and the same training."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim

torch = pytest.importorskip("torch")


def small_cnn(n):
    return n.Sequential(
        n.Conv2d(1, 4, 3), n.ReLU(), n.Conv2d(4, 8, 3, padding=1), n.BatchNorm2d(8), n.ReLU(), n.MaxPool2d(2),
        n.Flatten(), n.Linear(8 * 5 * 5, 16), n.Tanh(), n.Linear(16, 10),
    )  # fmt: skip


def residual(n):
    class Block(n.Module):
        def __init__(self):
            super().__init__()
            self.body = n.Sequential(
                n.Conv2d(4, 4, 3, padding=1), n.GroupNorm(2, 4), n.SiLU(), n.Conv2d(4, 4, 3, padding=1)
            )

        def forward(self, x):
            return x + self.body(x)

    class Net(n.Module):
        def __init__(self):
            super().__init__()
            self.stem = n.Conv2d(1, 4, 3, stride=2)
            self.blocks = n.ModuleList([Block(), Block()])
            self.pool = n.AdaptiveAvgPool2d(1)
            self.head = n.ModuleDict({"scores": n.Linear(4, 10)})

        def forward(self, x):
            x = self.stem(x)
            for block in self.blocks:
                x = block(x)
            return self.head["scores"](self.pool(x).flatten(1))

    return Net()


def perceptron(n):
    return n.Sequential(
        n.Flatten(), n.Linear(144, 32), n.LayerNorm(32), n.GELU(), n.Linear(32, 32), n.ELU(), n.Linear(32, 10)
    )


NETS = pytest.mark.parametrize("build", [small_cnn, residual, perceptron], ids=lambda f: f.__name__)


def pair(build):
    ours, theirs = build(nn), build(torch.nn)
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    return ours, theirs


def batch(seed):
    random = np.random.default_rng(seed)
    return random.standard_normal((16, 1, 12, 12)).astype(np.float32), random.integers(0, 10, 16)


@NETS
def test_the_same_state_gives_the_same_outputs(build):
    torch.manual_seed(0)
    ours, theirs = pair(build)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x, _ = batch(0)
    for mode in (True, False):
        found = ours.train(mode)(mg.tensor(x)).numpy(force=True)
        np.testing.assert_allclose(found, theirs.train(mode)(torch.tensor(x)).detach().numpy(), atol=1e-5)


@NETS
@pytest.mark.parametrize(
    ("name", "options"),
    [("SGD", {"lr": 0.05, "momentum": 0.9}), ("Adam", {"lr": 1e-3}), ("AdamW", {"lr": 1e-3})],
    ids=str,
)
def test_training_takes_the_same_course(build, name, options):
    torch.manual_seed(1)
    ours, theirs = pair(build)
    optimizer = getattr(optim, name)(ours.parameters(), **options)
    reference = getattr(torch.optim, name)(theirs.parameters(), **options)
    criterion, loss_of = nn.CrossEntropyLoss(), torch.nn.CrossEntropyLoss()
    for step in range(8):
        x, y = batch(step)
        optimizer.zero_grad()
        reference.zero_grad()
        loss = criterion(ours(mg.tensor(x)), mg.tensor(y))
        expected = loss_of(theirs(torch.tensor(x)), torch.tensor(y))
        assert loss.item() == pytest.approx(expected.item(), rel=2e-4)
        loss.backward()
        expected.backward()
        nn.utils.clip_grad_norm_(ours.parameters(), 5.0)
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 5.0)
        optimizer.step()
        reference.step()


def test_a_net_learns_to_tell_two_halves_apart():
    random = np.random.default_rng(0)
    x = random.standard_normal((200, 2)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)  # not linearly separable
    net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = optim.Adam(net.parameters(), lr=0.02)
    for _ in range(200):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(mg.tensor(x)), mg.tensor(y)).backward()
        optimizer.step()
    with mg.no_grad():
        right = (net(mg.tensor(x)).argmax(1).numpy() == y).mean()
    assert right > 0.95
