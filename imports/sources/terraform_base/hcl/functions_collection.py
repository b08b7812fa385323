"""Terraform's list, map and set functions, and its address block arithmetic.

Those named in STRUCTURAL only move elements about: they work while an element is known after
apply only. The others need plain values throughout.
"""

import ipaddress
from collections.abc import Callable
from itertools import product
from typing import Final

from imports.sources.terraform_base.hcl.functions_text import items_of, whole_of
from imports.sources.terraform_base.hcl.values import (
    Deferred,
    EvaluationError,
    TerraformSet,
    Value,
    bool_of,
    is_marker,
    number_of,
    same,
    set_of,
    text_of,
)

MAX_RANGE: Final = 1024


def _map(value: Value) -> dict[str, Value]:
    if isinstance(value, dict):
        return value
    raise EvaluationError("a map is needed where there is something else")


def _ordered(value: Value) -> list[tuple[str, Value]]:
    return sorted(_map(value).items())


def _length(value: Value) -> Value:
    if isinstance(value, str | list | dict):
        return len(value)
    raise EvaluationError("length() needs a text, a list or a map")


def _element(items: Value, index: Value) -> Value:
    values, position = items_of(items), whole_of(index)
    if not values or position < 0:
        raise EvaluationError("element() needs a list that is not empty and an index from 0")
    return values[position % len(values)]


def _lookup(items: Value, key: Value, *default: Value) -> Value:
    found = _map(items)
    if text_of(key) in found:
        return found[text_of(key)]
    if not default:
        raise EvaluationError("lookup() found no such key and has no default")
    return default[0]


def _merge(*maps: Value) -> Value:
    merged: dict[str, Value] = {}
    for each in maps:
        merged |= {} if each is None else _map(each)
    return merged


def _flatten(items: Value) -> Value:
    flat: list[Value] = []
    for item in items_of(items):
        flat.extend(items_of(_flatten(item)) if isinstance(item, list) else [item])
    return flat


def _coalesce(*values: Value) -> Value:
    for position, value in enumerate(values):
        if is_marker(value):
            return Deferred("coalesce", values[position:])
        if value is not None and value != "":
            return value
    raise EvaluationError("coalesce() was given nothing but null and empty texts")


def _coalesce_list(*lists: Value) -> Value:
    for each in lists:
        if items_of(each):
            return each
    raise EvaluationError("coalescelist() was given nothing but empty lists")


def _contains(items: Value, wanted: Value) -> Value:
    values = items_of(items)
    if any(same(value, wanted) for value in values if not is_marker(value)):
        return True
    return Deferred("contains", (items, wanted)) if any(map(is_marker, values)) else False


def _index(items: Value, wanted: Value) -> Value:
    for position, value in enumerate(items_of(items)):
        if same(value, wanted):
            return position
    raise EvaluationError("index() found no such element")


def _one(items: Value) -> Value:
    values = items_of(items)
    if len(values) > 1:
        raise EvaluationError("one() was given more than one element")
    return values[0] if values else None


def _slice(items: Value, start: Value, end: Value) -> Value:
    values, first, last = items_of(items), whole_of(start), whole_of(end)
    if not 0 <= first <= last <= len(values):
        raise EvaluationError("slice() reaches beyond its list")
    return values[first:last]


def _range(*bounds: Value) -> Value:
    numbers = [number_of(bound) for bound in bounds]
    start, end = (0, numbers[0]) if len(numbers) == 1 else numbers[:2]
    step = numbers[2] if len(numbers) > 2 else (1 if start <= end else -1)
    if len(numbers) > 3 or step == 0 or abs(end - start) / abs(step) > MAX_RANGE:
        raise EvaluationError(f"range() needs 1 to 3 numbers and gives at most {MAX_RANGE}")
    values: list[Value] = []
    while (start < end) if step > 0 else (start > end):
        values.append(start)
        start += step
    return values


def _chunks(items: Value, size: Value) -> Value:
    values, width = items_of(items), whole_of(size)
    if width < 1:
        return [values]
    return [values[i : i + width] for i in range(0, len(values), width)]


def _distinct(items: Value) -> Value:
    values: list[Value] = []
    for item in items_of(items):
        if not any(same(item, other) for other in values):
            values.append(item)
    return values


def _set_product(*sets: Value) -> Value:
    lists = [items_of(each) for each in sets]
    size = 1
    for each in lists:
        size *= len(each)
    if size > MAX_RANGE:
        raise EvaluationError(f"setproduct() gives at most {MAX_RANGE} here")
    return [list(combination) for combination in product(*lists)]


def _intersection(first: Value, *others: Value) -> Value:
    return set_of(
        item
        for item in items_of(first)
        if all(any(same(item, x) for x in items_of(other)) for other in others)
    )


def _difference(first: Value, other: Value) -> Value:
    return set_of(i for i in items_of(first) if not any(same(i, x) for x in items_of(other)))


def _transpose(items: Value) -> Value:
    turned: dict[str, list[Value]] = {}
    for key, values in _ordered(items):
        for value in items_of(values):
            turned.setdefault(text_of(value), []).append(key)
    return {key: list(set_of(values)) for key, values in turned.items()}


def _total(items: Value) -> Value:
    if not items_of(items):
        raise EvaluationError("sum() needs a list that is not empty")
    return sum(number_of(item) for item in items_of(items))


def _network(block: Value) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text_of(block), strict=False)


def _subnet(block: Value, bits: Value, number: Value) -> Value:
    network, position = _network(block), whole_of(number)
    length = network.prefixlen + whole_of(bits)
    if not network.prefixlen <= length <= network.max_prefixlen:
        raise EvaluationError("cidrsubnet() was asked for more bits than the block has")
    if not 0 <= position < 2 ** (length - network.prefixlen):
        raise EvaluationError("cidrsubnet() was asked for a subnet beyond the block")
    start = int(network.network_address) + (position << (network.max_prefixlen - length))
    return str(type(network)((start, length)))


def _subnets(block: Value, *bits: Value) -> Value:
    network = _network(block)
    start, result = int(network.network_address), list[Value]()
    for each in bits:
        length = network.prefixlen + whole_of(each)
        if not network.prefixlen < length <= network.max_prefixlen:
            raise EvaluationError("cidrsubnets() was asked for more bits than the block has")
        size = 1 << (network.max_prefixlen - length)
        start = -(-start // size) * size
        if start + size > int(network.broadcast_address) + 1:
            raise EvaluationError("cidrsubnets() was asked for a subnet beyond the block")
        result.append(str(type(network)((start, length))))
        start += size
    return result


def _host(block: Value, number: Value) -> Value:
    network, position = _network(block), whole_of(number)
    if not -network.num_addresses <= position < network.num_addresses:
        raise EvaluationError("cidrhost() was asked for a host beyond the block")
    return str(network[position])


COLLECTION_FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "alltrue": lambda items: all(bool_of(item) for item in items_of(items)),
    "anytrue": lambda items: any(bool_of(item) for item in items_of(items)),
    "chunklist": _chunks,
    "cidrhost": _host,
    "cidrnetmask": lambda block: str(_network(block).netmask),
    "cidrsubnet": _subnet,
    "cidrsubnets": _subnets,
    "coalesce": _coalesce,
    "coalescelist": _coalesce_list,
    "compact": lambda items: [i for i in items_of(items) if i is not None and i != ""],
    "concat": lambda *lists: [item for items in lists for item in items_of(items)],
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "index": _index,
    "keys": lambda items: [key for key, _ in _ordered(items)],
    "length": _length,
    "lookup": _lookup,
    "merge": _merge,
    "nonsensitive": lambda value: value,
    "one": _one,
    "range": _range,
    "reverse": lambda items: list(reversed(items_of(items))),
    "sensitive": lambda value: value,
    "setintersection": _intersection,
    "setproduct": _set_product,
    "setsubtract": _difference,
    "setunion": lambda *sets: set_of(item for items in sets for item in items_of(items)),
    "slice": _slice,
    "sort": lambda items: [*sorted(text_of(item) for item in items_of(items))],
    "sum": _total,
    "tolist": lambda items: list(items_of(items)),
    "tomap": lambda items: dict(_map(items)),
    "toset": lambda items: items if isinstance(items, TerraformSet) else set_of(items_of(items)),
    "transpose": _transpose,
    "values": lambda items: [value for _, value in _ordered(items)],
    "zipmap": lambda keys, values: dict(
        zip((text_of(key) for key in items_of(keys)), items_of(values), strict=True)
    ),
}

STRUCTURAL: Final = frozenset(
    {
        "chunklist",
        "coalesce",
        "coalescelist",
        "concat",
        "contains",
        "element",
        "flatten",
        "keys",
        "length",
        "lookup",
        "merge",
        "nonsensitive",
        "one",
        "reverse",
        "sensitive",
        "slice",
        "tolist",
        "tomap",
        "values",
        "zipmap",
    }
)
