"""Turns the bytes of what should be a state into text, and says what else they are."""

from typing import Final

from common.errors import UserError, shorten

# What a file starts with, what that makes it, and what to do about it.
_OTHER_FILES: Final = (
    (b"PK\x03\x04", "a plan file (or another zip archive)", "Give the state, not a saved plan."),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it first."),
    (b"\x00GITCRYPT", "encrypted by git-crypt", "Run `git-crypt unlock` first."),
    (b"$ANSIBLE_VAULT", "encrypted by Ansible Vault", "Decrypt it into a private file first."),
    (b"-----BEGIN ", "encrypted or a key", "Decrypt it into a private file first."),
    (b"age-encryption.org/", "encrypted by age", "Decrypt it into a private file first."),
)


def decode_state(content: bytes, *, source: str) -> str:
    """Return the text of `content`: UTF-8, or UTF-16 as PowerShell redirects into a file.

    Raises UserError for an archive, an encrypted file and any other binary.
    """
    for start, what, remedy in _OTHER_FILES:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(start):
            raise UserError(
                f"{shorten(source)} is {what}; a plain Terraform state is read. {remedy}"
            )
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\x00"
    if "\x00" in text:
        raise UserError(
            f"{shorten(source)} is a binary or encrypted file; a Terraform state is JSON text. "
            "Decrypt it into a private file first."
        )
    return text
