"""The example of the documentation is a file that can be used."""

import re
from pathlib import Path

from app.settings.choices import Choices
from app.settings.tenants import read_tenants

PAGE = Path(__file__).parents[2] / "docs" / "tenants.md"


def test_the_example_describes_two_organisations(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "tenants.yaml"
    file.write_text(example, encoding="utf-8")
    assert [entry.name for entry in read_tenants(file).entries] == ["north", "south"]


def test_every_choice_stands_in_the_table() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert told == {*Choices.model_fields, "name"}
