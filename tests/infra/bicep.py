"""Bicep files as tests read them: parsed by tree-sitter, checked by the types of Azure's resources.

It checks what the compiler would: names, modules and their parameters and outputs, and each property, as deep as it is
written out. It evaluates nothing: what a function or an expression gives is not known here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_bicep.language()))
FUNCTIONS = frozenset(
    [
        "empty",
        "guid",
        "items",
        "json",
        "resourceGroup",
        "subscription",
        "subscriptionResourceId",
        "take",
        "toLower",
        "union",
        "uniqueString",
    ]
)
"""Of Bicep's functions those that infra/ uses."""
AROUND = frozenset({"parent", "scope", "dependsOn"})
"""What Bicep itself understands in a resource."""


@dataclass(frozen=True)
class Declared:
    """A parameter, variable, output, resource or module."""

    kind: str
    name: str
    type: str
    """Of a resource its type with its version, of a module its file, of a parameter its type."""
    value: Node | None
    has_default: bool = False


@dataclass
class Template:
    """One file."""

    path: Path
    declared: list[Declared] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    root: Node | None = None

    @property
    def resources(self) -> list[Declared]:
        return [one for one in self.declared if one.kind == "resource"]

    def of(self, kind: str) -> dict[str, Declared]:
        return {one.name: one for one in self.declared if one.kind == kind}


def read_template(path: Path) -> Template:
    tree = _PARSER.parse(path.read_bytes())
    template = Template(path, root=tree.root_node)
    for node in _all(tree.root_node):
        if node.is_error or node.is_missing:
            template.faults.append(f"{path.name}:{node.start_point[0] + 1}: this is not Bicep")
        kind = node.type.removesuffix("_declaration")
        if kind != node.type:
            template.declared.append(_declared(kind, node))
    return template


def _declared(kind: str, node: Node) -> Declared:
    name, *rest = node.named_children
    value = rest[-1] if rest else None
    if kind in {"resource", "module"}:
        return Declared(kind, text(name), literal(rest[0]) or "", body_of(rest[-1]))
    if kind == "parameter":
        return Declared(kind, text(name), text(rest[0]), value, has_default=len(rest) > 1)
    return Declared(kind, text(name), "", value)


def body_of(node: Node) -> Node:
    """The object of a resource, also within `[for ...: {}]` and `if (...) {}`."""
    while node.type in {"for_statement", "if_statement"}:
        node = node.named_children[-1]
    return node


def text(node: Node) -> str:
    return (node.text or b"").decode()


def literal(node: Node | None) -> str | None:
    """The value of a string without interpolation; None for anything else."""
    if node is None or node.type != "string" or any(c.type == "interpolation" for c in node.children):
        return None
    return "".join(text(child) for child in node.named_children)


def properties(node: Node) -> Iterator[tuple[str, Node]]:
    """The members of an object; a name that is computed is ""."""
    for member in node.named_children:
        if member.type == "object_property":
            name, value = member.named_children[0], member.named_children[-1]
            yield (text(name) if name.type == "identifier" else literal(name) or ""), value


def member(node: Node | None, name: str) -> Node | None:
    return dict(properties(node)).get(name) if node is not None else None


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def faults_of(folder: Path, types: Path) -> list[str]:
    """All that is wrong with the templates of a folder, one sentence each."""
    templates = {path.name: read_template(path) for path in sorted(folder.glob("*.bicep"))}
    found: list[str] = []
    for template in templates.values():
        found += template.faults + list(_names(template)) + list(_modules(template, templates))
        for resource in template.resources:
            found += _resource(template.path.name, resource, types)
    return found


def _names(template: Template) -> Iterator[str]:
    top = frozenset(one.name for one in template.declared if one.kind != "output")
    used: set[str] = set()
    if template.root is not None:
        yield from _undeclared(template.path.name, template.root, top, used)
    for one in template.declared:
        if one.kind in {"parameter", "variable"} and one.name not in used:
            yield f"{template.path.name}: {one.name} is declared and never used"


def _undeclared(file: str, node: Node, known: frozenset[str], used: set[str]) -> Iterator[str]:
    """Names that nobody declared; `used` collects the others."""
    if node.type in {"type", "decorators", "comment"}:
        return
    children = node.named_children
    if node.type == "for_statement":
        known = known | {text(children[0])}
    if node.type.endswith("_declaration") or node.type in {"object_property", "for_statement"}:
        children = children[1:] if children and children[0].type == "identifier" else children
    if node.type == "call_expression":
        if text(children[0]) not in FUNCTIONS:
            yield f"{file}:{node.start_point[0] + 1}: {text(children[0])} is no function that is known here"
        children = children[1:]
    if node.type == "identifier":
        used.add(text(node))
        if text(node) not in known:
            yield f"{file}:{node.start_point[0] + 1}: {text(node)} is not declared"
    for child in children:
        yield from _undeclared(file, child, known, used)


def _modules(template: Template, templates: dict[str, Template]) -> Iterator[str]:
    modules = template.of("module")
    for module in modules.values():
        where, called = f"{template.path.name}: {module.name}", templates.get(module.type)
        if called is None:
            yield f"{where}: there is no file {module.type}"
            continue
        given = (
            {name for name, _ in properties(params)} if (params := member(module.value, "params")) else set()
        )
        takes = called.of("parameter")
        yield from (
            f"{where}: {module.type} has no parameter {name}" for name in sorted(given - takes.keys())
        )
        needs = {name for name, one in takes.items() if not one.has_default}
        yield from (f"{where}: {module.type} needs the parameter {name}" for name in sorted(needs - given))
    for node in _all(template.root) if template.root else ():
        parts = text(node).split(".") if node.type == "member_expression" else []
        if len(parts) == 3 and parts[1] == "outputs" and parts[0] in modules:
            called = templates.get(modules[parts[0]].type)
            if called is not None and parts[2] not in called.of("output"):
                yield f"{template.path.name}: {called.path.name} has no output {parts[2]}"


def _resource(file: str, resource: Declared, types: Path) -> Iterator[str]:
    known = types / f"{resource.type.replace('/', '-')}.json"
    where = f"{file}: {resource.name}"
    if not known.exists():
        yield f"{where}: the type {resource.type} is not known (make bicep-types)"
    elif resource.value is not None:
        yield from _object(where, resource.value, "body", json.loads(known.read_text()))


def _object(where: str, node: Node, shape: str, shapes: dict[str, Any]) -> Iterator[str]:
    allowed, more = shapes[shape]["properties"], shapes[shape].get("any")
    given = dict(properties(node))
    for name, value in given.items():
        if shape == "body" and name in AROUND:
            continue
        kind = allowed.get(name, more)
        if kind is None:
            yield f"{where}.{name}: there is no such property"
        elif kind.endswith(", read-only"):
            yield f"{where}.{name}: this property can only be read"
        else:
            yield from _value(f"{where}.{name}", value, kind.removesuffix(", required"), shapes)
    for name, kind in allowed.items():
        if kind.endswith(", required") and name not in given:
            yield f"{where}.{name}: this property is required"


def _value(where: str, node: Node, kind: str, shapes: dict[str, Any]) -> Iterator[str]:
    if kind in shapes and node.type == "object":
        yield from _object(where, node, kind, shapes)
    elif kind.endswith("[]") and node.type in {"array", "for_statement"}:
        items = [body_of(node)] if node.type == "for_statement" else node.named_children
        for number, item in enumerate(items):
            yield from _value(f"{where}[{number}]", item, kind.removesuffix("[]"), shapes)
    elif (written := WRITTEN.get(node.type)) and not _fits(node, written, kind, shapes):
        yield f"{where}: {text(node)} is not {kind}"


WRITTEN = {"string": "string", "number": "int", "boolean": "bool", "object": "object", "array": "[]"}


def _fits(node: Node, written: str, kind: str, shapes: dict[str, Any]) -> bool:
    if kind == "any":
        return True
    if kind in shapes or kind.endswith("[]"):
        return False
    options = kind.split(" | ")
    if written == "string" and (value := literal(node)) is not None and options != ["string"]:
        return value in options
    return written in options or (written == "string" and len(options) > 1)
