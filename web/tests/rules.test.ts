import { expect, test } from "vitest";
import { isGroupId, typed, words, type Mailbox } from "../src/pages/companies/rules";

const USERS = { kind: "licensed_users", skuIds: [], domains: [], groupId: "", mailboxes: [], withoutGuests: false, withoutDisabled: false } as const;
const plain = { ...USERS, skuIds: [] as string[], domains: [] as string[], mailboxes: [] as Mailbox[] };

test("domains are taken however they are separated, with or without the @", () => {
  expect(typed(" contoso.com, @fabrikam.com;sub.contoso.com ")).toEqual(["contoso.com", "fabrikam.com", "sub.contoso.com"]);
  expect(typed(" , ")).toEqual([]);
});

test("a group is named by its object id", () => {
  expect(isGroupId(" 0F5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10 ")).toBe(true);
  expect(isGroupId("All staff")).toBe(false);
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
  expect(words({ ...plain, kind: "mailboxes", mailboxes: ["shared", "room"] }, names)).toBe(
    "Shared mailboxes, Rooms: with a licence or without",
  );
});
