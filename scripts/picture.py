"""Takes a picture of a page with Chromium, for the documentation: ``make picture``."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

_SIZE: Final = "1280,1150"
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a PNG of the top of a page.

    Args:
        arguments: those of the command line: the page and the picture.
    """
    parser = argparse.ArgumentParser(prog="scripts.picture", description="Take a picture of a page with Chromium.")
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    options = parser.parse_args(arguments)
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        parser.error("Chromium is not installed")
    with TemporaryDirectory() as profile:
        subprocess.run(  # noqa: S603  (a browser, and files of whoever runs this)
            [
                browser,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
                f"--user-data-dir={profile}",
                f"--window-size={_SIZE}",
                f"--screenshot={options.picture.resolve()}",
                options.page.resolve().as_uri(),
            ],
            check=True,
        )
    print(options.picture)


if __name__ == "__main__":
    main()
