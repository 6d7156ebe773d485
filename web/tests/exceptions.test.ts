import { expect, test } from "vitest";
import { askedBy, scopesOf } from "../src/pages/exceptions/ExcludeForm";
import { age, newFirst } from "../src/pages/exceptions/ExceptionsPage";
import { partsOf } from "../src/pages/exceptions/parts";
import { stateOf } from "../src/pages/guide/steps";
import { headline } from "../src/pages/today/TodayPage";
import { counted, money, timeIn } from "../src/parts/format";

const unused = { type: "unused_licenses", tenantId: "t", skuIds: ["s"], excludableBy: ["licence", "sku", "tenant"] };
const choice = { scope: "licence", howLong: "always", spare: "5", until: "2027-01-31", reason: "season" } as const;

test("an exclusion offers the narrowest scope first, and a licence only where the row has one", () => {
  expect(scopesOf(unused)).toEqual(["licence", "tenant", "sku"]);
  expect(scopesOf({ ...unused, skuIds: ["a", "b"] })).toEqual(["tenant"]);
  expect(scopesOf({ ...unused, tenantId: "" })).toEqual(["sku"]);
});

test("an exclusion asks for exactly what was chosen", () => {
  expect(askedBy({ ...choice, howLong: "spare" }, unused)).toMatchObject({
    tenantId: "t",
    skuId: "s",
    type: "unused_licenses",
    spareAtMost: 5,
    until: null,
  });
  expect(askedBy({ ...choice, scope: "tenant", howLong: "date" }, unused)).toMatchObject({
    tenantId: "t",
    skuId: "",
    type: null,
    until: "2027-01-31",
  });
  // A condition that only a licence can have is left behind when the scope is changed.
  expect(askedBy({ ...choice, scope: "sku", howLong: "renewal" }, unused)).toMatchObject({
    tenantId: "",
    skuId: "s",
    untilRenewal: false,
    spareAtMost: null,
  });
});

test("ages, counts, money and times read as people say them", () => {
  expect(age("2026-11-27T02:00:00Z", "2026-11-27T09:00:00Z")).toBe("new");
  expect(age("2026-11-26T02:00:00Z", "2026-11-27T09:00:00Z")).toBe("1 day");
  expect(counted(1, "company", "companies")).toBe("1 company");
  expect(counted(1200, "seat")).toBe("1,200 seats");
  expect(money("1840.5", "£")).toBe("£1,840.50");
  expect(money(-3, "$")).toBe("−$3.00");
  expect(timeIn("America/New_York", "2026-11-28T02:00:00Z")).toContain("27 Nov");
  expect(timeIn("UTC", "2025-11-28T02:00:00Z", new Date("2026-01-02T00:00:00Z"))).toContain("2025");
  expect(timeIn("UTC", "2026-11-28T02:00:00Z", new Date("2026-01-02T00:00:00Z"))).not.toContain("2026");
});

test("the first sentence of the day says whether everything is fine", () => {
  const type = { type: "x", title: "X", rows: 1, urgent: 0, money: "0" };
  expect(headline({ asOf: null, exceptions: [] })).toMatch("Nothing has been read");
  expect(headline({ asOf: "2026-11-28T02:00:00Z", exceptions: [] })).toMatch("Everything is fine");
  expect(headline({ asOf: "2026-11-28T02:00:00Z", exceptions: [type] })).toBe("1 exception needs a person.");
  expect(headline({ asOf: "2026-11-28T02:00:00Z", exceptions: [{ ...type, rows: 24, urgent: 3 }] })).toBe(
    "24 exceptions need a person, 3 of them urgent.",
  );
});

test("a step of the guide says how far it is", () => {
  expect(stateOf({ step: "add_companies", there: 0, missing: 0 })).toBe("Not begun");
  expect(stateOf({ step: "add_companies", there: 0, missing: 41 })).toBe("41 tenants without a company");
  expect(stateOf({ step: "add_companies", there: 13, missing: 1 })).toBe("13 companies added, 1 tenant without a company");
});

test("of a licence with several subscriptions the account's choice comes first, and what is mapped is not offered", () => {
  const bought = (id: string, seats: number) => ({ id, seats, renewsOn: null });
  const subscriptions = [bought("s1", 4), bought("s2", 6)];
  const row = { subscriptionId: "", purchased: 10, subscriptions, parts: ["s1", "s2"], startsSplit: false, mapped: null };
  const ids = (rows: Parameters<typeof partsOf>[0]) => partsOf(rows).map(({ subscriptionId }) => subscriptionId);
  expect(ids([row])).toEqual(["", "s1", "s2"]);
  expect(ids([{ ...row, startsSplit: true }])).toEqual(["s1", "s2", ""]);
  expect(ids([{ ...row, parts: [] }])).toEqual([""]);
  const part = { ...row, parts: [], purchased: 4 };
  const mapped = {} as NonNullable<Parameters<typeof partsOf>[0][number]["mapped"]>;
  const rows = [
    { ...part, subscriptionId: "s1", mapped },
    { ...part, subscriptionId: "s2" },
    { ...part, subscriptionId: "s3", purchased: 0 },
  ];
  expect(ids(rows)).toEqual(["s2"]);
});

test("what is new comes before what is known already, else in the order of the API", () => {
  const at = (day: number, money: number) => ({ money, openedAt: `2027-01-0${day}T06:00:00Z` });
  const given = [at(2, 1), at(4, 3), at(2, 2), at(4, 4)];
  expect(newFirst(given, "2027-01-04T07:00:00Z").map(({ money }) => money)).toEqual([3, 4, 1, 2]);
});
