"""The report and the picture in a real browser, at two widths and in both colour schemes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.report.report_pages import html_page
from tests.ops.browser import Browser, Scheme, missing, running_browser
from tests.ops.plans import adoption_report, read_plan, report_on

ABSENT = missing()
pytestmark = [pytest.mark.skipif(ABSENT is not None, reason=ABSENT or ""), pytest.mark.peer]

PICTURE = Path(__file__).parent.parent.parent.parent / "docs" / "architecture.svg"
PAGES = ("ordinary", "risky", "adoption")
VIEWS: list[tuple[int, Scheme]] = [
    (width, scheme) for width in (390, 1280) for scheme in ("light", "dark")
]

# Lines of text that lie upon one another: no two belong to the same run of text.
OVERLAPS = """
const walker = document.createTreeWalker(document.body || document.documentElement, NodeFilter.SHOW_TEXT);
const lines = [];
for (let node; (node = walker.nextNode());) {
  if (!node.data.trim() || ["STYLE", "style", "title", "desc"].includes(node.parentNode.tagName)) continue;
  if (getComputedStyle(node.parentElement).position === "absolute") continue;
  if (node.parentElement.closest("thead") &&
      getComputedStyle(node.parentElement.closest("thead")).position === "absolute") continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  for (const r of range.getClientRects())
    if (r.width > 1 && r.height > 1) lines.push({node, r, text: node.data.trim()});
}
const found = [];
lines.forEach((a, i) => lines.slice(i + 1).forEach(b => {
  const x = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left);
  const y = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
  if (a.node !== b.node && x > 2 && y > 5) found.push([a.text, b.text]);
}));
return found.slice(0, 5);
"""
# WCAG 2.2, 1.4.3: 4.5 to 1, against the nearest background that is not transparent.
LOW_CONTRAST = """
const parse = c => c.match(/[\\d.]+/g).map(Number);
const luminance = c => {
  const [r, g, b] = c.slice(0, 3).map(v => {
    v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = e => {
  for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c;
  }
  return [255, 255, 255];
};
const found = [];
for (const e of document.querySelectorAll("body *")) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
  const [a, b] = [luminance(parse(getComputedStyle(e).color)), luminance(behind(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) found.push([e.className, e.textContent.slice(0, 30), ratio.toFixed(2)]);
}
return found.slice(0, 5);
"""
OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
SPILLED = """
return [...document.querySelectorAll('g.box')].flatMap(box => {
  const card = box.querySelector('rect').getBBox();
  return [...box.querySelectorAll('text')].filter(text => {
    const t = text.getBBox();
    return t.x < card.x || t.x + t.width > card.x + card.width
      || t.y < card.y || t.y + t.height > card.y + card.height;
  }).map(text => text.textContent);
});
"""


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as files."""
    folder = tmp_path_factory.mktemp("pages")
    for name in PAGES:
        report = adoption_report() if name == "adoption" else report_on(read_plan(name))
        (folder / f"{name}.html").write_text(html_page(report))
    return folder


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
@pytest.mark.parametrize("name", PAGES)
class TestTheReport:
    """Each page in each view, with everything unfolded where that matters."""

    def test_it_is_as_wide_as_the_window(
        self, browser: Browser, folder: Path, name: str, width: int, scheme: Scheme
    ) -> None:
        browser.open(folder / f"{name}.html", width=width, scheme=scheme)
        browser.run(OPEN_ALL)

        assert browser.run("return window.innerWidth") == width
        assert browser.run("return document.documentElement.scrollWidth") == width

    def test_no_text_lies_upon_another(
        self, browser: Browser, folder: Path, name: str, width: int, scheme: Scheme
    ) -> None:
        browser.open(folder / f"{name}.html", width=width, scheme=scheme)
        browser.run(OPEN_ALL)

        assert browser.run(OVERLAPS) == []

    def test_every_text_stands_out_from_what_is_behind_it(
        self, browser: Browser, folder: Path, name: str, width: int, scheme: Scheme
    ) -> None:
        browser.open(folder / f"{name}.html", width=width, scheme=scheme)
        browser.run(OPEN_ALL)

        assert browser.run(LOW_CONTRAST) == []

    def test_nothing_is_asked_for_and_nothing_complained_of(
        self, browser: Browser, folder: Path, name: str, width: int, scheme: Scheme
    ) -> None:
        page = folder / f"{name}.html"
        browser.open(page, width=width, scheme=scheme)

        assert browser.complaints() == []
        assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_the_danger_is_seen_without_scrolling(
    browser: Browser, folder: Path, width: int, scheme: Scheme
) -> None:
    browser.open(folder / "risky.html", width=width, scheme=scheme)

    box = browser.run("return document.getElementById('danger').getBoundingClientRect().toJSON()")
    height = browser.run("return window.innerHeight")
    assert 0 < box["top"] < box["bottom"] < height


def test_dark_is_dark_and_light_is_light(browser: Browser, folder: Path) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        browser.open(folder / "risky.html", width=1280, scheme=scheme)
        seen[scheme] = browser.run("return getComputedStyle(document.body).backgroundColor")

    assert seen == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
class TestThePicture:
    """The architecture, as the README shows it."""

    def test_no_text_lies_upon_another(self, browser: Browser, scheme: Scheme) -> None:
        browser.open(PICTURE, width=1280, scheme=scheme)

        assert browser.run(OVERLAPS) == []

    def test_every_text_stays_in_its_card(self, browser: Browser, scheme: Scheme) -> None:
        browser.open(PICTURE, width=1280, scheme=scheme)

        assert browser.run("return document.querySelectorAll('g.box text').length") > 40
        assert browser.run(SPILLED) == []

    def test_it_asks_for_nothing_and_complains_of_nothing(
        self, browser: Browser, scheme: Scheme
    ) -> None:
        browser.open(PICTURE, width=1280, scheme=scheme)

        assert browser.complaints() == []
        assert browser.requests() == [PICTURE.as_uri()]


def test_the_picture_follows_the_colour_scheme(browser: Browser) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        browser.open(PICTURE, width=1280, scheme=scheme)
        seen[scheme] = browser.run("return getComputedStyle(document.querySelector('.page')).fill")

    assert seen == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}
