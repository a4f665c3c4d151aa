"""From pydantic's location of an error to the place in the YAML file.

pydantic's `loc` mixes keys of the file with names of its own: the tag of a discriminated union, the type
tried in a plain union. Walking the field types alongside tells the two apart, and says on the way which block
and unit are meant.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Annotated, Any, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from analogep.cards.wording import KeyPath
from analogep.units import Quantity


class Open:
    """A union in an annotation, `Annotated[Base, members]`, whose members may become more.

    Attributes
    ----------
    tag : str
        Key that tells its members apart.
    """

    tag: str

    def blocks(self) -> tuple[Any, ...]:
        """The models that it has now; none if its values are texts."""
        return ()


@dataclass(frozen=True)
class Shape:
    """Type of one value: its annotation, the key that tells the members of a union apart, and its SI unit."""

    annotation: Any = None
    discriminator: str | None = None
    unit: str = ""


@dataclass(frozen=True)
class Place:
    """Where an error stands.

    Parameters
    ----------
    path : tuple
        Keys and indices as in the file.
    block : type or None
        Model whose key the last one is.
    shape : Shape
        Type of the value there.
    union : tuple or None
        Path of the outermost value on the way for which several types were tried.
    """

    path: KeyPath = ()
    block: type[BaseModel] | None = None
    shape: Shape = Shape()
    union: KeyPath | None = None


def shape_of(field: FieldInfo) -> Shape:
    """Shape of a model's field."""
    return _with(Shape(field.annotation, _name(field.discriminator)), field.metadata)


def opened(shape: Shape) -> Shape:
    """Remove what wraps a type without a trace in the file: `Annotated`, aliases, and `| None`."""
    while True:
        annotation = shape.annotation
        if typing.get_origin(annotation) is Annotated:
            inner, *metadata = typing.get_args(annotation)
            shape = _with(replace(shape, annotation=inner), metadata)
        elif isinstance(members := members_of(annotation), tuple) and len(members) == 1:
            shape = replace(shape, annotation=members[0])
        elif isinstance(annotation, TypeAliasType):
            shape = replace(shape, annotation=annotation.__value__)
        else:
            return shape


def members_of(annotation: Any) -> tuple[Any, ...]:
    """Types of a union except None; empty if the annotation is no union."""
    if typing.get_origin(annotation) not in (Union, types.UnionType):
        return ()
    return tuple(member for member in typing.get_args(annotation) if member is not type(None))


def unit_of(shape: Shape) -> str:
    """SI unit of the numbers in a value: of the value itself, of its items, or of any member of a union."""
    shape = opened(shape)
    if shape.unit:
        return shape.unit
    if is_block(shape.annotation):
        return ""
    inner = (unit_of(Shape(argument)) for argument in typing.get_args(shape.annotation) if argument is not Ellipsis)
    return next((unit for unit in inner if unit), "")


def item_of(shape: Shape, index: int) -> Shape:
    """Shape of one item of a list or tuple; every position of `tuple[Volts, Siemens]` has its own."""
    shape = opened(shape)
    members = members_of(shape.annotation)
    several = (member for member in members if typing.get_origin(opened(Shape(member)).annotation) in (list, tuple))
    annotation = opened(Shape(next(several, None))).annotation if members else shape.annotation
    arguments = typing.get_args(annotation)
    if not arguments:
        return Shape()
    return Shape(arguments[index] if Ellipsis not in arguments and index < len(arguments) else arguments[0])


def is_block(annotation: Any) -> bool:
    """Whether an annotation is a pydantic model."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def keys_of(block: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields of a model by their key in the file."""
    return {field.alias or name: field for name, field in block.model_fields.items()}


def locate(model: type[BaseModel], data: Any, loc: Sequence[str | int]) -> Place:
    """Return the place that pydantic's `loc` means in a card of type `model` with the plain `data`."""
    place = Place(shape=opened(Shape(model)))
    for position, step in enumerate(loc):
        place = _step(place, step, data, last=position == len(loc) - 1)
        place = replace(place, shape=opened(place.shape))
    return place


def _step(place: Place, step: str | int, data: Any, last: bool) -> Place:
    shape = place.shape
    if members := members_of(shape.annotation):
        return _member(place, members, str(step))
    below = (*place.path, step)
    if is_block(shape.annotation):
        field = keys_of(shape.annotation).get(str(step))
        return replace(place, path=below, block=shape.annotation, shape=shape_of(field) if field else Shape())
    origin, arguments = typing.get_origin(shape.annotation), typing.get_args(shape.annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if step == "[key]":
            return place
        return replace(place, path=below, block=None, shape=Shape(arguments[-1]))
    if isinstance(step, int) and arguments:
        return replace(place, path=below, block=None, shape=item_of(shape, step))
    # A type that is not understood here: believe the step if the file has it, or if it may be missing.
    return replace(place, path=below, block=None) if last or _holds(data, below) else place


def _member(place: Place, members: Iterable[Any], label: str) -> Place:
    """Choose the member of a union that pydantic tried; its label is no key of the file."""
    shapes = [opened(Shape(member)) for member in members]
    if key := place.shape.discriminator:
        chosen = [shape for shape in shapes if is_block(shape.annotation) and label in _tags(shape.annotation, key)]
        return replace(place, shape=chosen[0] if chosen else Shape())
    union = place.path if place.union is None else place.union
    for shape in shapes:
        # A union within the union, whose members a key tells apart.
        if shape.discriminator and label.startswith("tagged-union["):
            return replace(place, shape=shape, union=union)
        name = getattr(typing.get_origin(shape.annotation) or shape.annotation, "__name__", "")
        if label == name or label.startswith(f"{name}[") or f", {name}]" in label:
            return replace(place, shape=shape, union=union)
    return replace(place, shape=Shape(), union=union)


def _tags(block: type[BaseModel], key: str) -> tuple[Any, ...]:
    field = keys_of(block).get(key)
    return typing.get_args(field.annotation) if field else ()


def _with(shape: Shape, metadata: Iterable[Any]) -> Shape:
    for entry in metadata:
        if isinstance(entry, Quantity):
            shape = replace(shape, unit=entry.unit)
        elif isinstance(entry, Open):
            if blocks := entry.blocks():
                shape = replace(shape, annotation=reduce(or_, blocks), discriminator=entry.tag)
        elif isinstance(entry, FieldInfo):
            shape = _with(
                replace(shape, discriminator=_name(entry.discriminator) or shape.discriminator),
                entry.metadata,
            )
    return shape


def _name(discriminator: Any) -> str | None:
    return discriminator if isinstance(discriminator, str) else None


def _holds(data: Any, path: KeyPath) -> bool:
    for key in path:
        if isinstance(data, list):
            data = dict(enumerate(data))
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return True
