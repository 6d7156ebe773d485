"""Seatwise as an Azure Functions app: registers each blueprint; nothing else."""

import azure.functions as func

from functions import alerts, billing, exclusions, schedule, sync

app = func.FunctionApp()
for module in (schedule, sync, billing, alerts, exclusions):
    app.register_functions(module.bp)
