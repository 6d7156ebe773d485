"""Plain objects in the shape of the messages that the worker library exchanges with a host.

The library takes any namespace with these names; no protocol buffers are needed.
"""

from types import SimpleNamespace
from typing import Any, ClassVar


class Message(SimpleNamespace):
    """A message of any fields; one that is not set reads as None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class TypedData:
    """One value: string, bytes, json or http."""

    __slots__ = ("kind", "value")

    def __init__(self, **message: Any) -> None:
        ((self.kind, self.value),) = message.items()

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - the protocol's name
        return self.kind

    def __getattr__(self, name: str) -> Any:
        if name == self.kind:
            return self.value
        raise AttributeError(name)


class ParameterBinding(Message):
    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - the protocol's name
        return "data"


class BindingInfo(Message):
    undefined: ClassVar = 0
    out: ClassVar = 1
    inout: ClassVar = 2


class StatusResult(Message):
    Failure: ClassVar = 0
    Success: ClassVar = 1


class RpcHttpCookie(Message):
    SameSite: ClassVar = SimpleNamespace(
        **{"None": "", "Lax": "lax", "Strict": "strict", "ExplicitNone": "none"}
    )


class Protocol:
    """The namespace that is handed to the worker library as `protos`."""

    TypedData = TypedData
    ParameterBinding = ParameterBinding
    BindingInfo = BindingInfo
    StatusResult = StatusResult
    RpcHttpCookie = RpcHttpCookie
    RpcHttp = Message
    RpcException = Message
    RpcFunctionMetadata = Message
    RpcRetryOptions = Message
    NullableString = Message
    NullableBool = Message
    NullableDouble = Message
    NullableTimestamp = Message
    Timestamp = Message
    WorkerMetadata = Message
    WorkerInitResponse = Message
    FunctionMetadataResponse = Message
    FunctionLoadResponse = Message
    InvocationResponse = Message
