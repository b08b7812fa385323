"""What can be wrong with the variables of services, in a container or at its build: secrets above all."""

import difflib
from collections.abc import Iterator, Sequence

from modules.settings.credential_shapes import credential_within, secret_kind
from modules.settings.own_secrets import ends_like_an_arn
from modules.settings.rules.containers import variable_name
from modules.settings.rules.texts import visible_text
from modules.settings.services import PLACEHOLDERS, Service, names_in_braces
from modules.settings.setting_error import SettingError, at, refused
from modules.settings.toml_text import HIDDEN
from modules.settings.wording import plain_name


def find_variable_errors(service: Service) -> Iterator[SettingError]:
    """Yield what is wrong with the names of variables."""
    tables = {
        "environment": service.environment,
        "secrets": service.secrets,
        "optional_secrets": service.optional_secrets,
        "build_args": service.build_args,
    }
    for table, variables in tables.items():
        for variable in variables:
            kind = credential_within(variable)
            if kind:
                yield at(f"services.{service.name}.{table}", HIDDEN).must_be(
                    f"variables by name, and this is {kind}; a stage file is for everybody to read",
                    "write the variable's name; a value that was committed has to be replaced",
                )
                continue
            refusal = variable_name(variable)
            if refusal:
                yield refused(f"services.{service.name}.{table}", variable, refusal)


def find_value_errors(
    name: str, service: Service, secrets: Sequence[str], *, extended: bool
) -> Iterator[SettingError]:
    """Yield what is wrong with values that a person typed or pasted; `secrets` are those there are.

    Where the stage is `extended`, words in braces may be its extension's.
    """
    for variable in service.environment.keys() & service.secrets.keys():
        yield at(f"services.{name}.environment.{variable}", HIDDEN).must_be(
            "a variable that is not among the service's secrets",
            "give it either in environment or in secrets",
        )
    environment = {
        variable: value
        for variable, value in service.environment.items()
        if variable not in service.secrets  # said above
    }
    for table, values in (("environment", environment), ("build_args", service.build_args)):
        for variable, value in values.items():
            where = f"services.{name}.{table}.{variable}"
            yield from _typed(where, variable, value, service=name, names=secrets)
    # An address has no braces of its own.
    address = service.wait_for_url or ""
    yield from _placeholders(f"services.{name}.wait_for_url", address, all_known=not extended)


def _typed(
    field: str, variable: str, value: str, *, service: str, names: Sequence[str]
) -> Iterator[SettingError]:
    """Check what a person has typed or pasted as a variable's value."""
    secret_like = list(_secrets(field, variable, value, service=service, names=names))
    if secret_like:
        yield from secret_like
        return
    yield from _placeholders(field, value)
    pasted = visible_text(value)
    if pasted:
        yield refused(field, value, pasted)


def _secrets(
    field: str, variable: str, value: str, *, service: str, names: Sequence[str]
) -> Iterator[SettingError]:
    """Refuse a secret in the stage file: it would be in git, in the state and the task definition."""
    kind = secret_kind(variable, value)
    if kind is None:
        return
    own = plain_name(variable)
    close = difflib.get_close_matches(own, names, n=1, cutoff=0.8)
    name = close[0] if close else f"{own}-value" if ends_like_an_arn(own) else own
    row = "" if close else f"declare [secrets.{name}], "
    yield at(field, HIDDEN).must_be(
        f"no secret, and this is {kind}; a stage file is for everybody to read",
        f'{row}write {variable} = "{name}" in services.{service}.secrets instead, deploy, and run '
        f"`python -m ops secrets set {name}`; a value that was committed has to be replaced",
    )


def _placeholders(field: str, value: str, *, all_known: bool = False) -> Iterator[SettingError]:
    """Check for placeholders that are nearly ours, a slip; a value may hold braces of its own."""
    for word in names_in_braces(value):
        close = difflib.get_close_matches(word, PLACEHOLDERS, n=1, cutoff=0.8)
        if word not in PLACEHOLDERS and (close or all_known):
            yield at(field, value).must_be(
                "text with {" + "}, {".join(PLACEHOLDERS) + "} in braces",
                f"write {{{close[0]}}}" if close else "write one of these",
            )
        elif word in PLACEHOLDERS and f"${{{word}}}" in value:
            yield at(field, value).must_be(
                f"text with {{{word}}} alone: the dollar before it would stay", f"write {{{word}}}"
            )
