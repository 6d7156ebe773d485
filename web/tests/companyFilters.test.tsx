import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { CompanyFilters } from "../src/pages/companies/CompanyFilters";
import { around } from "./around";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const NONE = { office: [], department: [], state: [], city: [] };
const TEXTS = { ...NONE, office: [{ text: "Bern", users: 3 }, { text: "Basel", users: 2 }] };
type Filters = Record<keyof typeof NONE, string[]>;

/** The companies of one tenant behind the API, as far as the drawer asks. */
class FakeCompanies {
  added: unknown[] = [];
  previewed: unknown[] = [];
  refusal: object | null = null;
  private version = 1;

  constructor(public filters: Filters) {}

  /** By somebody else. */
  change(filters: Filters): void {
    this.filters = filters;
    this.version += 1;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname;
    if (path.endsWith("/filters/preview")) {
      this.previewed.push(await request.json());
      return Response.json({ users: 5, fit: 2, inSeveral: 0, inNone: 0, licences: [], texts: TEXTS });
    }
    if (path.endsWith("/psa-connections")) return Response.json({ items: [{ id: "cw", name: "ConnectWise" }] });
    if (path.endsWith("/psa-connections/cw/companies")) return Response.json({ items: [{ id: "104", name: "Quayside" }] });
    if (path.endsWith("/companies/c")) return this.company(request);
    if (request.method !== "POST") return Response.json({ items: [this.shown()] });
    const asked = (await request.json()) as object;
    if (this.refusal) return Response.json(this.refusal, { status: 409 });
    this.added.push(asked);
    return Response.json({ ...this.shown(), ...asked, id: "d" }, { status: 201 });
  };

  private shown() {
    return { id: "c", tenantId: "t", name: "Alder", filters: this.filters };
  }

  private async company(request: Request): Promise<Response> {
    if (request.method === "PATCH") {
      if (request.headers.get("If-Match") !== `"${this.version}"`) {
        return Response.json({ status: 412, title: "", detail: "Changed.", code: "changed" }, { status: 412 });
      }
      this.change(((await request.json()) as { filters: Filters }).filters);
    }
    return Response.json(this.shown(), { headers: { ETag: `"${this.version}"` } });
  }
}

function open(filters: Filters): FakeCompanies {
  const companies = new FakeCompanies(filters);
  vi.stubGlobal("fetch", companies.fetch);
  render(<CompanyFilters tenant="t" close={vi.fn()} />, { wrapper: around() });
  return companies;
}

/** Type a text into a field of the last form that has it, and take it. */
async function take(label: string, text: string, option: RegExp): Promise<void> {
  const field = screen.getAllByRole("combobox", { name: label }).at(-1) as HTMLElement;
  fireEvent.click(field);
  fireEvent.change(field, { target: { value: text } });
  fireEvent.click(await screen.findByText(option));
}

test("a tenant that is a whole company says what to do before it can be several", async () => {
  open(NONE);
  await screen.findByText(/Choose first which of them are Alder’s/);
  expect(screen.queryByRole("button", { name: /Add another company/ })).toBeNull();
});

test("a second company of a tenant is added with filters of its own, which are previewed as nobody's yet", async () => {
  const companies = open({ ...NONE, office: ["Bern"] });
  fireEvent.click(await screen.findByRole("button", { name: "Add another company of this tenant" }));
  const add = await screen.findByRole<HTMLButtonElement>("button", { name: "Add company" });
  await take("Company in the PSA", "Quay", /Quayside/);
  expect(add.disabled).toBe(true); // without filters it would be everybody's
  await take("Office", "Basel", /Basel/);
  await waitFor(() => expect(companies.previewed.at(-1)).toEqual({ companyId: "", filters: { ...NONE, office: ["Basel"] } }));

  companies.refusal = { status: 409, title: "", detail: "Alder has the same filters.", code: "conflict", field: "filters" };
  fireEvent.click(add);
  await screen.findByText("Alder has the same filters.");
  companies.refusal = null;
  fireEvent.click(add);
  await screen.findByRole("button", { name: "Add another company of this tenant" });
  expect(companies.added).toEqual([
    { tenantId: "t", psaConnection: "cw", psaCompany: "104", name: "Quayside", partnerConnection: "", filters: { ...NONE, office: ["Basel"] } },
  ]);
});

test("filters that somebody else saved meanwhile stand beside one's own", async () => {
  const companies = open(NONE);
  await screen.findByRole("combobox", { name: "Office" });
  await take("Office", "Basel", /Basel/);
  companies.change({ ...NONE, office: ["Bern"] });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  const beside = await screen.findByRole("alert");
  expect(beside.textContent).toContain("Office: stored now “Bern”, yours “Basel”");
  fireEvent.click(screen.getByRole("button", { name: "Save mine" }));
  await waitFor(() => expect(companies.filters.office).toEqual(["Basel"]));
});
