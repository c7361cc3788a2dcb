#!/usr/bin/env python3
"""pgbrepro from the outside: its table, its files, what it refuses. PGBREPRO names the program."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

PGBREPRO = os.environ["PGBREPRO"]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
QUICK = ("moments", "separation")  # well under a second


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PGBREPRO, *arguments], capture_output=True, text=True, timeout=200)


class Pgbrepro(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.output = Path(self.folder.name) / "a" / "b"

    def tearDown(self) -> None:
        self.folder.cleanup()

    def test_table(self) -> None:
        result = run(*QUICK, "--instances", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r"claim +instances +certified +supported +controls +time +result")
        self.assertRegex(result.stdout, r"moments +\d+ +\d+ +0 +3/3 .* pass")
        self.assertIn("2 of 2 claims passed", result.stdout)
        self.assertEqual(result.stderr, "")

    def test_list(self) -> None:
        result = run("--list")
        self.assertEqual(result.returncode, 0)
        names = re.findall(r"^  (\S+)$", result.stdout, re.MULTILINE)
        self.assertEqual(len(names), len(set(names)))
        self.assertIn("elimination", names)

    def test_instances_and_seed(self) -> None:
        def rows(*arguments: str) -> list[dict[str, object]]:
            found = json.loads(run("separation", "-q", "--json", "-", *arguments).stdout)
            self.assertEqual(found["schema"], "pgb-reproduction/1")
            return found["claims"][0]["instances"]

        one, two = rows("--instances", "1"), rows("--instances", "2")
        self.assertGreater(len(two), len(one))
        self.assertEqual(one, rows("--instances", "1"))
        self.assertNotEqual(one, rows("--instances", "1", "--seed", "2"))
        for row in two:
            self.assertEqual(row["standing"], "proved")

    def test_page_and_figures(self) -> None:
        result = run(*QUICK, "--instances", "1", "--output", str(self.output))
        self.assertEqual(result.returncode, 0, result.stderr)
        page = (self.output / "index.html").read_text()
        ElementTree.fromstring(page.replace("<!DOCTYPE html>", ""))  # every element is closed
        self.assertNotRegex(page, r"(src|href)=\"(?!#)")
        for name in QUICK:
            self.assertIn(f'id="{name}"', page)
        figures = list(self.output.glob("*.svg"))
        self.assertEqual([figure.name for figure in figures], ["span-spectrum.svg"])
        root = ElementTree.parse(figures[0]).getroot()
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")

    def test_bad_input(self) -> None:
        for arguments, message in ((("no-such-claim",), "no-such-claim"), (("--instances", "0"), "--instances"),
                                   (("--nonsense",), "--nonsense"), (("moments", "--output", "/dev/null/x"), "/dev/null/x"),
                                   (("moments", "--json", "/no/such/folder/x"), "/no/such/folder/x")):
            with self.subTest(arguments):
                result = run(*arguments)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                self.assertIn(message, result.stderr)
                self.assertEqual(result.stdout, "")

    def test_a_claim_that_fails_is_exit_status_1(self) -> None:
        """The point that is to be better is replaced by the point itself: nothing proves it to be better."""
        examples = Path(self.folder.name) / "examples"
        shutil.copytree(EXAMPLES / "zoo", examples / "zoo")
        neuron = examples / "zoo" / "neuron"
        parameters = json.loads((neuron / "problem.json").read_text())["parameters"]
        (neuron / "better.json").write_text(json.dumps(parameters))
        good = run("suboptimal-points")
        self.assertEqual(good.returncode, 0, good.stdout)
        bad = run("suboptimal-points", "--examples", str(examples))
        self.assertEqual(bad.returncode, 1, bad.stdout)
        self.assertRegex(bad.stdout, r"suboptimal-points .* FAIL")
        self.assertIn("the better point is not proven to be better", bad.stdout)

    def test_interrupted(self) -> None:
        process = subprocess.Popen([PGBREPRO, "separation", "--instances", "1000000"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(2)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 3)
        self.assertIn("stopped", out)


if __name__ == "__main__":
    unittest.main()
