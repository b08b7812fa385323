"""How AWS wants things named: a request's parameters in, lines out."""

import pytest

from local.validation import databases, names


@pytest.mark.parametrize("name", ["a", "acme-alb", "A1", "a" * 32])
def test_a_name_of_a_load_balancer_is_taken(name: str) -> None:
    assert names.load_balancer({"Name": name}) == []


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "internal-a", "a" * 33])
def test_another_name_of_a_load_balancer_is_refused(name: str) -> None:
    (line,) = names.load_balancer({"Name": name})

    assert line.startswith(f"Name = {name!r}: allowed: ")


@pytest.mark.parametrize("name", ["a-1", "Postgres", "a" * 63])
def test_a_name_of_a_database_is_taken(name: str) -> None:
    assert databases.identifiers({"DBInstanceIdentifier": name}) == []


@pytest.mark.parametrize("name", ["1a", "a--b", "a-", "a_b", "a" * 64])
def test_another_name_of_a_database_is_refused(name: str) -> None:
    (line,) = databases.identifiers({"DBInstanceIdentifier": name})

    assert line.startswith(f"DBInstanceIdentifier = {name!r}: allowed: ")


@pytest.mark.parametrize("name", ["abc", "a.b-c", "1" + "a" * 62])
def test_a_name_of_a_bucket_is_taken(name: str) -> None:
    assert names.bucket({"Bucket": name}) == []


@pytest.mark.parametrize(
    "name", ["ab", "Abc", "a_b", "-ab", "a..b", "10.0.0.1", "xn--abc", "a-s3alias", "a" * 64]
)
def test_another_name_of_a_bucket_is_refused(name: str) -> None:
    (line,) = names.bucket({"Bucket": name})

    assert line.startswith(f"Bucket = {name!r}: allowed: ")


def test_a_description_of_a_security_group_has_no_letters_beyond_ascii() -> None:
    assert names.security_group({"GroupName": "a", "Description": "für alle"})
    assert names.security_group({"GroupName": "a", "Description": "HTTP (all)"}) == []


@pytest.mark.parametrize(("further", "lines"), [(9, 0), (10, 1)])
def test_a_certificate_has_ten_names_at_most(further: int, lines: int) -> None:
    names_ = ["app.example.com", *(f"a{n}.example.com" for n in range(further))]

    asked = {"DomainName": names_[0], "SubjectAlternativeNames": names_}
    assert len(names.certificate(asked)) == lines
