"""Seatwise as an Azure Functions app: registers each blueprint; nothing else."""

import azure.functions as func

from functions.api import route
from functions.pages import exclude, tenant_consent
from functions.queues import alerts, billing, deletion, invitations, reports, sync, tick

app = func.FunctionApp()
for module in (tick, sync, billing, alerts, invitations, reports, deletion, exclude, tenant_consent, route):
    app.register_functions(module.bp)
