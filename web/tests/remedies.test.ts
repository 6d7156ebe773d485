import { expect, test } from "vitest";
import { remedyOf } from "../src/pages/exceptions/remedies";

const unused = { type: "unused_licenses", tenantId: "t" };

test("a row offers its own remedy to whoever may do it, and a reader only looks", () => {
  const held = { type: "push_held", tenantId: "t" };
  expect(remedyOf(held, "admin")).toBe("Decide");
  expect(remedyOf(held, "editor")).toBe("Look");
  expect(remedyOf(unused, "editor")).toBe("Exclude");
  expect(remedyOf(unused, "reader")).toBe("Look");
  expect(remedyOf({ type: "invalid_auth", tenantId: "" }, "admin")).toBe("Sign in again");
  expect(remedyOf({ type: "invalid_auth", tenantId: "t" }, "admin")).toBe("Put right");
  expect(remedyOf({ type: "invalid_auth", tenantId: "t" }, "editor")).toBe("Look");
});
