"""Seatwise as an Azure Functions app: registers each blueprint; nothing else."""

import azure.functions as func

from functions.pages import exclude
from functions.queues import alerts, billing, sync, tick

app = func.FunctionApp()
for module in (tick, sync, billing, alerts, exclude):
    app.register_functions(module.bp)
