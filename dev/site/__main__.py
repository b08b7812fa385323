"""Builds the site into `.tools/site/out` and checks every link between pages: `make docs`.

Exit codes: 0 built, 1 a link that leads nowhere, or another error.
"""

import re
import shutil
import sys
from pathlib import Path

from common.errors import UserError
from common.files import replace_file
from common.screen import print_error, say
from dev.packages import PROJECT, installed, run

PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
WORK = PROJECT / ".tools" / "site"
CONFIGURATION = """\
[project]
site_name = "atomic-infra"
docs_dir = "pages"
site_dir = "out"

[project.theme]
features = ["content.code.copy", "navigation.indexes", "toc.follow"]
"""
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")


def lay_out(project: Path, pages: Path) -> list[str]:
    """Copy the pages and what they link to, in their folders; return the links that lead nowhere."""
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(project / "docs", pages / "docs")
    for name in PAGES:
        shutil.copy(project / name, pages)
    lost = []
    for page in sorted(pages.rglob("*.md")):
        inside = page.relative_to(pages)
        for link in _LINK.findall(page.read_text(encoding="utf-8")):
            target = ((project / inside).parent / link).resolve()
            if not target.exists() or not target.is_relative_to(project):
                lost.append(f"{inside}: {link}")
            elif target.is_file() and not (copy := pages / target.relative_to(project)).exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(target, copy)
    return lost


def main() -> int:
    """Build it."""
    try:
        if lost := lay_out(PROJECT, WORK / "pages"):
            raise UserError(f"links that lead nowhere: {', '.join(lost)}")
        packages = installed("site", (Path(__file__).parent / "requirements.txt").read_text())
        replace_file(WORK / "zensical.toml", CONFIGURATION)
        shutil.rmtree(WORK / "out", ignore_errors=True)
        # --strict: a link to a page or a heading that is not there ends the build.
        command = [str(packages / "bin" / "zensical"), "build", "--strict", "--clean"]
        run(command, WORK, {"PYTHONPATH": str(packages)})
    except (UserError, OSError) as error:
        print_error(str(error))
        return 1
    built = sorted((WORK / "out").rglob("*.html"))
    say(f"{len(built)} pages: {WORK.relative_to(PROJECT) / 'out' / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
