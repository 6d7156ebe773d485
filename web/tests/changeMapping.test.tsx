import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { ChangeMapping } from "../src/pages/companies/ChangeMapping";
import type { Licence } from "../src/pages/companies/CompanyPage";
import { dayAfter, leavingFrom, leftTold, lineOf, monthEnd } from "../src/parts/mapping/leaving";
import { numberOf } from "../src/parts/mapping/PreviewedLine";
import { around } from "./around";
import { CHOICES, FakeTenant } from "./fakeTenant";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const BILLED = { id: "s", skuId: "s", profile: "p1", connection: "cw", agreementId: "310", lineId: "77" };
const OTHER = { id: "o", skuId: "other", profile: "p1", connection: "cw", agreementId: "310", lineId: "12" };
const OPTIONS = { basis: "assigned", included: 1, minimum: 0, difference: 0, invoiceText: "Office", soldByOthers: "counted", besideExisting: false };

/** The section of one licence that is mapped so, in a tenant with another mapping; its agreement Other has no line. */
async function shown(mapping: Record<string, unknown> | null, role?: Parameters<typeof around>[0]): Promise<FakeTenant> {
  const tenant = new FakeTenant([OTHER, ...(mapping ? [{ ...BILLED, ...mapping }] : [])]);
  tenant.agreements = [...CHOICES.agreements, { id: "320", name: "Other", moreSeats: [], fewerSeats: [] }];
  tenant.lines["310"] = [{ ...CHOICES.lines[0], id: "77", tenantId: "t", mappingId: "s" }];
  vi.stubGlobal("fetch", tenant.fetch);
  const mapped = mapping && { ...BILLED, mappingId: "s", companyId: "", bill: true, ...mapping };
  const licence = { skuId: "s", subscriptionId: "", mapped } as unknown as Licence;
  render(<ChangeMapping tenant="t" licence={licence} />, { wrapper: around(role) });
  return tenant;
}

const choose = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const valueOf = (label: string) => screen.getByLabelText<HTMLInputElement>(label).value;
const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });
const press = (name: string) => fireEvent.click(button(name));
const ready = (name: string) => waitFor(() => expect(button(name).disabled).toBe(false));

async function elsewhere(options: object = OPTIONS): Promise<FakeTenant> {
  const tenant = await shown({ options });
  press("Map it elsewhere …");
  await screen.findByText(/Keep line 77/);
  return tenant;
}

test("a mapping is changed from what it says now, and without another line no last day is asked for", async () => {
  const tenant = await elsewhere();
  expect([valueOf("Billing profile"), valueOf("Agreement"), valueOf("Line")]).toEqual(["p1", "310", "77"]);
  expect([valueOf("Basis"), valueOf("Included quantity"), valueOf("Own description")]).toEqual(["assigned", "1", "Office"]);
  expect(screen.queryByLabelText("Last day of line 77")).toBeNull();
  await ready("Map it");
  expect(tenant.previewed.at(-1)).toMatchObject([OTHER_GIVEN, { skuId: "s", lineId: "77", options: OPTIONS }]);
});

const OTHER_GIVEN = { skuId: "other", lineId: "12" };

test("a licence is mapped elsewhere with the last day of its old line, and both are previewed before it is saved", async () => {
  const tenant = await elsewhere();
  choose("Agreement", "320");
  await screen.findByLabelText("Last day of line 77");
  expect(valueOf("Last day of line 77")).toBe("2031-05-31");
  choose("Last day of line 77", "2026-12-31");
  expect(valueOf("First day of the new line")).toBe("2027-01-01");
  await screen.findByText("Line 77 bills its 5 seats until 31 Dec 2026, and nothing after it.");
  await ready("Map it");
  choose("Last day of line 77", "2026-12-30");
  expect(button("Map it").disabled).toBe(true);
  await ready("Map it");
  press("Map it");
  await waitFor(() => expect(tenant.said).toHaveLength(1));
  expect(tenant.saved[0]).toEqual(tenant.previewed.at(-1));
  expect(tenant.said[0]).toMatchObject({
    lastDays: { "cw/77": "2026-12-30" },
    mappings: [OTHER_GIVEN, { agreementId: "320", lineId: "", options: { ...OPTIONS, starts: "2026-12-31" } }],
  });
});

test("a line that a person took over may be left as it is, a line that a new one replaces may not", async () => {
  const tenant = await elsewhere();
  tenant.lines["320"] = CHOICES.lines;
  choose("Agreement", "320");
  await screen.findByText(/Take over line 9021/);
  choose("Line", "9021");
  fireEvent.click(screen.getByRole("radio", { name: "I look after it myself from now on" }));
  await ready("Map it");
  expect(screen.getByText("Line 77 stays in the PSA as it is: Seatwise writes nothing to it any more.")).toBeTruthy();
  choose("Line", "create");
  expect(screen.queryByRole("radio")).toBeNull();
  await ready("Map it");
  choose("Line", "9021");
  await ready("Map it");
  press("Map it");
  await waitFor(() => expect(tenant.said).toMatchObject([{ lookedAfter: ["cw/77"] }]));
  expect(tenant.said[0]?.lastDays).toBeUndefined();
});

test("a difference of a hand edit goes along to another line only by a person's word", async () => {
  const tenant = await elsewhere({ ...OPTIONS, difference: 2 });
  choose("Agreement", "320");
  const word = await screen.findByLabelText("The 2 seats more are right for the other line, too");
  await new Promise((settled) => setTimeout(settled, 600));
  expect(button("Map it").disabled).toBe(true);
  fireEvent.click(word);
  await ready("Map it");
  press("Map it");
  await waitFor(() => expect(tenant.said).toMatchObject([{ keepsDifferences: true }]));
});

test("why the old line cannot end on that day stands at the day", async () => {
  const tenant = await elsewhere();
  tenant.refusal = { detail: "The agreement ends on 15 Dec 2026.", field: "lastDays" };
  choose("Agreement", "320");
  await screen.findByText("The agreement ends on 15 Dec 2026.");
  expect(screen.getByLabelText("Last day of line 77").getAttribute("aria-invalid")).toBe("true");
  expect(button("Map it").disabled).toBe(true);
});

test.each([
  ["notBilled", [OTHER_GIVEN, { skuId: "s", bill: false }]],
  ["notMapped", [OTHER_GIVEN]],
])("billing is stopped with a last day, previewed, and the licence is then %s", async (afterwards, mappings) => {
  const tenant = await shown({ options: OPTIONS });
  press("Stop billing …");
  await screen.findByLabelText("Last day of line 77");
  choose("Last day of line 77", "2026-12-31");
  choose("Afterwards the licence is", afterwards);
  await screen.findByText("Line 77 bills its 5 seats until 31 Dec 2026, and nothing after it.");
  await ready("Stop billing it");
  press("Stop billing it");
  await waitFor(() => expect(tenant.said).toMatchObject([{ mappings, lastDays: { "cw/77": "2026-12-31" } }]));
  expect(tenant.saved[0]).toHaveLength(mappings.length);
  expect(tenant.saved[0]).toEqual(tenant.previewed.at(-1));
});

test("who stops billing sees beside it what somebody else mapped meanwhile, and ends the line that it has now", async () => {
  const tenant = await shown({ options: OPTIONS });
  press("Stop billing …");
  await screen.findByLabelText("Last day of line 77");
  await ready("Stop billing it");
  tenant.mappings = [OTHER, { ...BILLED, lineId: "88" }];
  press("Stop billing it");
  const beside = await screen.findByRole("alert");
  expect(beside.textContent).toContain("stored now “Premium, Managed, line 88”, yours “not billed”");
  expect(tenant.said).toEqual([]);
  await ready("Save mine");
  choose("Last day of line 88", "2026-12-31");
  await ready("Save mine");
  press("Save mine");
  await waitFor(() => expect(tenant.said).toMatchObject([{ lastDays: { "cw/88": "2026-12-31" } }]));
});

test("a preview that is refused for what somebody else saved meanwhile shows that", async () => {
  const tenant = await shown({ options: OPTIONS });
  press("Stop billing …");
  await screen.findByLabelText("Last day of line 77");
  await ready("Stop billing it");
  tenant.mappings = [OTHER, { ...BILLED, bill: false }];
  tenant.refusal = { detail: "Line 77 is not left by these mappings.", field: "lastDays" };
  choose("Last day of line 77", "2026-12-31");
  await screen.findByText(/stored now “not billed”, yours “not billed”/);
});

test("what is marked “do not bill” is billed again, by its old line where that is not ended yet", async () => {
  const tenant = await shown({ bill: false });
  tenant.ending = [{ tenantId: "t", connection: "cw", agreementId: "310", lineId: "77", lastDay: "2026-12-31", proven: false }];
  press("Bill it …");
  await screen.findByLabelText("Billing profile");
  expect(screen.queryByRole("button", { name: "Do not bill" })).toBeNull();
  choose("Billing profile", "p1");
  choose("Agreement", "310");
  await screen.findByText("Bill on, not only until 31 Dec 2026: line 77: Business Premium, 5");
  choose("Line", "77");
  await ready("Bill it");
  press("Bill it");
  await waitFor(() => expect(tenant.saved).toMatchObject([[OTHER_GIVEN, { skuId: "s", lineId: "77" }]]));
  expect(tenant.said[0]?.lastDays).toBeUndefined();
});

test("a licence without a mapping is mapped from its drawer, and a reader sees nothing of it", async () => {
  await shown(null, "reader");
  expect(screen.queryByRole("button")).toBeNull();
  cleanup();
  const tenant = await shown(null);
  press("Map it …");
  await screen.findByLabelText("Billing profile");
  choose("Billing profile", "p1");
  choose("Agreement", "320");
  await ready("Map it");
  press("Map it");
  await waitFor(() => expect(tenant.saved).toMatchObject([[OTHER_GIVEN, { skuId: "s", agreementId: "320", lineId: "" }]]));
});

test("a last day is at first the end of the month that it is by the account's day", () => {
  expect(leavingFrom("2026-11-30").lastDay).toBe("2026-11-30");
  expect(leavingFrom("").lastDay).toBe("");
  expect([monthEnd("2028-02-01"), monthEnd("2026-12-31")]).toEqual(["2028-02-29", "2026-12-31"]);
  expect([dayAfter("2028-02-28"), dayAfter("2026-12-31"), dayAfter("")]).toEqual(["2028-02-29", "2027-01-01", ""]);
});

test("the line that bills a licence is the one of its mapping, also where it was made for it", () => {
  const mapped = { connection: "cw", agreementId: "310", lineId: "77" };
  const stored = { skuId: "s", connection: "cw", agreementId: "310", lineId: "" };
  expect(lineOf(stored, mapped)).toEqual(mapped);
  expect(lineOf({ ...stored, agreementId: "320" }, mapped)).toBeNull();
  expect(lineOf({ ...stored, lineId: "88" }, mapped)?.lineId).toBe("88");
  expect(lineOf({ ...stored, bill: false }, mapped)).toBeNull();
  expect(lineOf(undefined, mapped)).toBeNull();
});

test("what a new line would say is told without the words of one that is there", () => {
  const line = { lineId: "", before: 0, after: 14, effective: "2026-12-01", why: "" };
  expect(numberOf(line)).toBe("A new line would say 14 seats from 1 Dec 2026.");
  expect(numberOf({ ...line, lineId: "77" })).toBe("The line says 0 seats; it would say 14 seats from 1 Dec 2026.");
  expect(numberOf({ ...line, after: null, why: "It cannot be read." })).toBe("There is no line yet; It cannot be read.");
});

test("of lines of equal ids in two PSA connections it is told which one stays", () => {
  const ends = { connection: "cw", lineId: "77", seats: 1, lastDay: "2026-12-31", how: "no_seats", why: "" };
  expect(leftTold({ ending: [ends] as never, left: ["cw/77", "halo/77"] })).toEqual([
    "Line 77 bills its 1 seat until 31 Dec 2026, and nothing after it. This PSA then gets no seats for it, which cannot be taken back.",
    "Line halo/77 stays in the PSA as it is: Seatwise writes nothing to it any more.",
  ]);
});

test("of a line without seats, which ends with what bills beside it, nothing is said to be billed", () => {
  const ends = { connection: "cw", lineId: "77", seats: 0, lastDay: "2026-12-10", how: "date", why: "" };
  expect(leftTold({ ending: [ends, { ...ends, lineId: "78", seats: 2 }] as never, left: ["cw/77"] })).toEqual([
    "Line 77 has no seats, and is ended on 10 Dec 2026.",
    "Line 78 bills its 2 seats until 10 Dec 2026, and nothing after it.",
  ]);
});
