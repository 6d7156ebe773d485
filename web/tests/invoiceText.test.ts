import { expect, test } from "vitest";
import { given } from "../src/parts/mapping/given";
import { toldOf } from "../src/parts/InvoiceText";

test("the preview of a text says what becomes of it, and a text of somebody else stays", () => {
  expect(toldOf({ textState: "to_write", textAfter: "Office | Users: Ann" })).toBe("It becomes: Office | Users: Ann");
  expect(toldOf({ textState: "kept", textAfter: "Office" })).toContain("so it stays");
  expect(toldOf({ textState: "not_known", textAfter: null })).toContain("could not be read");
  expect(toldOf({ textState: "none", textAfter: null })).toBe("");
});

test("a mapping that is saved again keeps every option, also those of its text", () => {
  const options = { namesOnInvoice: true, termsOnInvoice: true, replacesText: "ab12" };
  const mapping = { bill: true, skuId: "s", subscriptionId: "", companyId: "", options };
  expect(given(mapping as Parameters<typeof given>[0]).options).toEqual(options);
});
