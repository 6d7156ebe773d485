"""Change the vendors' side of a sandbox, running or stopped: the same over HTTP and from the command line."""

import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from sandbox.standins.controls.registry import ACTIONS, ControlError
from sandbox.standins.faults import Faults
from sandbox.standins.state import State

RUNNING = "standins.json"
"""File in the state folder that says where the running stand-ins are."""

__all__ = ["RUNNING", "ControlError", "control", "parse", "send", "usage"]


def control(state: State, command: dict[str, Any], faults: Faults) -> Any:
    """Run `{"do": name, ...words}`; raises ControlError with a sentence that names the choices."""
    words = dict(command)
    name = str(words.pop("do", "")).replace("-", "_")
    action = ACTIONS.get(name)
    if action is None:
        raise ControlError(f"There is no control {name!r}. Choose one of: {', '.join(sorted(ACTIONS))}.")
    try:
        inspect.signature(action).bind(state, faults, **words)
    except TypeError as wrong:
        raise ControlError(f"{name}: {wrong}. It is called as: {_called(name)}") from wrong
    try:
        return action(state, faults, **words)
    except ValueError as wrong:
        raise ControlError(str(wrong)) from wrong


def send(folder: Path, command: dict[str, Any]) -> Any:
    """Run a control on the running stand-ins of this state folder, or on the stopped state itself."""
    try:
        url = json.loads((folder / RUNNING).read_text())["url"]
    except FileNotFoundError:
        return _offline(folder, command)
    session = requests.Session()
    session.trust_env = False
    try:
        answer = session.post(f"{url}/sandbox/control", json=command, timeout=120)
    except requests.ConnectionError:
        # The process was killed and left its file behind.
        return _offline(folder, command)
    content = answer.json()
    if answer.status_code != 200:
        raise ControlError(content["error"])
    return content["result"]


def _offline(folder: Path, command: dict[str, Any]) -> Any:
    if not (folder / "standins.sqlite").exists():
        raise ControlError(
            f"There is no sandbox in {folder}. Start it first; its folder is the one given as STATE."
        )
    state = State(folder)
    try:
        return control(state, command, Faults(state))
    finally:
        state.close()


def parse(arguments: Sequence[str]) -> dict[str, Any]:
    """A command from the words of a command line: `add-seats TENANT SKU 3`, further ones as `name=value`."""
    if not arguments:
        raise ControlError(f"Say what to do:\n{usage()}")
    name = arguments[0].replace("-", "_")
    if name not in ACTIONS:
        raise ControlError(f"There is no control {arguments[0]!r}. Choose one of:\n{usage()}")
    names = _words(name)
    command: dict[str, Any] = {"do": name}
    positional = 0
    for word in arguments[1:]:
        key, mark, value = word.partition("=")
        if mark and (key in names or (_takes_more(name) and key.isidentifier())):
            command[key] = _value(value)
        elif positional < len(names):
            command[names[positional]] = _value(word)
            positional += 1
        else:
            raise ControlError(f"{word!r} is one word too many. It is called as: {_called(name)}")
    return command


def usage() -> str:
    """One line per control."""
    return "\n".join(f"  {_called(name):<62} {_first_line(name)}" for name in sorted(ACTIONS))


def _words(name: str) -> list[str]:
    parameters = list(inspect.signature(ACTIONS[name]).parameters.values())[2:]
    return [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]


def _takes_more(name: str) -> bool:
    parameters = inspect.signature(ACTIONS[name]).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def _called(name: str) -> str:
    shown = [name.replace("_", "-")]
    for parameter in list(inspect.signature(ACTIONS[name]).parameters.values())[2:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            shown.append("[name=value ...]")
        elif parameter.default is parameter.empty:
            shown.append(parameter.name.upper())
        else:
            shown.append(f"[{parameter.name}={parameter.default}]")
    return " ".join(shown)


def _first_line(name: str) -> str:
    return (inspect.getdoc(ACTIONS[name]) or "").splitlines()[0]


def _value(text: str) -> Any:
    """A number or true/false where the text is one; else the text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float)) else text
