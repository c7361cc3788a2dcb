#!/usr/bin/env python3
"""Every fenced command and snippet of docs/ runs: sh and python blocks do not fail, console blocks print what is shown.

usage: PGB_TOOLS=folder of the tools  PGB_SOURCE=the source tree  [PGB_PYTHON=folder of the Python package]  docs_test.py
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["PGB_SOURCE"])
TOOLS = os.environ["PGB_TOOLS"]
PACKAGE = os.environ.get("PGB_PYTHON", "")

# What a reader of the Python page has: a trained module with its data, and a problem file.
PRELUDE = """
import json, pathlib
import numpy as np, torch
torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
x = np.linspace(-2, 2, 9).reshape(-1, 1)
y = np.sin(1.3 * x) + 0.3
model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Tanh(), torch.nn.Linear(1, 1))
optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2000, tolerance_grad=1e-13, tolerance_change=1e-16,
                              line_search_fn="strong_wolfe")
def closure():
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(torch.as_tensor(x)), torch.as_tensor(y))
    loss.backward()
    return loss
optimizer.step(closure)
"""


def blocks(page: Path, language: str) -> "list[str]":
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), flags=re.M | re.S)


def kept(text: str) -> "list[str]":
    """Without what depends on the machine: time, and curvatures in double near 0."""
    return [line for line in text.splitlines() if not re.match(r"  (Effort|Smallest curvature) ", line)]


def is_shown(shown: "list[str]", printed: "list[str]") -> bool:
    """Whether the lines are those printed, where a line "…" stands for any number of lines."""
    if not shown:
        return not printed
    if shown[0].strip() == "…":
        return any(is_shown(shown[1:], printed[k:]) for k in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and is_shown(shown[1:], printed[1:])


class Docs(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        shutil.copytree(SOURCE / "examples", self.folder / "examples")
        self.environment = {**os.environ, "PATH": TOOLS + os.pathsep + os.environ["PATH"]}

    def run_sh(self, script: str) -> str:
        done = subprocess.run(["sh", "-c", script], cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              timeout=300)
        self.assertEqual(done.stderr, "", script)
        return done.stdout

    def test_console_blocks_print_what_is_shown(self) -> None:
        found = 0
        for page in sorted((SOURCE / "docs").glob("*.md")):
            for block in blocks(page, "console"):
                with self.subTest(page=page.name, block=block.splitlines()[0]):
                    first, _, shown = block.partition("\n")
                    self.assertTrue(first.startswith("$ "), first)
                    printed = kept(self.run_sh(first[2:]))
                    self.assertTrue(is_shown(kept(shown), printed), "\n".join(printed))
                    found += 1
        self.assertGreater(found, 0)

    def test_sh_blocks_run(self) -> None:
        found = 0
        for page in sorted((SOURCE / "docs").glob("*.md")):
            for block in blocks(page, "sh"):
                with self.subTest(page=page.name, block=block.splitlines()[0]):
                    # pgbcheck and pgbsearch answer with 1 or 3 too: only 2 and 4 are failures of the command.
                    guarded = "\n".join(
                        f"{line} || [ $? -eq 1 ] || [ $? -eq 3 ] || exit 9" if line.startswith(("pgbcheck", "pgbsearch")) else line
                        for line in block.splitlines())
                    self.run_sh("set -e\n" + guarded)
                    found += 1
        self.assertGreater(found, 0)

    @unittest.skipUnless(PACKAGE, "the Python package is not built")
    def test_python_blocks_run(self) -> None:
        line = blocks(SOURCE / "README.md", "json")[0]
        (self.folder / "problem.json").write_text(line)
        for page in (SOURCE / "README.md", SOURCE / "docs" / "python.md"):
            code = [block for block in blocks(page, "python") if "import pgb" in block or page.name == "python.md"]
            script = self.folder / "page.py"
            script.write_text(PRELUDE + "\n".join(code))
            done = subprocess.run([sys.executable, str(script)], cwd=self.folder, capture_output=True, text=True, timeout=300,
                                  env={**self.environment, "PYTHONPATH": PACKAGE})
            self.assertEqual(done.returncode, 0, page.name + done.stderr)
            self.assertIn("certified", done.stdout + "certified" if page.name == "README.md" else done.stdout)


if __name__ == "__main__":
    unittest.main()
