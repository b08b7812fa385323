"""One row a type of resource: what this project knows of the type, said once, and how its objects are listed.

The members on the right of `attributes` are AWS's, in dotted paths as botocore's models name them; those on
the left are Terraform's. Everything else is told from these two: the key, the import id, the census's id.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aws.client import Clients
from aws.resources.call import Answers, Call, Row, member
from aws.resources.document import Attributes, DocumentReader
from aws.resources.removal import Removal

Member = str | Callable[[Row], object]
Details = Callable[[Clients, Sequence[Row], str | None], Sequence[Row]]
"""Adds to rows what only further calls tell, or leaves out rows; the text is what was looked for, if any."""

CREATING: Final = frozenset({"creating", "provisioning", "pending", "backing-up", "modifying"})
_ENDED: Final = frozenset({"deleting", "deleted"})
NOTHING: Final = "nothing"
UNKNOWN: Final = "not known here: look it up at AWS before you apply"
_PART: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Live:
    """An object in AWS.

    `key` is what tells it apart among its type, `import_id` how Terraform imports it. `attributes` are those
    that others refer to. `tags` is None where its list does not tell them. `in_use` says that other objects
    stand on it. `unfinished` is its state while AWS still makes it, `gone` its state where it is as good as
    gone. `alone` says that its parent can have but one of its key. `tied_to` are the objects, by type and
    import id, that say by their own names whose it is.
    """

    key: tuple[str, ...]
    import_id: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    in_use: bool = False
    unfinished: str | None = None
    gone: str | None = None
    alone: bool = False
    tied_to: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One type of resource.

    How its objects are told apart:

    - `key`: the identifying attributes, as arguments of Terraform; `?` at the end of one that may be unset.
      The first one is what AWS is asked by, and all of them together name one object at most, unless
      `can_be_double`: AWS gives such a type no unique name, and a deploy that was killed and repeated leaves
      two. `alone`: within its parent there is never a second one, whatever the tags say. `is_part`: another
      object has it once or not at all. `refuses_double`: where one of the key exists, AWS refuses a second
      one, or changes the first without a word.
    - `import_id`: of which attributes it is made. Not the same as the id in a state. Source: the "Import"
      section of the type's page in the provider's documentation.
    - `not_imported`: why Terraform does not import the type, here.

    How they are listed:

    - `listing`: the call, for all in the account or for what belongs to the first part of the key; `named`
      is another one that asks for a name alone; `owners` gives the first parts, where AWS lists nothing
      without one; `details` are further calls.
    - `is_one`: whether a row of the list is of this type; `is_somebodys`: whether somebody made it, and not
      AWS by itself. `status` is the member with its state, and `ended` in which it is as good as gone;
      `deleted_on` is the member with the day of its deletion.
    - `tags`, `in_use`, `tied_to`: the members that tell these; of `tied_to` also the type.

    What others ask of it:

    - `cloudformation`: the type of a stack's row that is imported as this one; a bucket's is several.
    - `arn`: one such as its objects have; `role_is_for`: the AWS service that takes on the role it names.
    - `free`: it has no price of its own; what it does is billed elsewhere, or not at all.
    - `interrupts`: what a change of an attribute restarts or interrupts, in words; `*` is any that is not
      listed, else NOTHING.

    What one has to know before touching one:

    - `holds_data`: what cannot be made again; `carries_data`: databases and file systems exist in it.
    - `protects`: keeps attackers out or makes copies, so that its loss hurts later, when nobody thinks of the
      deploy any more.
    - `overwrites`: a create by Terraform is a put, which silently changes what exists. `document` reads what
      exists before that; `unread` is why nobody's can be there, where it is not read.
    - `removal`: the call that deletes it.
    - `kept_in_state`: the arguments that the provider keeps in the state alone, and what it writes for one
      that is not configured (None: what it read).
    - `state_changes`: of the attributes that AWS does not hold, which change is allowed; it reaches no API.

    What an adoption observes, where it takes the type: `identity` stays as found in every phase, for a
    difference would replace the object, re-word it or re-tag it; `settings` stay as found in phase adopt, and
    belong to the stage file later; `chosen` tells which change of one that is as found a person has to allow;
    to the lists of `merged` the platform adds; `tied` are references that stay as found where they lead
    elsewhere than the platform's; `unsaid` are settings that the provider cannot say as AWS may have them:
    what was not observed of them is left alone in phase adopt; `label` is what messages call an object.
    Computed attributes, secrets and references to other adopted objects are left out. The names are those of
    provider 5.100.0.
    """

    type: str
    label: str = ""
    key: tuple[str, ...]
    attributes: Mapping[str, Member]
    import_id: str | Callable[[Attributes], str] = "{id}"
    not_imported: str = ""
    can_be_double: bool = False
    alone: bool = False
    is_part: bool = False
    refuses_double: bool = False

    listing: Call | None = None
    named: Call | None = None
    owners: Callable[[Clients], Iterable[str]] | None = None
    details: Details | None = None
    is_one: Callable[[Row], bool] = lambda _row: True
    is_somebodys: Callable[[Row], bool] = lambda _row: True
    status: str = ""
    deleted_on: str = ""
    ended: frozenset[str] = _ENDED
    tags: str = ""
    in_use: str = ""
    tied_to: tuple[str, str] | None = None

    cloudformation: str = ""
    arn: str = ""
    role_is_for: str = ""
    free: bool = False
    interrupts: Mapping[str, str] = field(default_factory=dict)

    holds_data: bool = False
    carries_data: bool = False
    protects: bool = False
    overwrites: bool = False
    document: DocumentReader | None = None
    unread: str = ""
    removal: Removal | None = None
    kept_in_state: Mapping[str, object] = field(default_factory=dict)
    state_changes: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    identity: tuple[str, ...] | None = None
    settings: tuple[str, ...] = ()
    chosen: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    merged: tuple[str, ...] = ()
    tied: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()

    @property
    def one(self) -> str:
        """The label with its article."""
        return f"{'an' if self.label[0] in 'aeiouAEIOU' else 'a'} {self.label}"

    @property
    def observed(self) -> tuple[str, ...]:
        """Every attribute that an adoption observes, sorted."""
        return tuple(sorted({*(self.identity or ()), *self.settings, *self.merged, *self.tied}))

    def key_in(self, attributes: Attributes) -> tuple[str, ...] | None:
        """Return the key that attributes tell; None where a part of it is not known, as of a new parent."""
        found = tuple(attributes.get(part) for part in self.key)
        known = tuple(part for part in found if isinstance(part, str) and part)
        return known if len(known) == len(found) else None

    def listed(self, clients: Clients, sought: str, *, with_gone: bool = False) -> list[Live]:
        """Return all objects whose key begins with a text. Raises UserError when AWS refuses a call.

        `with_gone` takes those too that are deleted, and that AWS still has.
        """
        lives = map(self.live, self.rows(clients, sought))
        return [
            each for each in lives if (with_gone or each.gone is None) and each.key[0] == sought
        ]

    def everything(self, clients: Clients) -> list[Live]:
        """Return every object in the account that somebody made. Raises UserError when AWS refuses a call."""
        owners = [None] if self.owners is None else list(self.owners(clients))
        rows = [row for owner in owners for row in self.rows(clients, owner)]
        lives = map(self.live, filter(self.is_somebodys, rows))
        return [each for each in lives if each.gone is None]

    def live(self, row: Row) -> Live:
        """Return the object of a row."""
        found = self.attributes_of(row)
        tags = tags_of(row, self.tags) if self.tags else None
        busy = str(member(row, self.status) or "").lower() if self.status else ""
        type_, ties = self.tied_to or ("", "")
        return Live(
            key=tuple(
                (tags or {}).get(name.removeprefix("tags."), "")
                if name.startswith("tags.")
                else found.get(name.removesuffix("?"), "")
                for name in self.key
            ),
            import_id=self.import_id_of(found),
            attributes=found,
            tags=tags,
            in_use=bool(self.in_use and member(row, self.in_use)),
            unfinished=busy if busy in CREATING else None,
            gone=self.gone(row),
            alone=self.alone,
            tied_to=frozenset((type_, str(id_)) for id_ in member(row, ties) or ())
            if ties
            else frozenset(),
        )

    def attributes_of(self, row: Row) -> dict[str, str]:
        """Return the attributes that a row tells, by Terraform's names."""
        found = {
            name: member(row, path) if isinstance(path, str) else path(row)
            for name, path in self.attributes.items()
        }
        return {name: str(value) for name, value in found.items() if value is not None}

    def import_id_of(self, attributes: Attributes) -> str:
        """Return the import id of an object with these attributes.

        Raises KeyError for a missing one, ValueError for one that is no text.
        """
        if callable(self.import_id):
            return self.import_id(attributes)
        return _PART.sub(lambda part: text_of(attributes[part[1]]), self.import_id)

    def gone(self, row: Row) -> str | None:
        """Return the state of an object that is listed and as good as gone; None for any other."""
        if self.deleted_on and (day := row.get(self.deleted_on)):
            return f"scheduled for deletion on {day:%Y-%m-%d}"
        state = member(row, self.status) if self.status else None
        return str(state) if str(state).lower() in self.ended else None

    def rows(
        self, clients: Clients, sought: str | None = None, answers: Answers | None = None
    ) -> Sequence[Row]:
        """Return all rows, or those whose key begins with a text; also of what is as good as gone.

        Raises UserError when AWS refuses a call.
        """
        call = self.named if sought is not None and self.named else self.listing
        if call is None:
            return []
        rows: Sequence[Row] = [
            row
            for row in call.rows(clients, sought, answers)
            if self.is_one(row) and sought in {None, self._sought_by(row, sought)}
        ]
        return self.details(clients, rows, sought) if self.details else rows

    def _sought_by(self, row: Row, sought: str | None) -> str | None:
        """Return the first part of the key, where the row tells it before `details` have added to it."""
        path = self.attributes.get(self.key[0])
        told = member(row, path) if isinstance(path, str) else None
        return sought if told is None else str(told)


def text_of(value: object) -> str:
    """Return a text as it is. Raises ValueError for anything else, and for an empty one."""
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def switched_on(before: Any, after: Any) -> bool:
    """Return whether a change is from off to on."""
    return before is False and after is True


def switched_off(before: Any, after: Any) -> bool:
    """Return whether a change is from nothing to off.

    The other way is a request (apply at once) or a danger (force).
    """
    return before is None and after is False


def tags_of(row: Row, path: str = "Tags") -> dict[str, str]:
    """Return the tags in a row, however the service writes them."""
    found = member(row, path) or ()
    if isinstance(found, Mapping):
        return {str(key): str(value) for key, value in found.items()}
    return {
        str(tag.get("Key", tag.get("TagKey"))): str(tag.get("Value", tag.get("TagValue")))
        for tag in found
    }


def of(owner: ResourceType, attribute: str) -> Callable[[Clients], list[str]]:
    """Return the owners that are all the objects of another type, by one of their attributes."""
    return lambda clients: [each.attributes[attribute] for each in owner.everything(clients)]
