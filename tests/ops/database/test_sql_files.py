"""Which files of SQL can be applied, in which order, and what is said of the others."""

from base64 import b64decode
from pathlib import Path

import pytest

from common.errors import UserError
from ops.database.scram import verifier
from ops.database.sql_files import read_files
from ops.database.sql_text import error_in
from tests.fuzz.fuzzing import ending

GOOD = {
    "quotes": "SELECT 'a;b', \"c;d\", E'it\\'s; COMMIT;', 'it''s';",
    "a dollar quote": "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN COMMIT; END $body$;",
    "comments": "-- COMMIT;\n/* BEGIN; /* nested */ COMMIT; */ SELECT 1;",
    "a body of SQL": (
        "CREATE OR REPLACE FUNCTION f(n int) RETURNS int BEGIN ATOMIC "
        "SELECT CASE WHEN n > 0 THEN 1 END; SELECT 2; END; CREATE TABLE t (id int);"
    ),
    "a rule of two statements": "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);",
    "a savepoint": "SAVEPOINT a; ROLLBACK TO SAVEPOINT a; RELEASE SAVEPOINT a;",
    "an index": "CREATE INDEX i ON t (a);",
    "a view refreshed": "REFRESH MATERIALIZED VIEW CONCURRENTLY v;",
    "a column called end": 'CREATE TABLE t (begin_at int, "end" int);',
    "a copy on the server": "COPY t FROM '/data';",
    "no last semicolon": "SELECT 1",
    "a cast": "SELECT '1'::int, a[1:2] FROM t;",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_one_transaction_bears_is_taken(name: str) -> None:
    assert error_in(GOOD[name]) is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "SELECT 1;\nBEGIN;\nSELECT 2;\nCOMMIT;",
            "line 2: each file runs in a transaction already",
        ),
        ("start transaction;", "take START TRANSACTION out"),
        ("SELECT 1; COMMIT", "take COMMIT out"),
        ("ROLLBACK;", "take ROLLBACK out"),
        ("SELECT 1;\n\\i other.sql\n", "line 2: a backslash begins a command of psql"),
        ("\\restrict abc", "pg_dump writes has \\restrict"),
        ("COPY t (a, b) FROM stdin;\n1\t2\n\\.\n", "the data of COPY T A is not SQL"),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);", "cannot run in a transaction: leave"),
        ("reindex (verbose) table concurrently t;", "leave CONCURRENTLY out"),
        ("VACUUM FULL t;", "VACUUM FULL T cannot run in a transaction: run it by hand"),
        ("CREATE DATABASE other;", "run it by hand"),
        ("ALTER SYSTEM SET a = 1;", "run it by hand"),
        ("SET ROLE hasura;", "the file's name says who it runs as: take SET ROLE HASURA out"),
        ("RESET SESSION AUTHORIZATION;", "the file's name says who it runs as"),
        ("SELECT 'a;\n", "line 1: the quote ' is not closed"),
        ("SELECT $a$ b $c$;", "line 1: $a$ is not closed"),
        ("SELECT 1;\n/* a /* b */", "line 2: the comment is not closed"),
        ("-- nothing\n", "it holds no statement: leave it out"),
        ("SELECT 1;\n\ufeffSELECT 2;", "line 2: a byte order mark (U+FEFF) is no SQL"),
        ("SELECT\u00a01;", "line 1: a blank that is none of the keyboard's (U+00A0) is no SQL"),
    ],
)
def test_what_it_does_not_is_told_with_its_line(text: str, error: str) -> None:
    assert error in (error_in(text) or "")


def test_a_dump_of_a_megabyte_is_read_in_one_go() -> None:
    with ending(seconds=20):
        assert error_in("INSERT INTO t VALUES (1, 'abc', NULL);\n" * 30_000) is None


def refused(path: Path) -> str:
    with pytest.raises(UserError) as error:
        read_files(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_folders_files_come_by_name_with_the_role_that_the_name_says(tmp_path: Path) -> None:
    for name in ("optaplanner-create-schema", "0001-create-schema", "atomic-schema-up"):
        (tmp_path / f"{name}.sql").write_text("SELECT 1;")
    (tmp_path / "README.md").write_text("not SQL")

    found = read_files(tmp_path)

    assert [(each.name, each.role) for each in found] == [
        ("0001-create-schema.sql", None),
        ("atomic-schema-up.sql", None),
        ("optaplanner-create-schema.sql", "optaplanner"),
    ]


def test_a_checksum_is_the_same_whatever_ends_a_line(tmp_path: Path) -> None:
    unix, windows = tmp_path / "a.sql", tmp_path / "b.sql"
    unix.write_bytes(b"SELECT 1;\nSELECT 2;\n")
    windows.write_bytes(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n")

    assert read_files(unix)[0].sha256 == read_files(windows)[0].sha256


def test_what_is_no_file_of_sql_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("SELECT 1;")
    (tmp_path / "b c.sql").write_text("SELECT 1;")
    (tmp_path / "d.sql").write_bytes("SELECT 'ä';".encode("latin-1"))
    (tmp_path / "e.sql").write_bytes(b"SELECT 1;\0")
    (tmp_path / "f").mkdir()

    assert "allowed: a name that ends in .sql, or a folder" in refused(tmp_path / "a.txt")
    assert "a name that psql could misread" in refused(tmp_path / "b c.sql")
    assert "not text in UTF-8" in refused(tmp_path / "d.sql")
    assert "a zero byte" in refused(tmp_path / "e.sql")
    assert "no file in it ends in .sql" in refused(tmp_path / "f")
    assert "cannot be read (No such file or directory)" in refused(tmp_path / "missing.sql")


def test_numbers_that_the_alphabet_takes_in_another_order_are_refused(tmp_path: Path) -> None:
    for number in (2, 10):
        (tmp_path / f"{number}-more.sql").write_text("SELECT 1;")

    assert "10-more.sql comes before 2-more.sql by name" in refused(tmp_path)


def test_one_bad_file_lets_none_be_applied(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("SELECT 1;")
    (tmp_path / "2.sql").write_text("COMMIT;")

    assert refused(tmp_path).startswith(f"{tmp_path}/2.sql: line 1: ")


def test_a_verifier_is_what_rfc_7677_reckons() -> None:
    salt = b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")  # of the RFC's example

    stored = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
    server = "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    assert (
        verifier("pencil", salt=salt)
        == f"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==${stored}:{server}"
    )
