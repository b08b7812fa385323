"""The site is made of the pages as they are, and no link of theirs leads nowhere."""

from pathlib import Path

from dev.packages import PROJECT
from dev.site.__main__ import PAGES, lay_out


def project(folder: Path, readme: str) -> Path:
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "page.md").write_text("# Page\n[data](../data/rows.toml)\n")
    (folder / "data").mkdir()
    (folder / "data" / "rows.toml").write_text("")
    for name in PAGES:
        (folder / name).write_text(readme)
    return folder


def test_no_link_of_the_docs_leads_nowhere(tmp_path: Path) -> None:
    assert lay_out(PROJECT, tmp_path / "pages") == []


def test_a_link_to_a_page_that_is_not_there_is_told(tmp_path: Path) -> None:
    lost = lay_out(project(tmp_path / "project", "[gone](docs/gone.md#part)\n"), tmp_path / "pages")

    assert lost == [f"{name}: docs/gone.md" for name in sorted(PAGES)]


def test_what_a_page_links_to_comes_with_it(tmp_path: Path) -> None:
    lay_out(project(tmp_path / "project", "[page](docs/page.md)\n"), tmp_path / "pages")

    assert (tmp_path / "pages" / "data" / "rows.toml").is_file()
