"""The app, loaded and called through the worker library's public coroutines."""

import json
import logging
import os
import sys
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sandbox.host.messages import Message, ParameterBinding, Protocol, TypedData
from sandbox.host.settings import HostError

log = logging.getLogger("sandbox.host")

# Without a number the library runs at most CPUs + 4 synchronous functions at once.
DEFAULT_THREADS = "32"

NO_TRACE = Message(attributes={}, trace_parent="", trace_state="")
NO_RETRY = Message(retry_count=0, max_retry_count=0)


@dataclass(frozen=True)
class LoadedFunction:
    name: str
    id: str
    bindings: tuple[Mapping[str, Any], ...]

    @property
    def trigger(self) -> Mapping[str, Any]:
        return next(binding for binding in self.bindings if binding["type"].endswith("Trigger"))

    def is_triggered_by(self, kind: str) -> bool:
        return bool(self.trigger["type"] == kind)


@dataclass(frozen=True)
class Outcome:
    """What an invocation gave back. `failure` is the exception with its traceback, or empty."""

    failure: str = ""
    returned: TypedData | None = None
    outputs: tuple[tuple[str, TypedData], ...] = ()


class Worker:
    """The worker library holds one app per process, so there is one of these per process too."""

    def __init__(self, functions: Sequence[LoadedFunction]) -> None:
        import azure_functions_runtime

        self.functions = tuple(functions)
        self.invocations: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.running: Counter[str] = Counter()
        self._invoke = azure_functions_runtime.invocation_request

    @classmethod
    async def load(cls, app: Path) -> Self:
        """Index the app as Azure does. Raise HostError when Azure would not load it either."""
        if not (app / "function_app.py").is_file():
            raise HostError(f"There is no function_app.py in {app}.")
        os.environ.setdefault("PYTHON_THREADPOOL_THREAD_COUNT", DEFAULT_THREADS)
        sys.path.insert(0, str(app))
        logging.getLogger("azure.functions").setLevel(logging.WARNING)
        import azure_functions_runtime

        azure_functions_runtime.start_threadpool_executor()
        started = await azure_functions_runtime.worker_init_request(
            Message(
                request=Message(
                    worker_init_request=Message(capabilities={}, function_app_directory=str(app)),
                ),
                properties={"host": "127.0.0.1", "protos": Protocol},
            )
        )
        if started.result.status == Protocol.StatusResult.Failure:
            refused = started.result.exception
            raise HostError(f"The app in {app} cannot be loaded.\n{refused.stack_trace}{refused.message}")
        answer = await azure_functions_runtime.functions_metadata_request(None)
        return cls(
            [
                LoadedFunction(
                    row.name, row.function_id, tuple(json.loads(text) for text in row.raw_bindings)
                )
                for row in answer.function_metadata_results
            ]
        )

    async def invoke(
        self,
        function: LoadedFunction,
        data: TypedData,
        metadata: Mapping[str, TypedData] | None = None,
    ) -> Outcome:
        """Call `function` with its trigger's value; never raises for what the function does."""
        self.invocations[function.name] += 1
        self.running[function.name] += 1
        try:
            answer = await self._invoke(_request(function, data, metadata or {}))
        finally:
            self.running[function.name] -= 1
        if answer.result.status == Protocol.StatusResult.Failure:
            self.failures[function.name] += 1
            raised = answer.result.exception
            log.error("%s failed with %s\n%s", function.name, raised.message, raised.stack_trace)
            return Outcome(failure=raised.message)
        return Outcome(
            returned=answer.return_value,
            outputs=tuple((output.name, output.data) for output in answer.output_data or ()),
        )


def _request(function: LoadedFunction, data: TypedData, metadata: Mapping[str, TypedData]) -> Message:
    return Message(
        request=Message(
            invocation_request=Message(
                invocation_id=str(uuid.uuid4()),
                function_id=function.id,
                input_data=[ParameterBinding(name=function.trigger["name"], data=data)],
                trigger_metadata=metadata,
                trace_context=NO_TRACE,
                retry_context=NO_RETRY,
            )
        )
    )
