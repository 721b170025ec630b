"""The pictures of the pages: ``python docs/pictures.py`` writes them all again into docs/pictures/."""

from pathlib import Path

import minigrad as mg
from minigrad import nn, optim
from minigrad.datasets import Digits
from minigrad.nn import functional as F
from minigrad.plotting import plot_filters, save_figure
from minigrad.utils.data import DataLoader
from minigrad.utils.training import fit

FOLDER = Path(__file__).parent / "pictures"


def squares():
    """The front page: the sum of squares."""
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with mg.record():
        loss = (x * x).sum()
        loss.backward()
    mg.draw(loss, legend=False, rankdir="LR").save(FOLDER / "squares.svg")


def one_point():
    """The first tutorial: (3 w - 2) ** 2."""
    w = mg.tensor(1.0, requires_grad=True)
    with mg.record():
        loss = (w * 3.0 - 2.0) ** 2
        loss.backward()
    mg.draw(loss, legend=False).save(FOLDER / "one-point.svg")


def small_net():
    """Look inside: the network of that page, coloured by gradient."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(676, 10))
    x, y = mg.randn(16, 1, 28, 28), mg.randint(0, 10, (16,))
    with mg.record():
        loss = F.cross_entropy(model(x), y)
        loss.backward()
    mg.draw(loss, model).save(FOLDER / "small-net.svg")


def two_layers():
    """Draw the graph."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    x, y = mg.randn(5, 4), mg.tensor([0, 1, 2, 0, 1])
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    mg.draw(loss, model).save(FOLDER / "two-layers.svg")


def filters():
    """What a convolution sees: the first layer before and after training."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(288, 10))
    before = model[0].weight.detach().clone()
    loader = DataLoader(Digits(), batch_size=32, shuffle=True)
    fit(model, loader, optim.Adam(model.parameters(), lr=3e-3), epochs=20, verbose=0)
    save_figure(plot_filters(mg.cat([before, model[0].weight.detach()])), FOLDER / "filters.png")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for picture in (squares, one_point, small_net, two_layers, filters):
        picture()
