"""Whether the addresses that a browser needs are in an image's bundle."""

from collections.abc import Iterable, Mapping
from typing import Final

PUBLIC: Final = "NEXT_PUBLIC_"
"""How the name of a variable begins that Next.js compiles into the bundle."""


def bundle_errors(
    expected: Mapping[str, str], *, image: Mapping[str, str], files: Iterable[bytes]
) -> list[str]:
    """Return what is wrong with the bundle, one line each.

    `expected` are the row's build arguments, `image` the variables that the image itself sets. A value that
    no file holds is no error where the image was given it: not every page uses each.
    """
    wanted = {name: value for name, value in expected.items() if name.startswith(PUBLIC) and value}
    found, unfilled = _found(wanted, files)
    errors = []
    for name, value in wanted.items():
        of_image = image.get(name)
        if of_image == "":
            errors.append(
                f"{name} is empty in its bundle: build it with `python -m ops images build`, which gives "
                "it as a build argument"
            )
        elif of_image is not None and of_image != value:
            errors.append(
                f"it was built for another stage: {name} is {of_image}, and this stage's is {value}"
            )
        elif name in unfilled:
            errors.append(
                f"{name} is not in its bundle, which asks for it in the browser, where it is empty: its "
                f"Dockerfile needs ARG {name} and ENV {name}=${name} before the build"
            )
        elif of_image is None and name not in found:
            errors.append(
                f"{name} is nowhere in it, so its pages have an empty address: its Dockerfile needs ARG "
                f"{name} and ENV {name}=${name} before the build, and its sources have to read it"
            )
    return errors


def _found(wanted: Mapping[str, str], files: Iterable[bytes]) -> tuple[set[str], set[str]]:
    """Return which values some file holds, and which variables are still to be filled."""
    found: set[str] = set()
    unfilled: set[str] = set()
    for content in files:
        found |= {name for name, value in wanted.items() if value.encode() in content}
        unfilled |= {name for name in wanted if f"process.env.{name}".encode() in content}
    return found, unfilled - found
