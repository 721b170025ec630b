"""save and load: everything comes back, nothing is unpickled, damage is named."""

from __future__ import annotations

import io
import json
import math
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


def assert_same(found, expected):
    if isinstance(expected, (mg.Tensor, np.ndarray)):
        assert type(found) is (np.ndarray if isinstance(expected, np.ndarray) else mg.Tensor)
        assert found.dtype == expected.dtype
        assert tuple(found.shape) == tuple(expected.shape)
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key])
    elif isinstance(expected, (list, tuple)):
        assert type(found) is type(expected)
        for f, e in zip(found, expected, strict=True):
            assert_same(f, e)
    else:
        assert type(found) is type(expected)
        assert found == expected


@pytest.mark.parametrize(
    "value",
    [
        mg.tensor([[1.0, 2.0]]),
        mg.tensor(3),
        mg.zeros(0, 3),
        mg.tensor([True, False]),
        mg.tensor([1.0], dtype=np.float16),
        np.arange(6).reshape(2, 3)[:, ::2],
        None,
        True,
        -(2**80),
        0.1,
        "text with \n, ä and \N{SNOWMAN}",
        [],
        {},
        (1, (2, [3, {"a": mg.tensor([4.0])}])),
        {0: mg.tensor([1.0]), "0": mg.tensor([2.0]), 1.5: "x"},
        {"a": {"b": mg.tensor([1])}, "a.b": mg.tensor([2])},
        {"structure": mg.tensor([1]), "file": mg.tensor([2]), "a/b\\c": mg.tensor([3]), "": mg.tensor([4])},
        {
            "state": {0: {"step": 3, "exp_avg": mg.tensor([1.0])}},
            "param_groups": [{"lr": 0.1, "betas": (0.9, 0.99)}],
        },
    ],
    ids=str,
)
def test_what_is_saved_comes_back(tmp_path, value):
    path = tmp_path / "x.npz"
    mg.save(value, path)
    assert_same(mg.load(path), value)


def test_not_a_number_and_infinity_come_back(tmp_path):
    mg.save([float("nan"), float("inf"), mg.tensor([float("nan")])], tmp_path / "x.npz")
    nan, inf, t = mg.load(tmp_path / "x.npz")
    assert math.isnan(nan)
    assert inf == math.inf
    assert np.isnan(t.numpy()).all()


def test_numpy_scalars_come_back_as_numbers(tmp_path):
    mg.save([np.float32(0.5), np.int64(3), np.bool_(True)], tmp_path / "x.npz")
    assert_same(mg.load(tmp_path / "x.npz"), [0.5, 3, True])


def test_a_leaf_that_required_grad_does_so_again(tmp_path):
    w = mg.tensor([1.0], requires_grad=True)
    mg.save({"w": w, "y": w * 2}, tmp_path / "x.npz")
    out = mg.load(tmp_path / "x.npz")
    assert out["w"].requires_grad
    assert not out["y"].requires_grad


def test_a_model_and_its_optimizer_come_back(tmp_path):
    from minigrad import optim

    model = nn.Linear(3, 2)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    model(mg.ones(4, 3)).sum().backward()
    optimizer.step()
    mg.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "x.npz")
    state = mg.load(tmp_path / "x.npz")
    other = nn.Linear(3, 2)
    other.load_state_dict(state["model"])
    again = optim.Adam(other.parameters(), lr=0.5)
    again.load_state_dict(state["optimizer"])
    for m, o in ((model, optimizer), (other, again)):
        o.zero_grad()
        m(mg.ones(4, 3)).sum().backward()
        o.step()
    assert_same(dict(other.state_dict()), dict(model.state_dict()))


def test_the_file_is_an_archive_that_numpy_reads(tmp_path):
    mg.save(OrderedDict([("conv1.weight", mg.tensor([1.0, 2.0]))]), tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as archive:
        assert sorted(archive) == ["conv1.weight", "structure"]
        assert archive["conv1.weight"].tolist() == [1.0, 2.0]
        assert json.loads(str(archive["structure"]))["format"] == "minigrad 1"


def test_open_binary_files_serve_as_well():
    buffer = io.BytesIO()
    mg.save({"a": 1}, buffer)
    buffer.seek(0)
    assert mg.load(buffer) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "got object; .* state_dict"),
        ({"a": [1, {2}]}, "got set at 'a.1'"),
        ({(1, 2): 3}, "key of type tuple"),
        (np.array(["a"]), "array of <U1"),
        (np.array([None]), "array of object"),
        (1j, "got complex"),
        (b"bytes", "got bytes"),
    ],
)
def test_anything_else_is_refused_and_writes_nothing(tmp_path, value, words):
    with pytest.raises(TypeError, match=words):
        mg.save(value, tmp_path / "x.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_model_itself_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(TypeError, match=r"got Linear; .* state_dict\(\)"):
        mg.save(nn.Linear(1, 1), tmp_path / "x.npz")


class Trap:
    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


def test_a_pickle_is_refused_and_not_run(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match=r"x\.npz', which is a pickle"):
        mg.load(path)
    assert not Trap.sprung


def test_an_object_array_inside_an_archive_is_refused_and_not_run(tmp_path):
    path = tmp_path / "x.npz"
    content = json.dumps({"format": "minigrad 1", "content": ["tensor", "a"]})
    np.savez(path, structure=np.array(content), a=np.array([Trap()], dtype=object))
    with pytest.raises(ValueError, match=r"x\.npz', which is damaged .*allow_pickle"):
        mg.load(path)
    assert not Trap.sprung


def test_files_of_others_are_named_for_what_they_are(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"a": torch.zeros(1)}, tmp_path / "t.pt")
    np.savez(tmp_path / "n.npz", a=np.zeros(1))
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("hello")
    for name, words in {
        "t.pt": "is a PyTorch file",
        "n.npz": "not written by minigrad.save.*numpy.load",
        "empty": "is empty",
        "text": "no file that minigrad.save wrote",
    }.items():
        with pytest.raises(ValueError, match=rf"{name}', which .*{words.removeprefix('is ')}"):
            mg.load(tmp_path / name)


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    mg.save({"a": mg.ones(50), "b": "text"}, tmp_path / "x.npz")
    whole = (tmp_path / "x.npz").read_bytes()
    path = tmp_path / "cut.npz"
    for length in range(4, len(whole), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cut\.npz', which is damaged"):
            mg.load(path)


def test_a_flipped_byte_in_an_array_is_noticed(tmp_path):
    mg.save(mg.ones(1000), tmp_path / "x.npz")
    data = bytearray((tmp_path / "x.npz").read_bytes())
    data[2000] ^= 1
    (tmp_path / "x.npz").write_bytes(data)
    with pytest.raises(ValueError, match=r"which is damaged .*CRC"):
        mg.load(tmp_path / "x.npz")


@pytest.mark.parametrize(
    "structure",
    [
        "{",
        "[]",
        "{}",
        '{"format": "minigrad 1"}',
        '{"format": "minigrad 1", "content": ["tensor", "missing"]}',
        '{"format": "minigrad 1", "content": ["tensor"]}',
        '{"format": "minigrad 1", "content": ["run", "x"]}',
        '{"format": "minigrad 1", "content": ["dict", 3]}',
        '{"format": "minigrad 1", "content": []}',
    ],
)
def test_a_structure_that_makes_no_sense_is_damage(tmp_path, structure):
    np.savez(tmp_path / "x.npz", structure=np.array(structure))
    with pytest.raises(ValueError, match=r"x\.npz', which is damaged"):
        mg.load(tmp_path / "x.npz")


def test_a_newer_format_says_so(tmp_path):
    np.savez(tmp_path / "x.npz", structure=np.array('{"format": "minigrad 9", "content": 1}'))
    with pytest.raises(ValueError, match="'minigrad 9'; this version reads 'minigrad 1'"):
        mg.load(tmp_path / "x.npz")


def test_a_missing_file_and_other_options_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        mg.load(tmp_path / "nothing.npz")
    mg.save(1, tmp_path / "x.npz")
    assert mg.load(tmp_path / "x.npz", map_location="cpu") == 1
    with pytest.raises(ValueError, match="cuda"):
        mg.load(tmp_path / "x.npz", map_location="cuda")
    with pytest.raises(ValueError, match="unpickles nothing"):
        mg.load(tmp_path / "x.npz", weights_only=False)


@pytest.mark.parametrize(
    "f", [5, None, b"x.npz", [1], mg.ones(2), io.StringIO()], ids=lambda f: type(f).__name__
)
def test_what_is_no_file_is_refused_with_a_way_out(f):
    name = type(f).__name__
    with pytest.raises(
        TypeError, match=rf"load got {name} to read from; it needs a path or a binary file\. load\("
    ):
        mg.load(f)
    with pytest.raises(
        TypeError, match=rf"save got {name} to write to; it needs a path or a binary file\. .*save\("
    ):
        mg.save(mg.ones(2), f)


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "runs").mkdir()
    with pytest.raises(IsADirectoryError, match="runs"):
        mg.load(tmp_path / "runs")
    with pytest.raises(IsADirectoryError, match=r"runs' is a folder; a file needs a name"):
        mg.save(mg.ones(2), tmp_path / "runs")
    assert [p.name for p in tmp_path.rglob("*")] == ["runs"]


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    mg.save({"a": 1}, path)

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(zipfile.ZipFile, "open", fail)
    with pytest.raises(OSError, match="disk full"):
        mg.save({"a": 2}, path)
    monkeypatch.undo()
    assert mg.load(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.npz"]
