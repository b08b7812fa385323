"""How many inputs hypothesis draws: all of them in the whole suite, a tenth of them in a quick run."""

from hypothesis import settings

QUICK = "quick"
settings.register_profile(QUICK, max_examples=10)


def examples(number: int) -> settings:
    """Return the settings of a test that tries so many inputs, however long one takes."""
    share = number * settings().max_examples // settings.get_profile("default").max_examples
    return settings(max_examples=max(share, 1), deadline=None)
