"""The floors of the house: each contract of import-linter is broken once and must be seen to break."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("ops", "jobs", "channels", "conversations", "migrations", "core")
OFFENCES = [
    ("floors", "core/clock.py", "import channels.message", "core.clock -> channels.message"),
    ("doors", "channels/ussd/__init__.py", "import channels.sms", "channels.ussd -> channels.sms"),
    ("conversations", "conversations/__init__.py", "import random", "conversations -> random"),
    ("core", "core/money.py", "import rq", "core.money -> rq"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of our packages with every offence in it."""
    tree = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    for _, file, line, _ in OFFENCES:
        with (tree / file).open("a") as source:
            source.write(f"\n{line}\n")
    argv = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    done = subprocess.run(argv, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize(("contract", "_file", "_line", "found"), OFFENCES, ids=[row[0] for row in OFFENCES])
def test_the_contract_sees_its_offence(
    report: str, contract: str, _file: str, _line: str, found: str
) -> None:
    assert f"{found} (l." in report
