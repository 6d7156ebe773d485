import { expect, test } from "vitest";
import { exceptionOf } from "../src/pages/billing/alertOf";

const alert = (id: string, type: string, of: Partial<Parameters<typeof exceptionOf>[1][number]> = {}) => ({
  id,
  type,
  tenantId: "t",
  who: "Cobalt",
  skuIds: [],
  ...of,
});
const row = (reason: Parameters<typeof exceptionOf>[0]["reason"], of: { tenantId?: string; customer?: string; skuId?: string } = {}) => ({
  reason,
  tenantId: "t",
  customer: "Cobalt",
  skuId: "s",
  ...of,
});

test("an open row leads to the exception of its customer and licence", () => {
  const alerts = [
    alert("other", "no_billing_profile", { skuIds: ["x"] }),
    alert("elsewhere", "no_billing_profile", { tenantId: "u", skuIds: ["s"] }),
    alert("its", "no_billing_profile", { skuIds: ["s"] }),
    alert("auth", "invalid_auth"),
  ];
  expect(exceptionOf(row("not_mapped"), alerts)).toBe("/exceptions/its");
  expect(exceptionOf(row("never_read"), alerts)).toBe("/exceptions/auth");
});

test("a partner connection's row leads to its own exception, and a customer's whose partner is refused to all of the type", () => {
  const alerts = [alert("north", "invalid_auth", { tenantId: "", who: "North" })];
  expect(exceptionOf(row("list_incomplete", { tenantId: "", customer: "North", skuId: "" }), alerts)).toBe("/exceptions/north");
  expect(exceptionOf(row("stale"), alerts)).toBe("/exceptions?type=invalid_auth");
});

test("a row without an exception leads nowhere", () => {
  expect(exceptionOf(row("differs"), [alert("held", "push_held")])).toBe("");
  expect(exceptionOf(row("held"), [])).toBe("");
});
