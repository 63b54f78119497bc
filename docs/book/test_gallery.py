"""The gallery has every shipped experiment, with a picture that is small and says what it shows."""

import json
import re

import pytest
from command_line import PAGE as COMMAND_LINE
from command_line import page as command_line
from drawings import LARGEST
from entries import ENTRIES
from gallery import PAGE, PICTURES, SECONDS, Entry, page, shipped

import kinetaxis as kx


def test_every_shipped_experiment_is_in_the_gallery() -> None:
    assert sorted(entry.name for entry in ENTRIES) == shipped()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_is_whole(entry: Entry) -> None:
    file = PICTURES / f"{entry.name}.{entry.suffix}"
    assert 2_000 < file.stat().st_size <= LARGEST
    assert len(entry.alt) > 30 and len(entry.about) > 40 and entry.alt != entry.about
    assert getattr(kx, entry.command)


def test_the_page_is_of_this_state() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(ENTRIES, json.loads(SECONDS.read_text()))


def test_all_pictures_have_alternative_texts() -> None:
    for markdown in PAGE.parent.rglob("*.md"):
        for alt, file in re.findall(
            r"!\[([^\]]*)\]\(([^)]*)\)", markdown.read_text(encoding="utf-8")
        ):
            assert len(alt) > 30, f"{markdown}: {file} has no text for those who do not see it"


def test_the_command_line_is_of_this_state() -> None:
    assert COMMAND_LINE.read_text(encoding="utf-8") == command_line()
