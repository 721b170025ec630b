"""Compiled kernels on the disk: found again, never mixed up, never in the way; and the line about it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

numba = pytest.importorskip("numba")
if numba.config.DISABLE_JIT:
    pytest.skip("nothing is compiled", allow_module_level=True)

from minigrad.kernels import _cache, _notice  # noqa: E402

SOURCE = """
from minigrad.kernels._jit import kernel

@kernel()
def triple(x):
    return 3 * x
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache folder, used by kernels that are made from now on."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "module.py").write_text(SOURCE)
    return tmp_path


def load_triple(folder):
    """The kernel ``triple`` as a new process would make it."""
    spec = importlib.util.spec_from_file_location("module", folder / "module.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.triple


def compiled_files(folder):
    return sorted((folder / "cache").rglob("*.nbc"))


def was_found(kernel):
    return sum(kernel.stats.cache_hits.values()) == 1


# ---------------------------------------------------------------- files


def test_a_kernel_is_compiled_once_for_each_signature(folder):
    for value, files in ((2, 1), (2.0, 2)):
        first, second = load_triple(folder), load_triple(folder)
        assert first(value) == second(value) == 3 * value
        assert not was_found(first)
        assert was_found(second)
        assert len(compiled_files(folder)) == files


def test_two_writers_into_an_empty_folder_do_not_mix_their_kernels_up(tmp_path):
    one, other = (_cache.KernelFiles(str(tmp_path), "kernel", "stamp") for _ in range(2))
    assert one.load("float") is None
    assert other.load("double") is None
    one.save("float", "code for floats")
    other.save("double", "code for doubles")
    for reader in (one, other):
        assert reader.load("float") == "code for floats"
        assert reader.load("double") == "code for doubles"


def test_other_sources_or_another_key_find_nothing(tmp_path, monkeypatch):
    _cache.KernelFiles(str(tmp_path), "kernel", "stamp").save("key", "code")
    assert _cache.KernelFiles(str(tmp_path), "kernel", "edited").load("key") is None
    files = _cache.KernelFiles(str(tmp_path), "kernel", "stamp")
    path = files.path("key")
    monkeypatch.setattr(files, "path", lambda key: path)  # one name for two keys
    assert files.load("key") == "code"
    assert files.load("another key") is None


def test_the_stamp_changes_with_a_helper_of_the_same_size_and_date(tmp_path):
    (tmp_path / "kernel.py").write_text("from helper import one\n")
    helper = tmp_path / "helper.py"
    stamps = []
    for text in ("one = 1\n", "one = 2\n"):
        helper.write_text(text)
        os.utime(helper, (1, 1))
        stamps.append(_cache.stamp_of_sources.__wrapped__(tmp_path))
    assert stamps[0] != stamps[1]


def test_the_key_holds_the_processor_that_was_compiled_for(folder):
    kernel = load_triple(folder)
    kernel(1)
    _, processor, _ = kernel._cache._index_key((numba.int64,), kernel.targetctx.codegen())
    assert processor == kernel.targetctx.codegen().magic_tuple()
    assert len(processor) == 3  # system, name, features: what the widths in _vector.py are taken from


@pytest.mark.parametrize("left", [0, 1, 100, -1], ids=lambda n: f"{n} bytes")
def test_a_file_cut_short_is_compiled_anew(folder, left):
    load_triple(folder)(2)
    (path,) = compiled_files(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:left])
    assert load_triple(folder)(2) == 6
    last = load_triple(folder)
    assert last(2) == 6
    assert was_found(last)


def test_a_full_disk_does_not_stop_a_program(folder, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    kernel = load_triple(folder)
    monkeypatch.setattr(os, "replace", full)
    assert kernel(2) == 6
    assert not list((folder / "cache").rglob("*.nbc*"))


def test_where_nothing_can_be_written_kernels_are_compiled_all_the_same(folder, monkeypatch):
    monkeypatch.setattr(numba.core.caching.CacheImpl, "_locator_classes", [])
    assert load_triple(folder)(2) == 6
    assert not (folder / "cache").exists()


STARTS_AT_ONCE = """
import sys, time
import numpy as np
from minigrad import kernels
from minigrad.kernels import _notice
_notice.LONG = 0.0
rows = np.arange(12.0).reshape(4, 3)
for dtype in sys.argv[1].split():
    print(dtype, kernels.matmul.sum_rows(rows.astype(dtype)).tolist())
"""


def start(cache, dtypes):
    command = [sys.executable, "-c", STARTS_AT_ONCE, dtypes]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_processes_that_start_at_once_leave_a_good_cache_and_a_later_one_compiles_nothing(tmp_path):
    orders = ["float32 float64", "float64 float32", "float32 float64", "float64"]
    for process, order in [(start(tmp_path, order), order) for order in orders]:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert out.splitlines() == [f"{dtype} [18.0, 22.0, 26.0]" for dtype in order.split()]
        assert err.splitlines() == [_notice.TEXT]
    out, err = start(tmp_path, orders[0]).communicate(timeout=300)
    assert out.splitlines() == [f"{dtype} [18.0, 22.0, 26.0]" for dtype in orders[0].split()]
    assert err == ""  # LONG is 0 there: the first compilation would be reported


# ---------------------------------------------------------------- the line on stderr


def compilation(module):
    function = SimpleNamespace(__module__=module)
    return SimpleNamespace(data={"dispatcher": SimpleNamespace(py_func=function)})


def compile_for(notice, seconds, module="minigrad.kernels.conv"):
    notice.on_start(compilation(module))
    notice.on_start(compilation(module))  # a helper of the kernel
    notice.on_end(compilation(module))
    time.sleep(seconds)
    notice.on_end(compilation(module))


@pytest.fixture
def notice(monkeypatch):
    monkeypatch.setattr(_notice, "LONG", 0.1)
    return _notice.Notice()


def test_a_long_compilation_is_reported_while_it_goes_on(notice, capsys):
    notice.on_start(compilation("minigrad.kernels.conv"))
    deadline = time.monotonic() + 10
    while not notice.said and time.monotonic() < deadline:
        time.sleep(0.01)
    assert capsys.readouterr().err == _notice.TEXT + "\n"
    notice.on_end(compilation("minigrad.kernels.conv"))


def test_many_short_compilations_are_one_long_wait_reported_once(notice, capsys):
    for _ in range(30):
        compile_for(notice, 0.01)
    assert capsys.readouterr().err == _notice.TEXT + "\n"


def test_a_short_wait_somebody_elses_kernel_and_a_silenced_one_say_nothing(notice, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(_notice, "LONG", 60)
        compile_for(notice, 0.2)
    compile_for(notice, 0.2, module="somebody.else")
    notice.silent = True
    compile_for(notice, 0.2)
    assert capsys.readouterr().err == ""


def test_a_program_without_stderr_goes_on(notice, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    notice.say()
    assert not notice.said


def test_results_of_a_kernel_that_was_found_are_those_of_a_compiled_one(folder):
    x = np.random.default_rng(0).standard_normal(100)
    np.testing.assert_array_equal(load_triple(folder)(x), load_triple(folder)(x))
