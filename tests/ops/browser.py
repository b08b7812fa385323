"""A real browser for the tests of what the operator looks at: Chromium without a window."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from selenium import webdriver

Scheme = Literal["light", "dark"]
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_HEIGHT = 900
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


def missing() -> str | None:
    """What is not there of a browser and its driver, with the one command for both; None when they are."""
    absent = [] if any(map(shutil.which, _NAMES)) else ["chromium"]
    absent += [] if shutil.which("chromedriver") else ["chromedriver"]
    if not absent:
        return None
    return (
        f"no {' and no '.join(absent)} on PATH: `apt-get install chromium chromium-driver`, elsewhere "
        "`brew install chromium chromedriver`"
    )


@dataclass(frozen=True, kw_only=True)
class Browser:
    """One window. Every page is opened in a width and a colour scheme."""

    driver: webdriver.Chrome

    def open(self, path: Path, *, width: int, scheme: Scheme) -> None:
        """Show a file."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": _HEIGHT, "deviceScaleFactor": 1, "mobile": False},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        self._log("performance")
        self._log("browser")
        self.driver.get(path.resolve().as_uri())

    def run(self, script: str) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script)

    def complaints(self) -> Sequence[str]:
        """What the console has said since the page was opened."""
        return [entry["message"] for entry in self._log("browser")]

    def requests(self) -> Sequence[str]:
        """What has been asked for since the page was opened, the page itself included."""
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def screenshot(self, path: Path) -> None:
        """The whole page as PNG."""
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return window.innerWidth")
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        self.driver.save_screenshot(str(path))

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return entries


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser with a profile of its own, gone afterwards."""
    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, _NAMES)))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with tempfile.TemporaryDirectory(
        prefix="atomic-browser-", ignore_cleanup_errors=True
    ) as profile:
        for argument in (*_ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        service = webdriver.ChromeService(
            executable_path=shutil.which("chromedriver"), env=dict(os.environ)
        )
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield Browser(driver=driver)
        finally:
            driver.quit()
