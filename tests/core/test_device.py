from __future__ import annotations

import pytest
import torch

from aigc_teach import models
from aigc_teach.core import AigcError, ChoiceError, choose_machine, device
from aigc_teach.train import TrainConfig, prepare


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.parametrize("amx, precision", [(True, "bfloat16"), (False, "float32")])
def test_bf16_only_where_the_processor_has_a_unit_for_it(monkeypatch, no_gpu, amx, precision):
    monkeypatch.setattr(device, "cpu_has_fast_bf16", lambda: amx)
    machine = choose_machine()
    assert machine.device.type == "cpu" and machine.precision == precision
    assert machine.channels_last is amx
    assert "AMX" in machine.why


@pytest.mark.parametrize("products, precision", [(True, "bfloat16"), (False, "float32")])
def test_bf16_instructions_count_for_large_products_only(monkeypatch, no_gpu, products, precision):
    monkeypatch.setattr(device, "cpu_has_fast_bf16", lambda: False)
    monkeypatch.setattr(device, "cpu_has_bf16_products", lambda: products)
    assert choose_machine().precision == "float32"
    machine = choose_machine(matrix_bound=True)
    assert machine.precision == precision and ("instructions" in machine.why) is products
    assert choose_machine(matrix_bound=True, precision="float32").precision == "float32"
    bare, text = torch.nn.Linear(2, 2), models.GPT(5, width=8, heads=2, layers=1)
    assert prepare.machine_for(bare, TrainConfig(steps=1), None).precision == "float32"
    assert prepare.machine_for(text, TrainConfig(steps=1), None).precision == precision


@pytest.mark.parametrize("capability, has", [("AVX512", True), ("AVX2", False)])
def test_a_processor_held_to_avx2_has_no_bf16(monkeypatch, capability, has):
    for probe in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, probe, lambda: True, raising=False)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert device.cpu_has_fast_bf16() is device.cpu_has_bf16_products() is has


def test_what_is_asked_for_wins(no_gpu):
    machine = choose_machine("cpu", precision="bfloat16")
    assert machine.precision == "bfloat16"
    with machine.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
    with choose_machine("cpu", precision="float32").autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_the_environment_can_choose_the_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("AIGC_DEVICE", "cpu")
    assert choose_machine().device.type == "cpu"
    monkeypatch.setenv("AIGC_DEVICE", "gpu")
    with pytest.raises(ChoiceError, match="AIGC_DEVICE='gpu'"):
        choose_machine()


def test_a_device_that_is_not_there(no_gpu):
    with pytest.raises(AigcError, match="device='cuda', but torch finds none here. Use 'cpu'"):
        choose_machine("cuda")


def test_unknown_names_are_answered_with_the_list():
    with pytest.raises(ChoiceError, match="'auto', 'cpu', 'cuda', 'mps'"):
        choose_machine("gpu")
    with pytest.raises(ChoiceError, match="'bfloat16', 'float32'"):
        choose_machine(precision="fp16")


def test_all_cores_only_where_they_are_measured_faster(monkeypatch):
    monkeypatch.setattr(device, "usable_cores", lambda: 2)
    before = torch.get_num_threads()
    for gain, threads in [(1.1, 1), (1.7, 2)]:
        monkeypatch.setattr(device, "_seconds_of_a_convolution", lambda n, g=gain: 1 / g ** (n - 1))
        assert device.fastest_threads() == threads
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    "setting, cores, threads", [("3", 8, 3), ("", 8, 4), ("", 2, 1), ("", 1, 1)]
)
def test_threads(monkeypatch, setting, cores, threads):
    monkeypatch.delenv("AIGC_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", setting)
    monkeypatch.setattr(device, "usable_cores", lambda: cores)
    assert device.choose_threads() == threads
