import pytest
from click.testing import CliRunner

from backend.standards import commands


def run(*arguments: str):
    return CliRunner().invoke(commands.clock, list(arguments))


@pytest.mark.parametrize(
    ("start", "term", "printed"),
    [
        ("2026-09-28", "5wd", "2026-10-10"),
        ("2026-04-20", "15d", "2026-05-06"),
        ("2026-05-11", "3m", "2026-08-11"),
        ("2026-02-12T17:30", "24h", "2026-02-13T17:30"),
        ("2026-02-12 17:30", "24h", "2026-02-13 17:30"),
        ("2026-02-12T17:30:15", "36h", "2026-02-14T05:30:15"),
        ("2026-02-12T17:30+08:00", "24h", "2026-02-13T17:30+08:00"),
        ("2026-09-28T23:59", "5wd", "2026-10-10"),
        ("2026-09-28T20:00+00:00", "1d", "2026-09-30"),
        ("2026-12-31", "1wd", "2027-01-04 provisional"),
        ("2026-05-11", "1y", "2027-05-11 provisional"),
    ],
)
def test_the_last_day_is_printed_in_the_shape_of_the_start(start, term, printed):
    answer = run(start, term)
    assert (answer.output, answer.exit_code) == (f"{printed}\n", 0)


@pytest.mark.parametrize(
    ("start", "term", "words"),
    [
        ("2026-09-28", "5", "看不懂期限"),
        ("28.9.2026", "5wd", "看不懂起算日"),
        ("2026-02-30", "5wd", "看不懂起算日"),
        ("2026-02-12T25:00", "24h", "看不懂起算日"),
        ("2026-02-12", "24h", "小时期限要从时刻起算"),
        ("9999-12-01", "60d", "9999"),
        ("9999-12-31T10:00", "24h", "9999"),
    ],
)
def test_bad_input_is_told_in_words_with_exit_code_2(start, term, words):
    answer = run(start, term)
    assert words in answer.output
    assert answer.exit_code == 2
