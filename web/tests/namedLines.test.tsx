import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CertificatePart } from "../src/pages/billing/CertificatePart";
import { LedgerPart } from "../src/pages/billing/LedgerPart";
import { PlanPart } from "../src/pages/billing/PlanPart";
import { CompanyPage } from "../src/pages/companies/CompanyPage";
import { around } from "./around";

const LINE = { connection: "cw", agreementId: "510", lineId: "9017", mappingId: "m", tenantId: "t" };
const HELD = { ...LINE, skuId: "s", company: "Kestrel", profileName: "Frontline", effect: "held", before: 40, after: 12, effective: null, reasons: ["tenant_loss"], decided: null, why: "" };
const DRIFT = { ...HELD, mappingId: "n", lineId: "9018", effect: "drift", reasons: [] };
const ALERTS = [
  { id: "push_held-1", type: "push_held", tenantId: "t", who: "Kestrel", skuIds: ["s"] },
  { id: "line_drift-1", type: "line_drift", tenantId: "t", who: "Kestrel", skuIds: ["s"] },
];
const ROW = { tenantId: "t", customer: "Kestrel", skuId: "s", subscriptionId: "", name: "Microsoft 365 F3", seats: 40, billed: 40, money: "300", standing: "billed", reason: "billed", sentence: "", connection: "cw", agreementId: "510", lineId: "9017" };
const OPEN = { ...ROW, name: "Visio", standing: "open", sentence: "Paid for and billed nowhere.", connection: "", agreementId: "", lineId: "" };
const TOTAL = { rows: 1, seats: 40, money: "300" };
const MAPPED = { ...LINE, companyId: "", bill: true, profile: "p1", state: "in_step", confirmed: 40, why: "" };
const LICENCE = { skuId: "s", subscriptionId: "", name: "Microsoft 365 F3", partNumber: "F3", purchased: 40, assigned: 40, spare: 0, subscriptions: [], parts: [], notCountable: "", watched: true, mapped: MAPPED };
const LISTS: Record<string, object[]> = {
  "psa-connections": [{ id: "cw", name: "ConnectWise" }],
  "billing-profiles": [{ id: "p1", name: "Frontline" }],
  tenants: [{ id: "t", name: "Kestrel" }],
  alerts: ALERTS,
  "certificate/rows": [ROW, OPEN],
  ledger: [{ ...LINE, at: "2026-11-29T02:00:00Z", event: "confirmed", change: "c", before: 40, after: 41, who: "eva@msp.example (1f)", why: "" }],
  "tenants/t/licences": [LICENCE],
};

let plan: object[];
let agreements: () => Response;

beforeEach(() => {
  plan = [HELD, DRIFT];
  agreements = () => Response.json({ items: [{ id: "510", name: "Kestrel - Microsoft 365" }] });
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600); // else no row is in sight
  vi.stubGlobal("fetch", async ({ url }: Request) => {
    const path = new URL(url).pathname.replace("/api/accounts/a/", "");
    if (path === "psa-connections/cw/agreements") return agreements();
    if (path === "plan/lines") return Response.json({ items: plan });
    if (path === "tenants/t") return Response.json({ id: "t", name: "Kestrel", listings: [], added: true });
    if (path === "certificate") return Response.json({ readyToInvoice: true, balances: true, missing: [], billed: TOTAL, excluded: TOTAL, open: TOTAL });
    return Response.json({ items: LISTS[path] ?? [] });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const show = (part: ReactElement) => render(part, { wrapper: around("admin") });

test.each([
  ["plan", <PlanPart />, 2],
  ["ledger", <LedgerPart />, 1],
  ["certificate", <CertificatePart />, 1],
  ["company", <CompanyPage tenant="t" />, 1],
] as [string, ReactElement, number][])("the %s tells the agreement of a line by its name", async (_, part, lines) => {
  show(part);
  expect(await screen.findAllByText(/Kestrel - Microsoft 365/)).toHaveLength(lines);
});

test("an agreement that no list tells is told by its id", async () => {
  agreements = () => Response.json({ status: 409, title: "", detail: "Not read yet.", code: "not_read_yet" }, { status: 409 });
  show(<LedgerPart />);
  await screen.findByText("Line 9017 on 510");
  await screen.findByText("eva@msp.example");
});

test("a licence tells what it is billed as", async () => {
  show(<CompanyPage tenant="t" />);
  await screen.findByText("Frontline, line 9017 on Kestrel - Microsoft 365");
});

test("what the plan asks a person for leads to its exception, and once it is decided says how", async () => {
  show(<PlanPart />);
  expect((await screen.findByRole("link", { name: "Approve or reject it." })).getAttribute("href")).toBe("/exceptions/push_held-1");
  expect(screen.getByRole("link", { name: "Choose which number is right." }).getAttribute("href")).toBe("/exceptions/line_drift-1");
  cleanup();
  plan = [{ ...HELD, decided: "rejected" }];
  show(<PlanPart />);
  await screen.findByText(/It is rejected: the line stays as it is/);
  expect(screen.queryByRole("link", { name: "Approve or reject it." })).toBeNull();
});

test("rows of the certificate are looked at by how they stand", async () => {
  show(<CertificatePart />);
  await screen.findByText("Visio");
  fireEvent.click(screen.getByRole("combobox", { name: "How rows stand" }));
  fireEvent.click(screen.getByRole("option", { name: "Billed" }));
  const table = within(screen.getByRole("table", { name: "Rows of the certificate" }));
  expect(table.queryByText("Visio")).toBeNull();
  expect(table.getByText("Microsoft 365 F3")).toBeDefined();
});
