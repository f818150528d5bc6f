"""The command line: quick to help, one option everywhere, words instead of stack traces."""

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from backend import cli
from backend.host.city import City

LISTED = {**cli.COMMANDS, **{f"load {name}": told for name, told in cli.LOAD.items()}}
LISTED |= {f"person {name}": told for name, told in cli.PERSON.items()}


@pytest.mark.parametrize("place", [place for place, _ in LISTED.values()], ids=list(LISTED))
def test_every_listed_command_is_there(place: str):
    module, _, attribute = place.partition(":")

    assert isinstance(getattr(importlib.import_module(module), attribute), click.Command)


@pytest.mark.parametrize("words", list(LISTED))
def test_every_command_takes_a_data_directory(words: str):
    told = CliRunner().invoke(cli.bihuan, [*words.split(), "--help"])

    assert told.exit_code == 0
    assert "--data" in told.output
    assert ".data" in told.output


def test_help_imports_no_framework():
    code = "import sys; from backend import cli; cli.bihuan(['--help'], standalone_mode=False);"
    code += "print([name for name in ('litestar', 'piccolo', 'arq', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
    assert "run" in done.stdout


def test_a_command_gets_its_city(tmp_path: Path):
    seen: list[City] = []

    @click.command()
    @click.pass_obj
    def look(city: City) -> None:
        seen.append(city)

    CliRunner().invoke(cli._with_data(look), ["--data", str(tmp_path / "here")], catch_exceptions=False)

    assert seen[0].data == tmp_path / "here"
    assert not (tmp_path / "here").exists()


def test_what_is_wrong_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sys, "argv", ["bihuan", "migrate", "--data", str(tmp_path)])
    monkeypatch.setenv("BIHUAN_ENV", "staging")

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert "BIHUAN_ENV" in str(ended.value)
