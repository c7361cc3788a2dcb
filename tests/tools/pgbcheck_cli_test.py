#!/usr/bin/env python3
"""pgbcheck from the outside: usage, input, exit statuses, which stream and which file gets what.

usage: PGBCHECK=path/to/pgbcheck pgbcheck_cli_test.py
"""

import json
import os
import subprocess
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Union

PGBCHECK = os.environ["PGBCHECK"]


def problem(weight: float, **fields: Any) -> dict[str, Any]:
    """q = w x on two samples with y = x: w = 1 is the global minimum, elsewhere the gradient is not 0."""
    return {
        "model": {"input": 1, "nodes": [{"op": "linear", "weight": "w"}]},
        "parameters": {"w": [[weight]]},
        "data": {"x": [[1], [2]], "y": [[1], [2]]},
        "loss": "squared",
        **fields,
    }


class Cli(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.best = self.write("best.json", problem(1))
        self.off = self.write("off.json", problem(3))

    def write(self, name: str, content: Union[str, dict[str, Any]]) -> str:
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / name).write_text(text)
        return name

    def run_tool(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [PGBCHECK, *arguments],
            cwd=self.folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )

    def files(self) -> set[str]:
        return {entry.name for entry in self.folder.iterdir()}

    def expect_refusal(self, *arguments: str, says: str = "") -> None:
        """Status 2, one line on standard error, nothing on standard output, no file made or changed."""
        before = {entry: entry.read_bytes() for entry in self.folder.iterdir() if entry.is_file()}
        result = self.run_tool(*arguments)
        self.assertEqual(result.returncode, 2, result)
        self.assertEqual(result.stdout, "")
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("pgbcheck: "), result.stderr)
        self.assertIn(says, result.stderr)
        after = {entry: entry.read_bytes() for entry in self.folder.iterdir() if entry.is_file()}
        self.assertEqual(before, after)


class Usage(Cli):
    def test_help_and_version(self) -> None:
        for flag in ("--help", "--version"):
            result = self.run_tool(flag)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(self.run_tool("--version").stdout, r"^pgbcheck \d+\.\d+\.\d+\n$")
        text = self.run_tool("--help").stdout
        for flag in ("--model", "--lambda", "--json", "--max-memory", "--report", "Exit status"):
            self.assertIn(flag, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 110)

    def test_bad_usage(self) -> None:
        self.expect_refusal(says="PROBLEM")
        self.expect_refusal("--model", "x.json", says="--parameters")
        self.expect_refusal("--nonsense", self.best, says="--nonsense")
        self.expect_refusal(self.best, "--json", says="--json")

    def test_bad_values(self) -> None:
        for flag, values in {
            "--at": ["here"],
            "--radius": ["-1", "nan", "inf", "1x"],
            "--max-memory": ["0", "-1", "lots", "5Q", "1e400G", "99999999999T", "M"],
            "--max-precision": ["0", "1.5", "99999999999999999999"],
            "--threads": ["0", "-2", "many"],
            "--seed": ["-1", "x"],
        }.items():
            for value in values:
                with self.subTest(flag=flag, value=value):
                    self.expect_refusal(self.best, f"{flag}={value}", says=flag)

    def test_sizes(self) -> None:
        for size in ("512M", "4G", "1.5G", "4GiB", "800000000"):
            self.assertEqual(self.run_tool(self.best, "--quiet", "--max-memory", size).returncode, 0, size)


class BadInput(Cli):
    def test_files(self) -> None:
        self.expect_refusal("absent.json", says="absent.json")
        self.expect_refusal(".", says=".")
        self.expect_refusal(self.write("empty.json", ""), says="empty.json")
        self.expect_refusal(self.write("half.json", '{"model": '), says="half.json")
        self.expect_refusal(self.write("list.json", "[]"), says="list.json")
        self.expect_refusal(self.write("loss.json", problem(1, loss="nonsense")), says="nonsense")
        self.expect_refusal(self.write("shape.json", problem(1, parameters={"w": [[1, 2, 3]]})), says="w")

    def test_nothing_is_written(self) -> None:
        self.write("out.json", "before")
        self.expect_refusal("absent.json", "--json", "out.json", "--report", "out.html")
        self.expect_refusal(self.best, "absent.json", "--json", "out.json", "--report", "out.html")
        self.expect_refusal("absent.json", "--json", "-")

    def test_outputs_that_cannot_be(self) -> None:
        for flag in ("--json", "--report"):
            self.expect_refusal(self.best, flag, "no/such/folder/file", says="no/such/folder/file")
            self.expect_refusal(self.best, flag, ".", says="cannot be written")

    def test_inputs_are_not_replaced(self) -> None:
        """Under no name: links of both kinds, and files that the problem names."""
        split = problem(1)
        self.write("w.json", split["parameters"])
        self.write("d.json", split["data"])
        self.write("split.json", {**split, "parameters": "w.json", "data": "d.json"})
        (self.folder / "soft").symlink_to("split.json")
        os.link(self.folder / "w.json", self.folder / "hard")
        for flag in ("--json", "--report", "--certificate"):
            for name in ("split.json", "w.json", "d.json", "soft", "hard", "./split.json"):
                self.expect_refusal("split.json", flag, name, says="one that is read")
            self.expect_refusal("split.json", "--compare", self.best, flag, self.best, says="one that is read")
        self.expect_refusal("split.json", "--parameters", "w*.json", "--series", "d.json", says="one that is read")

    def test_one_line_whatever_the_name(self) -> None:
        self.expect_refusal("a\nb\x1b[31m.json")
        self.assertNotIn("\x1b", self.run_tool("a\nb\x1b[31m.json").stderr)


class Verdicts(Cli):
    def test_exit_statuses(self) -> None:
        self.assertEqual(self.run_tool(self.best).returncode, 0)
        self.assertEqual(self.run_tool(self.off, "--at", "saved").returncode, 1)

    def test_of_several_problems_the_worst(self) -> None:
        self.assertEqual(self.run_tool(self.best, self.best).returncode, 0)
        self.assertEqual(self.run_tool(self.best, self.off, self.best, "--at", "saved").returncode, 1)

    def test_flags_win(self) -> None:
        self.write("w.json", {"w": [[3]]})
        result = self.run_tool(self.best, "--parameters", "w.json", "--at", "saved")
        self.assertEqual(result.returncode, 1, result)

    def test_summary_on_standard_output(self) -> None:
        result = self.run_tool(self.best)
        self.assertEqual(result.stderr, "")
        self.assertIn("SATISFIED", result.stdout)
        self.assertNotIn("\x1b", result.stdout)
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 100)

    def test_quiet(self) -> None:
        result = self.run_tool(self.off, "--at", "saved", "--quiet")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (1, "", ""))

    def test_json_on_standard_output(self) -> None:
        result = self.run_tool(self.best, "--json", "-")
        verdict = json.loads(result.stdout)
        self.assertEqual((verdict["schema"], verdict["verdict"]), ("pgb-verdict/1", "satisfied"))
        self.assertIn("SATISFIED", result.stderr)
        quiet = self.run_tool(self.best, "--json", "-", "--quiet")
        self.assertEqual(quiet.stderr, "")
        self.assertEqual(json.loads(quiet.stdout)["problem_sha256"], verdict["problem_sha256"])

    def test_json_of_several_problems(self) -> None:
        result = self.run_tool(self.best, self.off, "--at", "saved", "--json", "-", "--quiet")
        self.assertEqual([verdict["verdict"] for verdict in json.loads(result.stdout)], ["satisfied", "violated"])

    def test_files(self) -> None:
        result = self.run_tool(self.best, self.off, "--at", "saved", "--json", "v.json", "--report", "r.html", "--seed", "7")
        self.assertIn("VIOLATED", result.stdout)
        self.assertEqual(self.files(), {"best.json", "off.json", "v.json", "r.html"})
        self.assertEqual(len(json.loads((self.folder / "v.json").read_text())), 2)
        page = (self.folder / "r.html").read_text(encoding="utf-8")
        HTMLParser().feed(page)
        for part in ("best.json", "off.json", "--seed 7"):
            self.assertIn(part, page)
        self.assertNotRegex(page, r"https?:")

    def test_existing_files_are_replaced_and_links_followed(self) -> None:
        self.write("real.json", "before")
        (self.folder / "link.json").symlink_to("real.json")
        self.run_tool(self.best, "--quiet", "--json", "link.json")
        self.assertTrue((self.folder / "link.json").is_symlink())
        self.assertEqual(json.loads((self.folder / "real.json").read_text())["verdict"], "satisfied")

    def test_devices_stay_devices(self) -> None:
        self.assertEqual(self.run_tool(self.best, "--quiet", "--json", "/dev/null").returncode, 0)
        self.assertFalse(Path("/dev/null").is_file())


if __name__ == "__main__":
    unittest.main()
