"""A small app with every kind of function that the local host knows."""

import json
import os
import time
import typing
from pathlib import Path

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
# Told at run time, never at import: the app must load with an empty environment.
NOTES = "SAMPLE_NOTES"


def note(what: str, **more: object) -> None:
    """Append to a file that the test reads: what a function saw, in order."""
    line = json.dumps({"what": what, "at": time.time(), "pid": os.getpid(), **more}, default=str)
    with Path(os.environ[NOTES]).open("a") as notes:
        notes.write(line + "\n")


@app.route("echo/{name}/{more?}", methods=["GET", "POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "query": dict(req.params),
        "route": dict(req.route_params),
        "headers": dict(req.headers),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", headers={"X-Seen": "yes"})


@app.route("echo/literal")
def literal(req: func.HttpRequest) -> str:
    return f"literal {req.method}"


@app.route("numbers/{value:int}")
async def numbers(req: func.HttpRequest) -> str:
    return str(int(req.route_params["value"]) + 1)


@app.route("broken")
def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("broken as wished")


@app.route("cookie")
def cookie(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ok", headers={"Set-Cookie": "a=1; Path=/; HttpOnly; SameSite=Lax"})


@app.route("guarded", auth_level=func.AuthLevel.FUNCTION)
def guarded(req: func.HttpRequest) -> str:
    return "guarded"


@app.route("ruled", auth_level=func.AuthLevel.ADMIN)
def ruled(req: func.HttpRequest) -> str:
    return "ruled"


@app.route("send", methods=["POST"])
@app.queue_output("messages", queue_name="work", connection="AzureWebJobsStorage")
def send(req: func.HttpRequest, messages: func.Out[typing.List[str]]) -> str:  # noqa: UP006 - the library's rule
    messages.set([str(item) for item in req.get_json()])
    return "sent"


@app.queue_trigger("message", queue_name="work", connection="AzureWebJobsStorage")
@app.queue_output("$return", queue_name="%SAMPLE_RESULTS%", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage) -> str:
    body = message.get_body().decode()
    note("work", body=body, delivery=message.dequeue_count, id=message.id, inserted=message.insertion_time)
    if body.startswith("fail"):
        raise ValueError(body)
    if body.startswith("sleep "):
        time.sleep(float(body.removeprefix("sleep ")))
    note("worked", body=body)
    return body.upper()


@app.queue_trigger("message", queue_name="work-poison", connection="AzureWebJobsStorage")
def poisoned(message: func.QueueMessage) -> None:
    body = message.get_body().decode()
    note("poisoned", body=body)
    if body == "fail here":
        raise ValueError(body)


@app.timer_trigger(arg_name="timer", schedule="0 */15 * * * *")
def tick(timer: func.TimerRequest) -> None:
    status = timer.schedule_status  # type: ignore[attr-defined]
    note("tick", past_due=timer.past_due, status=status)
    time.sleep(0.3)
    note("ticked")


@app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *", use_monitor=False)
def failing_tick(timer: func.TimerRequest) -> None:
    note("failing_tick")
    raise RuntimeError("the tick broke")
