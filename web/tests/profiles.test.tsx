import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiProblem } from "../src/api/problem";
import { ProfilesPart } from "../src/pages/billing/ProfilesPart";
import { AddProfiles } from "../src/pages/billing/profiles/AddProfiles";
import { EditProfile } from "../src/pages/billing/profiles/EditProfile";
import { aboutOf, givenTerms, meaningOf, priceOf, priceWords } from "../src/pages/billing/profiles/terms";
import { around } from "./around";

const PROFILE = { id: "p1", name: "Premium", connection: "cw", productId: "22", billable: "billable", priceRule: "percent", price: null, percent: "5", agreementTypes: ["Managed"], licences: 3 };
type Profile = Parameters<typeof EditProfile>[0]["profile"];

/** Billing profiles behind the API, with their ETags. */
class FakeProfiles {
  stored: Record<string, unknown> = PROFILE;
  asked: [string, unknown][] = [];
  refusal: { detail: string; field: string } | null = null;

  readonly fetch = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname;
    if (path.endsWith("/psa-connections")) return Response.json({ items: [{ id: "cw", name: "ConnectWise" }] });
    if (path.endsWith("/products")) return Response.json({ items: ["Basic", "Standard"].map((name, id) => ({ id: String(id), name, sku: name })) });
    if (request.method === "GET") return Response.json(this.stored, { headers: { ETag: this.etag() } });
    const body = request.body ? ((await request.json()) as Record<string, unknown>) : null;
    this.asked.push([request.method, body]);
    if (this.refusal) return problem(422, this.refusal.detail, this.refusal.field);
    if (request.method === "DELETE") return problem(409, "3 licences are billed by this profile.", "");
    if (request.method === "POST") {
      const { profiles } = body as { profiles: { name: string }[] };
      return Response.json({ profiles: profiles.map((one, at) => ({ ...one, id: at ? `new ${at}` : "p1" })) });
    }
    if (request.headers.get("If-Match") !== this.etag()) return problem(412, "Somebody else changed it.", "");
    this.stored = { ...this.stored, ...body };
    return Response.json(this.stored, { headers: { ETag: this.etag() } });
  };

  private etag(): string {
    return `"${encodeURIComponent(JSON.stringify(this.stored))}"`;
  }
}

const problem = (status: number, detail: string, field: string) =>
  Response.json({ status, title: "", detail, code: "no", field }, { status });

let fake: FakeProfiles;

beforeEach(() => {
  fake = new FakeProfiles();
  vi.stubGlobal("fetch", fake.fetch);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const write = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const edit = async () => {
  render(<EditProfile profile={PROFILE as Profile} close={vi.fn()} />, { wrapper: around("admin") });
  await screen.findByLabelText("Name");
};

test("a change of a profile keeps what is not on the form, and says what it means before it is saved", async () => {
  await edit();
  write("Name", "Business Premium");
  write("Percent, less with a minus", "7.5");
  screen.getByText("3 licences are billed by it.");
  screen.getByText(/the next sync writes the new name/);
  screen.getByText(/A line of another price in the PSA is not written/);
  expect(fake.asked).toEqual([]);
  press("Save");
  const given = { name: "Business Premium", connection: "cw", productId: "22", agreementTypes: ["Managed"], billable: "billable", priceRule: "percent", percent: "7.5" };
  await waitFor(() => expect(fake.asked).toEqual([["PUT", given]]));
});

test("a percentage that was typed over is never saved as somebody else's fixed price", async () => {
  await edit();
  write("Percent, less with a minus", "7.5");
  fake.stored = { ...PROFILE, priceRule: "fixed", price: "20.00", percent: null };
  press("Save");
  const beside = await screen.findByRole("alert");
  expect(beside.textContent).toContain("Price: stored now “20.00”, yours “+7.5 %”");
  press("Save mine");
  await waitFor(() => expect(fake.asked.at(-1)?.[1]).toMatchObject({ priceRule: "percent", percent: "7.5" }));
  expect(fake.asked.at(-1)?.[1]).not.toHaveProperty("price");
});

test("a profile that is still used is not ended, and why is told", async () => {
  await edit();
  press("End this profile");
  await screen.findByText("3 licences are billed by this profile.");
  expect(fake.asked).toEqual([["DELETE", null]]);
});

test("profiles for several products are made at one price, once the name that was refused is another one", async () => {
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600); // a table shows the rows that there is room for
  render(<AddProfiles profiles={[PROFILE as NonNullable<Profile>]} close={vi.fn()} />, { wrapper: around("admin") });
  fireEvent.click(await screen.findByLabelText("Add Basic"));
  fireEvent.click(screen.getByLabelText("Add Standard"));
  write("Name for Standard", "Premium");
  fake.refusal = { detail: "There is a profile of this name.", field: "profiles.1.name" };
  press("Make 2 profiles");
  await waitFor(() => expect(screen.getByLabelText("Name for Standard").getAttribute("aria-invalid")).toBe("true"));
  expect(screen.getByLabelText("Name for Basic").getAttribute("aria-invalid")).not.toBe("true");
  fake.refusal = null;
  write("Name for Standard", "Business Standard");
  press("Make 2 profiles");
  await screen.findByText("Basic: was there already");
  screen.getByText("Business Standard: made");
  const one = (name: string, productId: string) => ({ name, connection: "cw", productId, billable: "billable", priceRule: "psa" });
  expect(fake.asked.at(-1)).toEqual(["POST", { profiles: [one("Basic", "0"), one("Business Standard", "1")] }]);
});

test("a rule is given with its own number only", () => {
  const price = (rule: "psa" | "fixed" | "percent") => givenTerms({ billable: "billable", price: { rule, amount: " 5 " } });
  expect(price("psa")).toEqual({ billable: "billable", priceRule: "psa" });
  expect(price("fixed")).toEqual({ billable: "billable", priceRule: "fixed", price: "5" });
  expect(price("percent")).toEqual({ billable: "billable", priceRule: "percent", percent: "5" });
  expect(priceWords(priceOf({ priceRule: "percent", price: null, percent: "-5" }))).toBe("-5 %");
});

test("a profile that bills nothing yet means nothing for anybody", () => {
  expect(meaningOf({ name: "n", billable: "no_charge", price: { rule: "psa", amount: "" } }, 0)).toEqual(["0 licences are billed by it."]);
  expect(meaningOf({ billable: "no_charge" }, 1)).toEqual([
    "1 licence is billed by it.",
    "A line that the PSA does not charge as “No charge” is not written until one of them is put right.",
  ]);
});

test("a refusal is about the field of one of several profiles, or of the only one", () => {
  const refused = (field: string) => new ApiProblem({ status: 422, title: "", detail: "", code: "no", field });
  expect(aboutOf(refused("profiles.2.name"), 3)).toEqual({ at: 2, field: "name" });
  expect(aboutOf(refused("name"), 1)).toEqual({ at: 0, field: "name" });
  expect(aboutOf(refused("name"), 3)).toBeNull();
  expect(aboutOf(null, 1)).toBeNull();
});

test("a profile tells its product by the PSA's name for it, and by its id where the PSA does not list it", async () => {
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600); // else no row is in sight
  const listed = [PROFILE, { ...PROFILE, id: "p2", name: "Basic", productId: "1" }];
  vi.stubGlobal("fetch", (request: Request) =>
    new URL(request.url).pathname.endsWith("/billing-profiles") ? Promise.resolve(Response.json({ items: listed })) : fake.fetch(request),
  );
  render(<ProfilesPart />, { wrapper: around("reader") });
  await screen.findByText("Standard");
  const [, ...rows] = screen.getAllByRole("row").map((row) => row.textContent);
  expect(rows.map((row) => /22|Standard/.exec(row ?? "")?.[0]).sort()).toEqual(["22", "Standard"]);
});
