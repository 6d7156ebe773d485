import { expect, test } from "vitest";
import { typed, words } from "../src/pages/companies/rules";

const USERS = { kind: "licensed_users", skuIds: [], domains: [], withoutGuests: false, withoutDisabled: false } as const;
const plain = { ...USERS, skuIds: [] as string[], domains: [] as string[] };

test("domains are taken however they are separated, with or without the @", () => {
  expect(typed(" contoso.com, @fabrikam.com;sub.contoso.com ")).toEqual(["contoso.com", "fabrikam.com", "sub.contoso.com"]);
  expect(typed(" , ")).toEqual([]);
});

test("a rule is told in words", () => {
  const names = new Map([["a", "Basic"], ["b", "Premium"]]);
  expect(words({ ...plain, kind: "sum", skuIds: ["a", "b"] }, names)).toBe("The seats of Basic and Premium");
  expect(words({ ...plain, kind: "sum", skuIds: ["a", "x"] }, names)).toBe(
    "The seats of Basic and 1 licence that the customer has not",
  );
  expect(words({ ...plain, domains: ["contoso.com"], withoutGuests: true, withoutDisabled: true }, names)).toBe(
    "Users of contoso.com with a licence that costs money, without guests and disabled accounts",
  );
});
