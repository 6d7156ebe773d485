"""The guide from an empty account to its first push: what is there, and what is missing."""

from fastapi import APIRouter

from functions.api.models import Shown, examples
from functions.api.principal import Reader
from shared.accounts.directory import load_account
from shared.alerts.setup_guide import Step, guide

router = APIRouter(prefix="/accounts/{account}/setup-guide", tags=["setup guide"])


class ShownStep(Shown):
    step: Step
    done: bool
    there: int
    """How many connections, companies, profiles, licences (with a line, or not billed), or addresses there are."""
    missing: int
    """How many need somebody still: connections that fail, tenants without a company, licences without a profile."""
    waits_for: list[Step]
    """Steps that must be begun before this one can be."""


class SetupGuide(Shown):
    model_config = Shown.model_config | examples(
        {
            "finished": False,
            "steps": [
                {"step": "connect_partner", "done": True, "there": 1, "missing": 0, "waitsFor": []},
                {
                    "step": "add_companies",
                    "done": False,
                    "there": 0,
                    "missing": 41,
                    "waitsFor": ["connect_psa"],
                },
            ],
        }
    )

    finished: bool
    """Nothing keeps the account from billing by itself: each step was begun, and it is live."""
    steps: list[ShownStep]


@router.get("", operation_id="getSetupGuide")
def get_setup_guide(asking: Reader) -> SetupGuide:
    """Tenants and licences that are missing are counted as of the newest evaluation, all else as of now."""
    steps = guide(asking.tables, load_account(asking.tables, asking.account))
    return SetupGuide(
        finished=all(step.there for step in steps),
        steps=[
            ShownStep(
                step=step.step,
                done=step.done,
                there=step.there,
                missing=step.missing,
                waits_for=list(step.waits_for),
            )
            for step in steps
        ],
    )
