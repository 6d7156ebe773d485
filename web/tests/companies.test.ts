import { expect, test } from "vitest";
import { steps } from "../src/pages/companies/SeatsChart";
import type { Licence } from "../src/pages/companies/CompanyPage";
import { terms } from "../src/pages/companies/terms";
import { changesOf, sentenceOfChange, subjectOf } from "../src/pages/settings/changes";
import { words } from "../src/parts/format";

const day = (on: string, purchased: number | null) => ({ on, purchased, assigned: null, inGrace: null, suspended: null, onTrial: null });
const NOW = Date.parse("2026-11-11");

test("a number holds from its day until the next, and the newest until now", () => {
  const path = steps([day("2026-11-01", 10), day("2026-11-06", 20)], 20, (one) => one.purchased, NOW);
  expect(path).toBe("M0 48L240 48L240 2L480 2");
});

test("a time without a number to trust is a gap", () => {
  const path = steps(
    [day("2026-11-01", 20), day("2026-11-03", null), day("2026-11-06", 20)],
    20,
    (one) => one.purchased,
    NOW,
  );
  expect(path).toBe("M0 2L96 2M240 2L480 2");
});

test("the soonest renewal of a licence is told, and that it ends where one is not renewed", () => {
  const subscription = (renewsOn: string | null, autoRenew: boolean) => ({ renewsOn, autoRenew });
  const licence = (...subscriptions: unknown[]) => ({ partNumber: "SPB", subscriptions }) as unknown as Licence;
  expect(terms(licence())).toBe("SPB");
  expect(terms(licence(subscription("2027-03-01", true), subscription("2027-02-01", true)))).toBe(
    "2 subscriptions, renews 1 Feb 2027",
  );
  expect(terms(licence(subscription("2027-03-01", false)))).toBe("1 subscription, ends 1 Mar 2027");
  const yearly = { ...subscription("2027-03-01", true), term: "P1Y" };
  expect(terms(licence(yearly))).toBe("1 subscription for a year, renews 1 Mar 2027");
  expect(terms(licence(yearly, { ...yearly, term: "P1M" }))).toBe("2 subscriptions, renews 1 Mar 2027");
});

test("a parameter's name is read as words", () => {
  expect(words("phone_resource_accounts")).toBe("Phone resource accounts");
  expect(words("daysAhead")).toBe("Days ahead");
});

const told = (before: string, after: string) => changesOf(before, after, (id) => (id === "t1" ? "Cobalt" : id)).map(sentenceOfChange);

test("an audit entry tells each field that changed, in words, before and after", () => {
  expect(told('{"hour":7,"name":"A","zone":"UTC"}', '{"hour":8,"name":"A","zone":"UTC"}')).toEqual(["Hour: 7 → 8"]);
  expect(told("", '{"tenant_id":"t1","slug":"unused_licenses","by":null}')).toEqual(["Customer: Cobalt", "Alert type: Unused licenses"]);
  expect(told('{"digest":{"to":["a@x.example"],"on":true}}', '{"digest":{"to":["a@x.example","b@x.example"],"on":false}}')).toEqual([
    "Digest, to: a@x.example → a@x.example, b@x.example",
    "Digest, on: yes → no",
  ]);
  expect(told('{"rules":[{"days":3}]}', '{"rules":[]}')).toEqual(["Rules, 1., days: 3 → nothing"]);
  expect(told("preview", "live")).toEqual(["preview → live"]);
});

test("of a change that the log keeps only the beginning of, no piece is shown as if it were all", () => {
  expect(told("", '{"recipients":["a@x.exa')).toEqual(["This change was too long to be kept here whole."]);
});

test("what an entry of the audit log was done to is told by its name, and an id of it comes last", () => {
  const name = (id: string) => (id === "demo" ? "Harbour IT" : id);
  const made = { subject: "54756dc416a1", before: "", after: '{"id": "54756dc416a1", "name": "Managed users"}' };
  expect(subjectOf(made, name)).toBe("Managed users");
  expect(subjectOf({ ...made, subject: "demo" }, name)).toBe("Harbour IT");
  expect(subjectOf({ subject: "x1", before: "", after: "kept" }, name)).toBe("x1");
  expect(changesOf(made.before, made.after).map(({ field }) => field)).toEqual(["Name", "Id"]);
});
