"""Characters that a person pastes without seeing them."""

import re
import unicodedata

# What tomllib says of where it stopped.
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_MARK = "\ufeff"
# https://www.unicode.org/reports/tr44/#General_Category_Values
_UNSEEN = {
    "Cc": "a control character",
    "Cf": "a zero-width character",
    "Cn": "an unassigned character",
    "Co": "a private-use character",
    "Cs": "half a character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
    "Zs": "a blank that is none of the keyboard's",
}
_NEVER = frozenset({"Cc", "Cn", "Co", "Cs", "Zl", "Zp"})
_BIDI = frozenset({"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"})
# Letters and marks that fonts draw as nothing: joiner, Hangul and Khmer fillers, Braille blank.
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
QUOTES = {
    '"': "double quotes",
    "'": "single quotes",
    "`": "backquotes",
    "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb": "a word processor's quotes",
}


def unseen_character(value: str) -> str | None:
    """Return the kind and place of the first invisible character; None where there is none.

    Line breaks and tabs are left to the shape: JSON may have them.
    """
    if value.isascii() and value.isprintable():
        return None  # nearly every text, and at once
    for place, character in enumerate(value, start=1):
        kind = unseen_kind(character)
        if kind:
            return f"{kind} (U+{ord(character):04X}) as character {place} of {len(value)}"
    return None


def pasted_by_mistake(text: str) -> str | None:
    """Return the same of a text that is ASCII otherwise: some languages are written with such marks.

    None is written with control characters, private ones, or halves.
    """
    if text.isascii() or all(each.isascii() or unseen_kind(each) for each in text):
        return unseen_character(text)
    never = [each for each in text if unicodedata.category(each) in _NEVER and unseen_kind(each)]
    return unseen_character(text) if never else None


def unseen_kind(character: str) -> str | None:
    """Return what kind of invisible character this is; None for one that can be seen."""
    if character in "\n\r\t ":
        return None
    if character == "\x1b":
        return "an escape character"
    if character == _MARK:
        return "a byte order mark"
    if character in _FILLERS or "VARIATION SELECTOR" in unicodedata.name(character, ""):
        return "an invisible character"
    if unicodedata.bidirectional(character) in _BIDI:
        return "a mark of writing direction"
    return _UNSEEN.get(unicodedata.category(character))


def foreign_letter(name: str) -> str | None:
    """Return the first character of a name that only looks like one of ASCII's; None where there is none."""
    for character in name:
        if not character.isascii():
            return f"{character} (U+{ord(character):04X}), which is no letter of ASCII's"
    return None


def typed_kind(character: str) -> str | None:
    """Return the kind of a character that no keyboard types into a file of settings; None for others."""
    quotes = next((kind for marks, kind in QUOTES.items() if character in marks), None)
    return None if character.isascii() and quotes else quotes or unseen_kind(character)


def stands_at(error: Exception, text: str) -> str:
    """Name the character at the place of an error, where nobody sees what is wrong with it."""
    place = _PLACE.search(str(error))
    if not place:
        return ""
    line, column = (int(number) - 1 for number in place.groups())
    character = text.split("\n")[line][column : column + 1]
    kind = typed_kind(character) if character else None
    if kind:
        return f": {kind} (U+{ord(character):04X}) is there: type it anew"
    foreign = foreign_letter(character)
    return f": {foreign}, is there: type the name anew, or write it in quotes" if foreign else ""
