import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AlertsPart } from "../src/pages/settings/AlertsPart";
import { differing } from "../src/pages/settings/alertTypes";
import { around } from "./around";

const days = (value: number) => ({ name: "days", value, default: 30, mustBe: "a number of days" });
const type = (name: string, title: string, of: object = {}) => ({ type: name, title, about: "About it.", on: true, addresses: [] as string[], excludableBy: [], parameters: [], ...of });
const SETTINGS = {
  addresses: ["all@msp.example"], frequency: "daily", hour: 7, repeatAfterDays: 7, companyAddresses: {},
  types: [type("push_held", "Held pushes"), type("renewal_due", "Renewals due", { parameters: [days(30)] })],
};
type Settings = typeof SETTINGS;

/** Alert settings behind the API, with their ETag. */
let stored: Settings;
let version: number;
let asked: Record<string, unknown>[];
let refusal: { detail: string; field: string } | null;

beforeEach(() => {
  [stored, version, asked, refusal] = [SETTINGS, 1, [], null];
  vi.stubGlobal("fetch", async (request: Request) => {
    const etag = `"${version}"`;
    if (new URL(request.url).pathname.endsWith("/tenants")) return Response.json({ items: [{ id: "t1", name: "Alder" }, { id: "t2", name: "Birch" }] });
    if (request.method === "GET") return Response.json(stored, { headers: { ETag: etag } });
    asked.push((await request.json()) as Record<string, unknown>);
    if (refusal) return Response.json({ status: 400, title: "", code: "invalid", ...refusal }, { status: 400 });
    if (request.headers.get("If-Match") !== etag) return Response.json({ status: 412, title: "", detail: "Changed.", code: "changed" }, { status: 412 });
    version += 1;
    return Response.json(stored, { headers: { ETag: `"${version}"` } });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const write = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const part = (title: string) => within(screen.getByRole("group", { name: title }));
const save = (title: string) => fireEvent.click(part(title).getByRole("button", { name: "Save" }));
const open = async (role: "owner" | "reader" = "owner") => {
  render(<AlertsPart />, { wrapper: around(role) });
  await screen.findByLabelText("Notification addresses");
};

test("an alert type is mailed to addresses of its own, and empty lines are none", async () => {
  await open();
  fireEvent.click(screen.getByRole("button", { name: "Mail it to others: Renewals due" }));
  write("Who gets “Renewals due”", "sales@msp.example\n\n buyer@msp.example ");
  save("Alerts");
  await waitFor(() => expect(asked).toHaveLength(1));
  expect(asked[0]?.types).toEqual({
    renewal_due: { on: true, addresses: ["sales@msp.example", "buyer@msp.example"], parameters: { days: 30 } },
  });
});

test("a refused address of a type is marked at that type", async () => {
  await open();
  refusal = { detail: "nobody is not an e-mail address.", field: "types.renewal_due.addresses.0" };
  fireEvent.click(screen.getByRole("button", { name: "Mail it to others: Renewals due" }));
  write("Who gets “Renewals due”", "nobody");
  save("Alerts");
  await waitFor(() => expect(screen.getByLabelText("Who gets “Renewals due”").getAttribute("aria-invalid")).toBe("true"));
});

test("what is about a customer is mailed to addresses of its own until they are taken away", async () => {
  stored = { ...SETTINGS, companyAddresses: { t1: ["alder@msp.example"] } };
  await open();
  await screen.findByLabelText("Who gets what is about Alder");
  fireEvent.click(screen.getByRole("combobox", { name: "Add a customer" }));
  fireEvent.click(screen.getByRole("option", { name: "Birch" }));
  write("Who gets what is about Birch", "birch@msp.example");
  fireEvent.click(screen.getByRole("button", { name: "Take away: Alder" }));
  save("Customers with addresses of their own");
  await waitFor(() => expect(asked).toEqual([{ companyAddresses: { t2: ["birch@msp.example"] }, types: null }]));
});

test("a reader sees who gets what, and no button to change it", async () => {
  stored = { ...SETTINGS, companyAddresses: { t1: ["alder@msp.example"] } };
  await open("reader");
  expect((await screen.findByLabelText<HTMLTextAreaElement>("Who gets what is about Alder")).disabled).toBe(true);
  expect(screen.queryAllByRole("button", { name: /Mail it|Take away|Save/ })).toEqual([]);
});

test("of alert types only those that were changed here are a conflict, told in words, and are saved", async () => {
  await open();
  fireEvent.click(screen.getByRole("switch", { name: "Held pushes" }));
  version += 1;
  stored = { ...SETTINGS, types: [type("push_held", "Held pushes", { addresses: ["boss@msp.example"] }), type("renewal_due", "Renewals due", { parameters: [days(60)] })] };
  save("Alerts");
  const beside = await part("Alerts").findByRole("alert");
  expect(beside.textContent).toContain("stored now “Held pushes: on, to boss@msp.example”, yours “Held pushes: off”");
  expect(screen.getByLabelText<HTMLInputElement>("Days").value).toBe("60");
  fireEvent.click(within(beside).getByRole("button", { name: "Save mine" }));
  await waitFor(() => expect(asked.at(-1)).toEqual({ types: { push_held: { on: false, addresses: [], parameters: {} } } }));
  expect(differing([], [])).toBe("nothing else");
});
