"""The guides are true where a test can tell: every alert has its section, links lead somewhere, commands are there."""

import re
from pathlib import Path

import pytest

import function_app
from bench import chart, costs, goals, pages
from shared.alerts.rules import RULES

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "web").glob("*.md")])
WORKFLOWS = [ROOT / ".ci/run", *sorted((ROOT / ".github/workflows").glob("*.yml"))]
GUIDES = (
    "deploy consent psa-rights first-month alerts upgrade backup rotate-secrets costs privacy threat-model"
)
GUIDES += " performance"


def test_every_alert_type_has_its_section_in_the_order_of_the_mail() -> None:
    sections = re.findall(r"^## (.+)$", (ROOT / "docs/alerts.md").read_text(), re.MULTILINE)
    assert sections == [rule.words.title for rule in RULES]


def test_the_guides_are_there_and_the_readme_or_the_deploy_guide_leads_to_each() -> None:
    lead = "".join((ROOT / page).read_text() for page in ("README.md", "docs/deploy.md"))
    for name in GUIDES.split():
        assert (ROOT / f"docs/{name}.md").exists()
        assert f"{name}.md" in lead, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_file_that_is_there(page: Path) -> None:
    for target, part in re.findall(r"\]\(([^)#:\s]*)(?:#([\w-]+))?\)", page.read_text()):
        there = page.parent / target if target else page
        assert there.exists(), f"{page.name}: {target}"
        assert not part or part in _parts(there), f"{page.name}: {target}#{part}"


def _parts(page: Path) -> set[str]:
    """What a link may lead to within a page, as GitHub calls its headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *WORKFLOWS], ids=lambda page: page.name)
def test_a_command_of_a_guide_is_one_of_the_makefile(page: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = set(re.findall(r"(?:`|^    |run: |^)make ([a-z-]+)", page.read_text(), re.MULTILINE))
    assert said <= known


def test_the_deploy_guide_knows_how_many_functions_there_are() -> None:
    functions = len(function_app.app._function_builders)
    assert f"`az functionapp function list` shows {functions} when" in (ROOT / "docs/deploy.md").read_text()


@pytest.mark.parametrize("guide", GUIDES.split())
def test_a_path_that_a_guide_names_is_there(guide: str) -> None:
    said = (ROOT / f"docs/{guide}.md").read_text()
    for path in re.findall(r"`((?:shared|functions|infra|sandbox|bench|tests)/[\w./-]*\w)/?`", said):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("name", pages.PAGES)
def test_the_figures_of_a_page_are_those_of_the_last_measurement(name: str) -> None:
    found = pages.figures()
    assert (ROOT / "docs" / name).read_text() == pages.page(name, found)
    assert (ROOT / "docs/performance.svg").read_text() == chart.svg(found)


def test_costs_follow_from_the_counts() -> None:
    found = pages.figures()
    before = sum(item.dollars for item in costs.items(found))
    found["nights"]["W1"]["storage_operations_per_tenant"] *= 2
    found["nights"]["W1"]["seconds"] *= 2
    assert sum(item.dollars for item in costs.items(found)) > before


def test_a_goal_that_is_missed_is_said_to_be_missed_and_by_how_much() -> None:
    assert goals.Row("P6", "CPU", 30, 20).verdict == "missed by 50%"
    assert goals.Row("P3", "writes", 1, 0, exactly=True).verdict == "missed by 1"
    assert goals.Row("P5", "faster", 10, 20, at_least=True).verdict == "missed by 50%"
    assert goals.Row("P5", "faster", 20, 20, at_least=True).verdict == "met"
    assert goals.Row("P9", "wall", None, 5, why_not="no time").verdict == "not measured: no time"
