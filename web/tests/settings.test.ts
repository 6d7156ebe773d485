import { expect, test } from "vitest";
import { addressesIn, changeOf, parameterTitle, valueOf } from "../src/pages/settings/alertSettings";
import { differing } from "../src/parts/SaveBar";

const days = { name: "days", mustBe: "a number of days from 1 to 365", default: 30, value: 30 };
const renewal = { type: "renewal_due", title: "Renewals due", about: "", on: true, addresses: [], excludableBy: [], parameters: [days] };
const base = {
  addresses: ["a@x.example"],
  frequency: "daily" as const,
  hour: 7,
  repeatAfterDays: 7,
  companyAddresses: {},
  types: [renewal, { ...renewal, type: "unused_licenses", parameters: [] }],
};

test("only the alert types that were changed are sent, with what differs from their defaults", () => {
  const draft = { ...base, types: [{ ...renewal, parameters: [{ ...days, value: 60 }] }, base.types[1] as typeof renewal] };
  expect(changeOf(draft, base).types).toEqual({ renewal_due: { on: true, parameters: { days: 60 } } });
  expect(changeOf(base, base).types).toEqual({});
});

test("addresses are one a line, or separated as people separate them", () => {
  expect(addressesIn([" a@x.example ", "", "b@x.example; c@x.example"])).toEqual(["a@x.example", "b@x.example", "c@x.example"]);
});

test("a number is sent as one, and anything else as it was typed, for the API to refuse", () => {
  expect(valueOf("60", 30)).toBe(60);
  expect(valueOf("soon", 30)).toBe("soon");
  expect(valueOf("", 30)).toBe("");
  expect(valueOf("60", "text")).toBe("60");
  expect(parameterTitle("phone_resource_accounts")).toBe("Phone resource accounts");
});

test("two versions stand side by side where they differ", () => {
  expect(differing({ a: 1, b: [1] }, { a: 1, b: [2] })).toEqual(["b"]);
});
