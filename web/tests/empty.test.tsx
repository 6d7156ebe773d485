import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { NoLicences, whyNobody } from "../src/pages/companies/NoLicences";
import { around } from "./around";

afterEach(cleanup);

type Tenant = NonNullable<Parameters<typeof NoLicences>[0]["tenant"]>;
const READ = { added: true, lastRead: "2026-11-27T02:03:00Z", notReadBecause: null } as Tenant;

test.each([
  [{ ...READ, added: false }, "Add it under Companies"],
  [{ ...READ, lastRead: null }, "“Sync now” reads it at once"],
  [{ ...READ, lastRead: null, notReadBecause: { code: "x", sentence: "No consent." } }, "It could not be read"],
  [READ, "Microsoft listed none"],
])("a customer without licences says why, and what to do next", (tenant, words) => {
  render(<NoLicences tenant={tenant as Tenant} />, { wrapper: around() });
  expect(document.body.textContent).toContain(words);
  // That there are none is only said of a customer that was read.
  expect(screen.queryByText("No licences") !== null).toBe(tenant === READ);
});

test("a licence that nobody has says whether it is paid for, and never that nobody has what is not known", () => {
  expect(whyNobody({ purchased: 5, assigned: 0 })).toContain("Assign them");
  expect(whyNobody({ purchased: 0, assigned: 0 })).toContain("no seat is paid for");
  expect(whyNobody({ purchased: 5, assigned: null })).toContain("not known");
});
