"""Run folders of networks that nobody trained: quick to make, and enough to be read with."""

from __future__ import annotations

import json

import pytest

import minigrad as mg
from minigrad.models import build


def write_run(folder, model="lenet5", classes="0123456789", mean=0.13, std=0.31):
    folder.mkdir()
    mg.manual_seed(0)
    network = build(model)
    mg.save(network.state_dict(), folder / "model.npz")
    config = {
        "model": model,
        "data": "mnist",
        "root": None,
        "normalize": {"mean": [mean], "std": [std]},
        "classes": list(classes),
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="session")
def lenet_run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("runs") / "lenet5")


@pytest.fixture(scope="session")
def client(lenet_run):
    pytest.importorskip("flask")
    pytest.importorskip("PIL")
    from minigrad.demo import create_app

    return create_app(str(lenet_run)).test_client()
