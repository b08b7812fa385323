"""Writes a report as one HTML page, and as a short text for a pull request. Pure but for its templates."""

import re
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ops.report.plan_report import ACTIONS, Report

# Said by a sign and a word, never by colour alone.
SIGNS: Mapping[str, str] = {
    "added": "+ add",
    "changed": "~ change",
    "destroyed": "- destroy",
    "forgotten": "○ forget",
    "imported": "→ import",
    "replaced": "± replace",
}
_MARKS: Mapping[str, str] = {"same": "  ", "removed": "- ", "added": "+ ", "left out": "  "}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@-])")


def html_page(report: Report) -> str:
    """Render the page: one file without scripts, that asks for nothing outside of itself."""
    environment = _environment(autoescape=True)
    # Our own file, and the only text that is not escaped.
    css = Markup(environment.loader.get_source(environment, "report.css")[0])  # type: ignore[union-attr]  # noqa: S704
    template = environment.get_template("report.html.j2")
    return (
        template.render(report=report, css=css, signs=SIGNS, marks=_MARKS, actions=ACTIONS) + "\n"
    )


def markdown(report: Report) -> str:
    """Render the summary: counts, cost, dangers, and a table by part."""
    environment = _environment(autoescape=False)
    environment.filters["md"] = escape_markdown
    environment.filters["code"] = code_span
    text = environment.get_template("report.md.j2").render(report=report, actions=ACTIONS)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def escape_markdown(text: str) -> str:
    """Text that Markdown and HTML take for text."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def code_span(text: str) -> str:
    """Text between backquotes: more of them than stand in the text itself."""
    flat = " ".join(text.split()).replace("|", "¦")
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    padding = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{padding}{flat}{padding}{fence}"


def _environment(*, autoescape: bool) -> Environment:
    return Environment(
        loader=PackageLoader("ops.report", "templates"),
        autoescape=autoescape,  # noqa: S701  # off for Markdown alone, which has filters of its own
        undefined=StrictUndefined,
        keep_trailing_newline=False,
    )
