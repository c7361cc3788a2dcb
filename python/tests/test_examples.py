"""The example script runs, and its proofs are accepted."""

import pathlib
import subprocess
import sys

import pytest


def test_train_check_augment(tmp_path):
    pytest.importorskip("matplotlib")
    script = pathlib.Path(__file__).parent.parent / "examples" / "train_check_augment.py"
    done = subprocess.run([sys.executable, str(script), str(tmp_path / "figure.png")], capture_output=True, text=True,
                          timeout=240)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[1].startswith("<pgb.Verdict satisfied, certified: A strict local minimum")
    assert lines[2].startswith("<pgb.Verdict violated, certified: No point within")
    assert "REJECTED" not in done.stdout and done.stdout.count("checked:") == 2
    assert lines[-2] == "rank of the gradients: 4, with flat perturbations: 9 of 9"
    assert (tmp_path / "figure.png").read_bytes()[:4] == b"\x89PNG"
