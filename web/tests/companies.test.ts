import { expect, test } from "vitest";
import { steps } from "../src/pages/companies/SeatsChart";
import { terms, type Licence } from "../src/pages/companies/CompanyPage";
import { changeOf } from "../src/pages/settings/AuditPart";
import { words } from "../src/pages/settings/AlertsPart";

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
});

test("a parameter's name is read as words", () => {
  expect(words("phone_resource_accounts")).toBe("Phone resource accounts");
  expect(words("daysAhead")).toBe("Days ahead");
});

test("an audit entry tells the fields that a change changed, the first of them", () => {
  expect(changeOf('{"hour":7,"name":"A","zone":"UTC"}', '{"hour":8,"name":"A","zone":"UTC"}')).toBe("hour: 7 → 8");
  expect(changeOf("", '{"id":"x","name":"Cobalt","by":null}')).toBe("id: x; name: Cobalt");
  expect(changeOf("{}", '{"a":1,"b":2,"c":3,"d":4}')).toBe("a: 1; b: 2; c: 3; and 1 more");
  expect(changeOf("preview", "live")).toBe("preview → live");
});
