"""The page and the short text: whatever a plan holds stays text in them."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.report.report_pages import code_span, escape_markdown, html_page, markdown
from tests.examples import examples
from tests.ops.plans import a_plan, adoption_report, read_plan, report_on

HOSTILE = "<script>alert(1)</script>&amp;\"'><img src=x onerror=alert(1)>`|](javascript:x)"
_VOID = {"meta", "link"}


class Tags(HTMLParser):
    """The tags of a page, and whether each is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(sorted(name for name, _ in attrs))))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    tags.close()
    assert tags.open == []
    return tags


def hostile_page(text: str) -> str:
    plan = a_plan(
        "aws_db_instance",
        text,
        actions=["delete", "create"],
        before={text: "x", "name": text, "policy": f"{text}\nold"},
        after={text: "y", "name": f"{text}!", "policy": f"{text}\nnew"},
        replace_paths=[["name"]],
    )
    return html_page(report_on(plan, stack=text))


@given(st.text(min_size=1, max_size=30) | st.just(HOSTILE))
@examples(80)
def test_no_name_or_value_makes_a_tag_or_an_attribute(text: str) -> None:
    calm, fuzzed = parsed(hostile_page("calm")), parsed(hostile_page(text))

    # The same skeleton; diffs may have more lines where the text has.
    assert set(fuzzed.tags) == set(calm.tags)


def test_a_hostile_name_is_read_as_it_is_written() -> None:
    page = hostile_page(HOSTILE)

    assert "<script" not in page
    assert "<img" not in page
    assert HOSTILE in parsed(page).text


@pytest.mark.parametrize("name", ["ordinary", "risky"])
def test_a_page_is_whole_and_asks_for_nothing_outside(name: str) -> None:
    page = html_page(report_on(read_plan(name)))

    tags = parsed(page)
    assert {tag for tag, _ in tags.tags}.isdisjoint({"script", "img", "iframe", "object", "form"})
    assert re.findall(r"(?:src|href)=\"([^\"]*)\"", page) == ["data:,"]
    assert "default-src 'none'" in page


def test_the_danger_stands_before_everything_else() -> None:
    page = html_page(report_on(read_plan("risky")))

    assert page.index('id="danger"') < page.index('id="cost"') < page.index('<h2 id="section-1"')
    assert "postgresadmin" in page[page.index('id="danger"') : page.index('id="cost"')]


def test_no_danger_is_said_too() -> None:
    page = html_page(report_on(read_plan("ordinary")))

    assert 'id="danger"' not in page
    assert "Nothing that holds data would be destroyed" in page


def test_the_headings_are_in_order() -> None:
    tags = [tag for tag, _ in parsed(html_page(adoption_report())).tags]

    assert next(tag for tag in tags if re.fullmatch(r"h\d", tag)) == "h1"
    assert tags.count("h1") == 1
    assert {"h3", "h4"}.isdisjoint(tags)


def test_each_action_is_said_by_a_sign_and_a_word() -> None:
    page = html_page(report_on(read_plan("risky")))

    assert "± replace" in page
    assert "- destroy" in page
    assert "~ change" in page


def test_an_exception_is_shown_with_its_reason() -> None:
    page = html_page(report_on(read_plan("ordinary")))

    assert "an address that users reach has to be public" in page


def test_the_adoption_lists_each_verdict() -> None:
    page = html_page(adoption_report())

    assert "0 blocked of 46 judged" in page
    assert page.count("imported without a change") == 37


def test_the_same_plan_makes_the_same_page() -> None:
    assert html_page(report_on(read_plan("risky"))) == html_page(report_on(read_plan("risky")))


def test_the_short_text_begins_with_what_counts() -> None:
    text = markdown(report_on(read_plan("risky")))

    assert text.splitlines()[:7] == [
        "### Plan for atomic\\-prod",
        "",
        "**1** destroyed, **2** replaced, **2** changed, 203 unchanged; **+0.00 USD** a month "
        "(195.86 to 195.86)",
        "",
        "> [!CAUTION]",
        "> - `aws_ecr_repository.handshake` would be **destroyed**. It holds data and would be "
        "destroyed: what is in it is lost.",
        "> - `aws_db_instance.main` would be **replaced**. It holds data and would be replaced: what "
        "is in it is lost. Because of `username`.",
    ]


@given(st.text(max_size=40))
def test_text_stays_text_in_markdown(text: str) -> None:
    escaped = escape_markdown(text)

    assert re.sub(r"\\(.)", r"\1", escaped) == " ".join(text.split())
    assert re.search(r"(?<!\\)(?:\\\\)*[<>`\[\]|]", escaped) is None


@given(st.text(alphabet="a`| \n", min_size=1, max_size=12))
def test_a_code_span_ends_where_it_has_to(text: str) -> None:
    span = code_span(text)
    fence = re.match("`+", span)
    assert fence

    inner = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inner)
    assert "\n" not in span
    assert "|" not in span
