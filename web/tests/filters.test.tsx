import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LedgerPart } from "../src/pages/billing/LedgerPart";
import CompaniesPage from "../src/pages/companies/CompaniesPage";
import { MailsPart } from "../src/pages/settings/MailsPart";
import TodayPage from "../src/pages/today/TodayPage";
import { Table, type Column } from "../src/parts/Table";
import { around } from "./around";

const tenant = (id: string, name: string, notReadBecause: object | null = null) => ({
  id, name, domain: `${id}.example`, added: true, companyId: id, state: "read", lastRead: null, notReadSince: null, notReadBecause, excluded: false, doubted: false, listings: [],
});
const TENANTS = [tenant("t1", "Alder"), tenant("t2", "Birch", { code: "x", sentence: "No consent." })];
const ENTRY = { at: "2026-11-29T02:00:00Z", event: "confirmed", connection: "cw", agreementId: "510", lineId: "9017", mappingId: "m", change: "c", before: 1, after: 2, who: "Seatwise", why: "" };
const SUMMARY = {
  mode: "live", asOf: "2026-11-29T07:00:00Z", lastNight: "2026-11-29T02:00:00Z", pushedOn: "2026-11-29T02:00:00Z", tenantsRead: 2, tenantsNotRead: 0,
  exceptions: [], held: 0, heldSeats: 0, pushed: { written: 3, wouldWrite: 0, failed: 0, unchanged: 19 }, mails: [], mailsFailed: 0,
};
const MAILS = [
  { id: "1", kind: "digest", on: "2026-11-29", recipient: "licences@msp.example", state: "done", since: "2026-11-29T07:00:00Z", subject: "2 new", why: "" },
  { id: "2", kind: "digest", on: "2026-11-28", recipient: "clerk@msp.example", state: "refused", since: "2026-11-28T07:00:00Z", subject: "1 new", why: "No such mailbox." },
];

let asked: string[];
let summary: object;

beforeEach(() => {
  [asked, summary] = [[], SUMMARY];
  history.replaceState(null, "", "/");
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600); // else no row is in sight
  vi.stubGlobal("fetch", async ({ url, headers }: Request) => {
    const { pathname, searchParams } = new URL(url);
    const path = pathname.replace("/api/accounts/a/", "");
    if (path === "summary") return Response.json(summary);
    if (path === "mails") return Response.json({ items: MAILS });
    if (path === "tenants") return Response.json({ items: TENANTS });
    if (path !== "ledger") return Response.json({ items: [] });
    const of = searchParams.get("tenant");
    asked.push(`${headers.get("Accept") === "text/csv" ? "csv" : "page"} ${of ?? "all"}`);
    const entries = TENANTS.filter(({ id }) => !of || id === of).map(({ id }) => ({ ...ENTRY, tenantId: id, mappingId: id }));
    return Response.json({ items: entries, next: of ? null : "more" });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const show = (part: ReactElement) => render(part, { wrapper: around("admin") });
const rows = (name: string) => within(screen.getByRole("table", { name })).getAllByRole("row").length - 1;

test("the ledger of one customer is asked of the API, as its CSV is, and can be linked to", async () => {
  show(<LedgerPart />);
  await screen.findByRole("link", { name: "Birch" });
  const customer = screen.getByRole("combobox", { name: "Customer" });
  fireEvent.click(customer);
  fireEvent.change(customer, { target: { value: "bir" } });
  fireEvent.click(screen.getByRole("option", { name: "Birch" }));
  await waitFor(() => expect(rows("Ledger")).toBe(1));
  expect(screen.getByRole("combobox", { name: "Customer" })).toBe(customer); // the one that has the focus
  expect(location.search).toBe("?tenant=t2");
  fireEvent.click(screen.getByRole("button", { name: "CSV" }));
  await waitFor(() => expect(asked).toEqual(["page all", "page t2", "csv t2"]));
});

test("a search among the newest entries does not say that no older one fits", async () => {
  show(<LedgerPart />);
  await screen.findByRole("link", { name: "Birch" });
  expect(screen.getByRole("status").textContent).toBe("2 so far");
  fireEvent.change(screen.getByRole("searchbox"), { target: { value: "Visio" } });
  await screen.findByText(/No row that is here so far fits the search; there are more/);
});

test("a link leads to the customers that were not read", async () => {
  history.replaceState(null, "", "/companies?show=not_read");
  show(<CompaniesPage />);
  await screen.findByRole("link", { name: "Birch" });
  expect(rows("Tenants")).toBe(1);
  cleanup();
  history.replaceState(null, "", "/companies?show=toString");
  show(<CompaniesPage />);
  await screen.findByRole("link", { name: "Alder" });
  expect(rows("Tenants")).toBe(2);
});

test("each number of Today links on, and what is not well to where it is told", async () => {
  const links = async () => {
    show(<TodayPage />);
    await screen.findByRole("link", { name: /^Mails sent/ });
    const found = Object.fromEntries(screen.getAllByRole("link").map((link) => [link.getAttribute("aria-label") ?? link.textContent, link.getAttribute("href")]));
    cleanup();
    return found;
  };
  expect(await links()).toMatchObject({
    "Open exceptions: 0": "/exceptions",
    "Pushed last night: 3 lines": "/billing/ledger?event=confirmed",
    "Mails sent: 0": "/settings/mails",
  });
  summary = { ...SUMMARY, tenantsNotRead: 1, mailsFailed: 1, pushed: { ...SUMMARY.pushed, failed: 2 } };
  expect(await links()).toMatchObject({
    "1 tenant not read": "/companies?show=not_read",
    "2 lines not in step": "/billing",
    "1 recipient not reached": "/exceptions?type=mail_failed",
  });
});

test("what became of each mail is told, and why one did not arrive", async () => {
  show(<MailsPart />);
  await screen.findByText("licences@msp.example");
  expect(screen.getByText(/No such mailbox/).textContent).toContain("Refused");
});

test("a phone, where columns have no heads, sorts as well", async () => {
  const columns: Column<{ name: string; seats: number }>[] = [
    { key: "name", title: "Name", width: "1fr", cell: ({ name }) => name, value: ({ name }) => name },
    { key: "seats", title: "Seats", width: "1fr", cell: ({ seats }) => seats, value: ({ seats }) => seats },
    { key: "act", title: "", width: "1fr", cell: () => null },
  ];
  const licences = [{ name: "Visio", seats: 3 }, { name: "E3", seats: 40 }, { name: "F3", seats: 12 }];
  show(<Table label="Licences" columns={columns} rows={licences} id={({ name }) => name} text={({ name }) => name} empty="" />);
  const names = () => screen.getAllByText(/^(Visio|E3|F3)$/).map(({ textContent }) => textContent);
  expect(names()).toEqual(["Visio", "E3", "F3"]);
  const sort = screen.getByLabelText("Sort Licences");
  fireEvent.change(sort, { target: { value: "descending seats" } });
  expect(names()).toEqual(["E3", "F3", "Visio"]);
  fireEvent.change(sort, { target: { value: "" } });
  expect(names()).toEqual(["Visio", "E3", "F3"]);
});
