"""The page's server: what it answers, and that it answers nothing else."""

from __future__ import annotations

import io
import json
import re
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.cli import main
from minigrad.models import PRESETS

from .conftest import write_run
from .pictures import bomb, png, seven

pytest.importorskip("flask")
pytest.importorskip("PIL")


FORM = b'--x\r\nContent-Disposition: form-data; name="image"; filename="x.png"\r\n\r\n'


def ask(client, image):
    return client.post("/predict", json=image.tolist())


def images(n):
    return np.random.default_rng(0).integers(0, 256, (n, 28, 28), dtype=np.uint8)


def test_every_form_of_an_image_gets_the_same_answer(client):
    image = images(1)[0]
    file = {"image": (io.BytesIO(png(image)), "x.png")}
    answers = [
        client.post("/predict", data=png(image), content_type="image/png"),
        client.post("/predict", data=file, content_type="multipart/form-data"),
        client.post("/predict", json=image.tolist()),
        client.post("/predict", json={"image": image.tolist()}),
        client.post("/predict", json=(image / 255).tolist()),
    ]
    assert [a.status_code for a in answers] == [200] * 5
    assert all(a.json["class"] == answers[0].json["class"] for a in answers)
    for answer in answers:
        assert answer.json["input"] == image.tolist()
        np.testing.assert_allclose(
            [p["probability"] for p in answer.json["probabilities"]],
            [p["probability"] for p in answers[0].json["probabilities"]],
            rtol=1e-4,
        )


def test_the_answer_is_that_of_minigrad_predict(client, lenet_run, tmp_path, capsys):
    for i, image in enumerate(images(3)):
        np.save(tmp_path / f"{i}.npy", image)
        assert main(["predict", str(lenet_run), str(tmp_path / f"{i}.npy")]) == 0
        _, name, probability, _ = capsys.readouterr().out.split("  ")
        answer = ask(client, image).json
        assert answer["class"] == name
        assert f"{max(p['probability'] for p in answer['probabilities']):.4f}" == probability


def test_probabilities_are_one_for_each_class_in_order_and_sum_to_one(client):
    answer = ask(client, images(1)[0]).json
    assert [p["class"] for p in answer["probabilities"]] == list("0123456789")
    values = [p["probability"] for p in answer["probabilities"]]
    assert sum(values) == pytest.approx(1, abs=1e-5)
    assert answer["index"] == int(np.argmax(values))
    assert answer["class"] == str(answer["index"])


def test_the_activations_are_those_of_the_first_layer(client, lenet_run):
    image = images(1)[0]
    found = ask(client, image).json["activations"]
    weights = mg.load(lenet_run / "model.npz")
    x = mg.tensor(((image / 255 - 0.13) / 0.31).astype(np.float32))[None, None]
    expected = mg.conv2d(x, weights["conv1.weight"], weights["conv1.bias"], padding=2).numpy()[0]
    assert (found["layer"], found["channels"]) == ("conv1", 6)
    assert found["scale"] == pytest.approx(np.abs(expected).max(), rel=1e-4)
    pictures = np.array(found["pictures"])
    assert pictures.shape == (6, 28, 28)
    assert np.abs(pictures).max() == 127
    np.testing.assert_allclose(pictures * found["scale"] / 127, expected, atol=found["scale"] / 250)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_asked(name, tmp_path):
    from minigrad.demo import create_app

    answer = ask(create_app(str(write_run(tmp_path / name, name))).test_client(), images(1)[0])
    pictures = np.array(answer.json["activations"]["pictures"])
    assert pictures.ndim == 3
    assert len(pictures) <= 32


def test_a_drawing_is_centred_and_the_answer_shows_what_was_read(client):
    answer = client.post("/predict", data=png(seven()), content_type="image/png").json
    rows = np.array(answer["input"])
    assert rows.shape == (28, 28)
    assert np.ptp(rows.nonzero()[0]) == 19


@pytest.mark.parametrize("kind", ["png", "small png", "json"])
def test_an_empty_image_is_not_guessed_at(client, kind):
    empty = np.zeros((28, 28) if kind == "small png" else (280, 280), np.uint8)
    if kind == "json":
        answer = ask(client, empty[:28, :28])
    else:
        answer = client.post("/predict", data=png(empty), content_type="image/png")
    assert answer.status_code == 200
    assert answer.json == {"empty": True, "class": None, "message": "Nothing is drawn yet."}


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"data": b"abc", "content_type": "image/png"}, 400, "predict got 3 bytes that are no PNG"),
        ({"data": bomb(), "content_type": "image/png"}, 400, "60000 x 60000"),
        ({"data": png(seven())[:200], "content_type": "image/png"}, 400, "damaged PNG"),
        ({"data": "{", "content_type": "application/json"}, 400, "JSON that cannot be read"),
        ({"json": [[1, 2], [3, 4]]}, 400, "a list of 2; it needs 28 lists of 28 numbers"),
        ({"json": {"picture": []}}, 400, "without 'image'"),
        ({"data": {"other": "x"}, "content_type": "multipart/form-data"}, 400, "in the field 'image'"),
        ({"data": {"image": "text"}, "content_type": "multipart/form-data"}, 400, "in the field 'image'"),
        ({"data": b"x", "content_type": "text/plain"}, 415, "text/plain; it needs a PNG"),
        ({"data": b"x"}, 415, "no Content-Type"),
        ({"data": b"cos\nsystem\n(S'true'\ntR.", "content_type": "application/x-pickle"}, 415, "needs a PNG"),
        ({"data": bytes(2_000_000), "content_type": "image/png"}, 413, "more than 1024 kB"),
        ({"data": b"[" * 2_000_000, "content_type": "application/json"}, 413, "more than 1024 kB"),
        ({"data": FORM + bytes(2_000_000), "content_type": "multipart/form-data; boundary=x"}, 413, "more than"),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_in_json_with_a_reason(client, options, code, words):
    answer = client.post("/predict", **options)
    assert answer.status_code == code
    assert list(answer.json) == ["error"]
    assert words in answer.json["error"]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("get", "/nothing", 404), ("get", "/static/../app.py", 404), ("get", "/static/%2e%2e/app.py", 404),
        ("get", "/predict", 405), ("put", "/predict", 405), ("delete", "/predict", 405), ("post", "/", 405),
    ],
)  # fmt: skip
def test_other_addresses_and_methods_are_refused_in_json(client, method, path, code):
    answer = getattr(client, method)(path)
    assert answer.status_code == code
    assert answer.json["error"]
    if code == 405:
        assert ("POST" in answer.headers["Allow"]) == (path == "/predict")


@pytest.mark.parametrize("path", ["/", "/health", "/nothing", "/predict"])
def test_every_answer_forbids_what_comes_from_elsewhere(client, path):
    with client.get(path) as answer:
        headers = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"].startswith("'sha256-")
    assert policy["style-src"].startswith("'sha256-")
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "http" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_page_is_one_piece_that_names_nothing_from_outside(client):
    text = client.get("/").get_data(as_text=True)
    assert "</html>" in text
    assert not re.search(r"""(src|href)=["'](?!data:)""", text)
    assert "//" not in text.replace("http://www.w3.org/2000/svg", "").replace("// ", "")


def test_a_name_that_is_not_this_machines_is_refused(client, lenet_run):
    from minigrad.demo import create_app

    refused = client.get("/health", headers={"Host": "evil.example"})
    assert refused.status_code == 400
    assert "another host" in refused.json["error"]
    for name in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000"):
        assert client.get("/health", headers={"Host": name}).status_code == 200
    anybody = create_app(str(lenet_run), hosts=None).test_client()
    assert anybody.get("/health", headers={"Host": "printer.lan"}).status_code == 200


def test_health_says_what_is_served(client):
    assert client.get("/health").json == {
        "status": "ok",
        "model": "lenet5",
        "data": "mnist",
        "classes": list("0123456789"),
        "parameters": 61706,
    }


def test_many_threads_get_the_answers_that_one_gets(lenet_run):
    from minigrad.demo import create_app

    app = create_app(str(lenet_run))
    batch = images(6)
    expected = [ask(app.test_client(), image).json for image in batch]
    found: dict = {}

    def reader(number):
        client = app.test_client()
        for i in np.random.default_rng(number).permutation(len(batch)):
            found[number, int(i)] = ask(client, batch[i]).json

    threads = [threading.Thread(target=reader, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 24
    for (_, i), answer in found.items():
        assert answer == expected[i]


def test_the_runs_normalization_and_class_names_are_used(tmp_path):
    from minigrad.demo import create_app

    run = write_run(tmp_path / "run", "mlp", classes=["zero", "<b>one</b>", *"23456789"], mean=0.5, std=2.0)
    answer = ask(create_app(str(run)).test_client(), images(1)[0]).json
    weights = mg.load(run / "model.npz")
    x = mg.tensor(((images(1)[0] / 255 - 0.5) / 2.0).astype(np.float32)).reshape(1, 784)
    hidden = mg.relu(x @ weights["1.weight"].t() + weights["1.bias"])
    expected = mg.softmax(hidden @ weights["3.weight"].t() + weights["3.bias"], 1).numpy()[0]
    np.testing.assert_allclose([p["probability"] for p in answer["probabilities"]], expected, rtol=1e-4)
    assert answer["probabilities"][1]["class"] == "<b>one</b>"  # the page sets it as text


def test_without_flask_one_sentence_says_how_to_get_it(lenet_run, monkeypatch):
    import sys

    from minigrad.demo import create_app

    monkeypatch.setitem(sys.modules, "flask", None)
    with pytest.raises(mg.MissingExtra, match=r"needs the package .flask.*pip install flask .*\[serve\]"):
        create_app(str(lenet_run))


def test_answers_are_json_that_strict_readers_take(client):
    text = ask(client, images(1)[0]).get_data(as_text=True)
    json.loads(text, parse_constant=lambda name: pytest.fail(name))
