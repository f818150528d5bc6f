from click.testing import CliRunner

from backend.guidance import commands
from backend.guidance.actions.catalogue import Published
from backend.guidance.rules.catalogue import Change


class FakeCity:
    """Remembers what a command asked the city to do, and answers with what it is given."""

    def __init__(self, *published: Published) -> None:
        self.published, self.asked = list(published), {}

    def run(self, work, **arguments):
        self.asked = arguments
        return self.published


def test_a_directory_is_read_and_each_scenario_told(tmp_path):
    (tmp_path / "wood.toml").write_text("code = 1", "utf-8")
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    city = FakeCity(Published(code="wood", title="木作", version=2, change=Change.CHANGED))

    answer = CliRunner().invoke(commands.load_catalogue, [str(tmp_path), "--dry-run"], obj=city)

    assert city.asked["files"] == {"wood.toml": "code = 1"}
    assert answer.output == "更新　木作（wood，第2版）\n以上只是预演，没有写入\n"


def test_without_a_directory_the_shipped_catalogue_is_meant():
    city = FakeCity()
    answer = CliRunner().invoke(commands.load_catalogue, [], obj=city)
    assert (city.asked["files"], city.asked["shipped"], answer.output) == (None, False, "没有变化\n")


def test_a_file_in_another_encoding_is_refused_by_name(tmp_path):
    (tmp_path / "wood.toml").write_bytes('title = "木作"'.encode("gb18030"))
    answer = CliRunner().invoke(commands.load_catalogue, [str(tmp_path)], obj=FakeCity())
    assert "wood.toml 不是 UTF-8 编码" in answer.output
    assert answer.exit_code == 1
