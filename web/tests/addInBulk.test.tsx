import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AddInBulk } from "../src/pages/companies/AddInBulk";
import { around } from "./around";

const candidate = (psaCompany: string, name: string, linked = false) => ({ psaConnection: "cw", psaCompany, name, by: ["name"], linked });
const match = (name: string, state: string, ...candidates: object[]) => ({ tenantId: name, name, domain: `${name}.example`, state, candidates });
const MATCHES = [
  match("Alder", "sure", candidate("1", "Alder")),
  match("Birch", "unsure", candidate("2", "Birch Ltd"), candidate("3", "Birch North"), candidate("4", "Birch North")),
  match("Cedar", "unsure", candidate("5", "Cedar Group", true)),
  match("Dogwood", "none"),
];

let added: { tenantId: string; psaCompany: string }[];

beforeEach(() => {
  added = [];
  // Without a layout a table has no height, and no row in sight.
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname;
    if (path.endsWith("/companies/matches")) return Response.json({ items: MATCHES });
    if (path.endsWith("/psa-connections")) return Response.json({ items: [{ id: "cw", name: "ConnectWise" }] });
    if (path.endsWith("/psa-connections/cw/companies")) return Response.json({ items: [{ id: "9", name: "Dogwood Nurseries", identifier: "" }] });
    ({ companies: added } = (await request.json()) as { companies: typeof added });
    return Response.json({ added: added.length, companies: [] });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function open(): Promise<void> {
  render(<AddInBulk close={() => undefined} />, { wrapper: around() });
  await screen.findByRole("checkbox", { name: "Add Dogwood" });
}

const box = (tenant: string) => screen.getByRole<HTMLInputElement>("checkbox", { name: `Add ${tenant}` });
const places = () => added.map(({ tenantId, psaCompany }) => [tenantId, psaCompany]);
const add = async (button: string) => {
  fireEvent.click(screen.getByRole("button", { name: button }));
  await waitFor(() => expect(added).not.toEqual([]));
};

test("of several companies that a tenant could be none is linked before a person has named it", async () => {
  await open();
  expect(box("Birch").disabled).toBe(true);
  const choice = screen.getByRole("combobox", { name: "Company of Birch in the PSA" });
  expect(within(choice).getAllByRole("option").map(({ textContent }) => textContent)).toEqual([
    "Choose one of 3",
    "Birch Ltd",
    "Birch North (3)",
    "Birch North (4)",
  ]);
  fireEvent.change(choice, { target: { value: "2" } });
  expect(box("Birch").checked).toBe(true);
  await add("Add 2 companies");
  expect(places()).toEqual([["Alder", "1"], ["Birch", "4"]]);
});

test("a match that another tenant has already is told as that, and is linked only by a person", async () => {
  await open();
  expect(screen.getByText(/Cedar Group, which another tenant has already/)).toBeDefined();
  expect(box("Cedar").checked).toBe(false);
  fireEvent.click(box("Cedar"));
  await add("Add 2 companies");
  expect(places()).toEqual([["Alder", "1"], ["Cedar", "5"]]);
});

test("a tenant without a match is linked with the company that a person finds, and not after they thought better of it", async () => {
  await open();
  expect(box("Dogwood").disabled).toBe(true);
  fireEvent.click(screen.getByRole("button", { name: "Find it …: Dogwood" }));
  fireEvent.click(screen.getByRole("combobox", { name: "Company in the PSA" }));
  fireEvent.click(await screen.findByRole("option", { name: "Dogwood Nurseries" }));
  expect(box("Dogwood").checked).toBe(true);
  fireEvent.click(box("Dogwood"));
  expect(screen.getByRole("button", { name: "Add 1 company" })).toBeDefined();
  fireEvent.click(box("Dogwood"));
  await add("Add 2 companies");
  expect(places()).toEqual([["Alder", "1"], ["Dogwood", "9"]]);
});
