import { expect, test } from "vitest";
import { changesOf, durationOf, personChange } from "../src/pages/portal/wording";
import { addresses } from "../src/pages/reports/CompanyReportsPage";
import { outcome } from "../src/pages/reports/SwitchMany";
import { base64Of } from "../src/parts/files";
import { monthName, monthsBefore } from "../src/parts/format";

const counts = (purchased: number | null) => ({ purchased, assigned: null, spare: null, onTrial: 0, inGrace: 0, suspended: 0 });
const change = (before: number | null, after: number | null, notReadSince: string | null = null) => ({
  on: "2026-11-11",
  before: counts(before),
  after: counts(after),
  notReadSince,
});

test("months are told from the day on that it is in the account, the newest first", () => {
  expect(monthsBefore("2026-03-31", 4)).toEqual(["2026-03", "2026-02", "2026-01", "2025-12"]);
  expect(monthsBefore("", 4)).toEqual([]);
  expect(monthName("2026-02")).toBe("February 2026");
});

test("a switch of many says of each company what becomes of it", () => {
  const row = { company: "q", name: "Quayside", wasScheduled: false, scheduled: true, recipients: ["ann@q.example"], whyNot: "" };
  expect(outcome(row)).toBe("goes to ann@q.example on the 1st");
  expect(outcome({ ...row, wasScheduled: true })).toBe("stays on");
  expect(outcome({ ...row, wasScheduled: true, scheduled: false })).toBe("is not sent any more");
  expect(outcome({ ...row, scheduled: false, whyNot: "It has no recipient: add one first." })).toMatch("no recipient");
});

test("empty lines are no recipients", () => {
  expect(addresses(["", " ann@q.example ", "\t", "bob@q.example"])).toEqual(["ann@q.example", "bob@q.example"]);
});

test("a logo that is too large is refused with its own size before it is sent", async () => {
  const file = new File([new Uint8Array(513 * 1024)], "logo.png");
  await expect(base64Of(file, 512 * 1024)).rejects.toThrow("The file has 513 KB; at most 512 KB are allowed.");
  expect(await base64Of(new File(["\x89PNG"], "logo.png"), 512 * 1024)).toBe(btoa("\xc2\x89PNG"));
});

test("a customer reads what changed, and where the day is not known", () => {
  const of = (...changes: ReturnType<typeof change>[]) => changesOf({ name: "E3", changes }).map(({ text }) => text);
  expect(of(change(10, 12))).toEqual(["E3: from 10 to 12 seats"]);
  expect(of(change(null, 1))).toEqual(["E3: 1 seat"]);
  expect(of(change(10, null))).toEqual(["E3: its number is not known"]);
  expect(of(change(10, 10))).toEqual([]);
  expect(of(change(10, 12, "2026-11-09"))).toEqual(["E3: from 10 to 12 seats (it may have been on any day from 9 Nov 2026)"]);
});

test("a customer reads who came, went and changed", () => {
  const person = { name: "Ann", came: ["E3"], went: [] };
  expect(personChange({ ...person, event: "new" })).toBe("Ann got E3");
  expect(personChange({ ...person, event: "changed", went: ["E5"] })).toBe("Ann got E3 and gave up E5");
  expect(personChange({ ...person, event: "gone", came: [], went: ["E5"] })).toBe("Ann has no licence any more (had E5)");
});

test("a term's length is told in words, and nothing where it is not known", () => {
  expect([durationOf("P1Y"), durationOf("P1M"), durationOf("P3Y"), durationOf("")]).toEqual(["1 year", "1 month", "3 years", ""]);
});
