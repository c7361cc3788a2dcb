#!/usr/bin/env python3
"""Writes tests/corpus/io/torch: small files by torch.save, and what they hold as exact numbers by fractions.

Run from anywhere: /usr/bin/python3 tests/io/make_torch_fixtures.py. The output is committed.
"""

import json
import os
import zipfile
from collections import OrderedDict

import torch
from torch import nn

from make_fixtures import FOLDER, exact, nested

OUT = FOLDER / "torch"


def save(name, value, **options):
    torch.save(value, OUT / name, **options)


def expect(name, tensors):
    """The tensors as JSON with exact numbers; bfloat16 has no numpy type."""
    numbers = {key: t.detach().to(torch.float32) if t.dtype == torch.bfloat16 else t.detach() for key, t in tensors.items()}
    text = json.dumps({key: nested(t.numpy(), exact) for key, t in numbers.items()}, indent=0)
    (OUT / name).write_text(text + "\n")


class Runs:
    """Unpickled by Python it would run a command."""

    def __reduce__(self):
        return os.system, ("touch executed_by_a_pickle",)


def main():
    OUT.mkdir(exist_ok=True)
    torch.manual_seed(1)
    numbers = [-1.5, 0.1, 3.0, 2.0**-14]
    kinds = {"f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
    dtypes = {name: torch.tensor(numbers, dtype=kind).reshape(2, 2) for name, kind in kinds.items()}
    for name, kind in {"i64": torch.int64, "i32": torch.int32, "i16": torch.int16, "i8": torch.int8}.items():
        dtypes[name] = torch.tensor([torch.iinfo(kind).min, -1, 0, torch.iinfo(kind).max], dtype=kind)
    dtypes.update(u8=torch.tensor([0, 255], dtype=torch.uint8), bool=torch.tensor([True, False]), scalar=torch.tensor(0.3))
    save("dtypes.pt", dtypes)
    expect("dtypes.json", dtypes)

    base = torch.arange(24, dtype=torch.float64)
    grid = base.reshape(2, 3, 4)
    views = OrderedDict(
        whole=grid, transposed=grid.transpose(0, 2), offset=base[5:9], strided=base[1::3], column=grid[:, 1, 2:],
        expanded=base[3:5].reshape(2, 1).expand(2, 3), corner=grid[1, 2, 3], permuted=grid.permute(1, 0, 2)[1:, :, ::2])
    save("views.pt", views)
    expect("views.json", views)

    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 1))
    state = net.state_dict()
    optimizer = torch.optim.Adam(net.parameters())
    optimizer.zero_grad()
    net(torch.randn(5, 2)).sum().backward()
    optimizer.step()
    state = OrderedDict((key, value.clone()) for key, value in net.state_dict().items())
    save("state_dict.pt", net.state_dict())
    save("protocol4.pth", net.state_dict(), pickle_protocol=4)
    save("parameters.pt", dict(net.named_parameters()))
    save("wrapped.pt", nn.DataParallel(net).state_dict())
    save("checkpoint.pt", {
        "epoch": 3, "best": 0.25, "name": "run", "dtype": torch.float32, "device": torch.device("cpu"), "seed": 2**70,
        "shape": net[0].weight.shape, "state_dict": nn.DataParallel(net).state_dict(), "optimizer": optimizer.state_dict()})
    expect("state_dict.json", state)
    expect("parameters.json", dict(net.named_parameters()))
    with zipfile.ZipFile(OUT / "state_dict.pt") as source, zipfile.ZipFile(OUT / "deflated.pt", "w", zipfile.ZIP_DEFLATED) as out:
        for info in source.infolist():
            out.writestr(zipfile.ZipInfo(info.filename), source.read(info), zipfile.ZIP_DEFLATED)

    small = nn.Linear(1, 1)
    save("refused_module.pt", small)
    save("refused_legacy.pt", small.state_dict(), _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.script(small), OUT / "refused_script.pt")
    save("refused_complex.pt", {"a": torch.tensor([1j])})
    save("refused_sparse.pt", {"a": torch.eye(2).to_sparse()})
    save("refused_system.pt", {"a": torch.zeros(1), "b": Runs()})
    save("refused_nan.pt", {"a": torch.tensor([[1.0, float("nan")]])})
    save("refused_tensor.pt", torch.zeros(2))
    save("refused_list.pt", [torch.zeros(2)])
    save("refused_empty.pt", {"model_path": "x", "epoch": 1})


if __name__ == "__main__":
    main()
