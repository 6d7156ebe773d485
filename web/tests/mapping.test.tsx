import { cleanup, fireEvent, render, renderHook, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { ApiProblem } from "../src/api/problem";
import { InvoiceTextPart } from "../src/pages/companies/InvoiceTextPart";
import { MapLicence } from "../src/pages/exceptions/MapLicence";
import { useLivePreview, type Mapping } from "../src/parts/mapping/livePreview";
import { marksOf } from "../src/parts/mapping/refused";
import { around } from "./around";
import { FakeTenant } from "./fakeTenant";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function tenantWith(...mappings: ConstructorParameters<typeof FakeTenant>[0] & object): FakeTenant {
  const tenant = new FakeTenant(mappings);
  vi.stubGlobal("fetch", tenant.fetch);
  return tenant;
}

const mapping = (minimum: number): Mapping => ({ skuId: "s", options: { minimum } }) as Mapping;
const choose = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });

test("a preview is asked for once the mapping stands, and given up as soon as it changes", async () => {
  const tenant = tenantWith();
  tenant.held = [];
  const { result, rerender } = renderHook(({ wanted }) => useLivePreview("t", wanted), {
    wrapper: around(),
    initialProps: { wanted: [mapping(1)] },
  });
  await new Promise((typed) => setTimeout(typed, 100));
  rerender({ wanted: [mapping(2)] });
  await waitFor(() => expect(tenant.held).toHaveLength(1));
  expect(tenant.previewed).toEqual([[mapping(2)]]);
  expect(result.current.previewed).toBeNull();

  rerender({ wanted: [mapping(3)] });
  expect(tenant.given[0]?.aborted).toBe(true);
  await waitFor(() => expect(tenant.held).toHaveLength(2));
  tenant.held[0]?.(); // what was given up is answered late
  expect(result.current.previewed).toBeNull();
  tenant.held[1]?.();
  await waitFor(() => expect(result.current.previewed).toEqual([mapping(3)]));
});

test("of a changed mapping nothing may be saved before its own preview is there, while that of before is still shown", async () => {
  tenantWith();
  const { result, rerender } = renderHook(({ wanted }) => useLivePreview("t", wanted), {
    wrapper: around(),
    initialProps: { wanted: [mapping(1)] },
  });
  await waitFor(() => expect(result.current.previewed).toEqual([mapping(1)]));
  rerender({ wanted: [mapping(2)] });
  expect(result.current.previewed).toBeNull();
  expect(result.current.waits).toBe(true);
  expect(result.current.shown?.lines).toHaveLength(1);
  await waitFor(() => expect(result.current.previewed).toEqual([mapping(2)]));
});

test("a refusal marks the field of the mapping that it is about, and no field for another mapping", () => {
  const refused = (field: string) => new ApiProblem({ status: 400, title: "", detail: `${field}: no.`, code: "no", field });
  const fields = ["lineId", "moreSeats"];
  expect(marksOf(refused("lineId"), 2, fields).of("lineId")).toEqual({ validationState: "error", validationMessage: "no." });
  expect(marksOf(refused("mappings.2.options.moreSeats"), 2, fields).of("moreSeats").validationMessage).toBe("no.");
  const other = marksOf(refused("mappings.1.lineId"), 2, fields);
  expect(other.of("lineId")).toEqual({});
  expect(other.rest).not.toBeNull();
});

test("a licence is mapped as its preview says, and the tenant's other mappings stay", async () => {
  const tenant = tenantWith({ id: "m", skuId: "other", profile: "p0" });
  const close = vi.fn();
  render(<MapLicence tenantId="t" skuId="s" companyId="" close={close} />, { wrapper: around() });
  await screen.findByText(/here stands what that would do/);
  expect(button("Map it").disabled).toBe(true);
  choose("Billing profile", "p1");
  await screen.findByText(/Take over line 9021/);
  choose("Line", "9021");
  await screen.findByText("The line says 5 seats; it would say 7 seats. 7 are purchased.");
  await waitFor(() => expect(button("Map it").disabled).toBe(false));

  fireEvent.click(screen.getByRole("checkbox", { name: "Names of the users" }));
  expect(button("Map it").disabled).toBe(true);
  await waitFor(() => expect(button("Map it").disabled).toBe(false));
  fireEvent.click(button("Map it"));
  await waitFor(() => expect(close).toHaveBeenCalled());
  expect(tenant.saved).toEqual([tenant.previewed.at(-1)]);
  expect(tenant.saved[0]).toMatchObject([
    { skuId: "other", profile: "p0" },
    { skuId: "s", lineId: "9021", options: { namesOnInvoice: true } },
  ]);
});

test("why a mapping would not be saved stands at its field, and it cannot be saved", async () => {
  const tenant = tenantWith();
  tenant.refusal = { detail: "Line 9021 has ended. Choose another line.", field: "lineId" };
  render(<MapLicence tenantId="t" skuId="s" companyId="" close={vi.fn()} />, { wrapper: around() });
  await screen.findByText(/here stands what that would do/);
  choose("Billing profile", "p1");
  await screen.findByText(/Take over line 9021/);
  choose("Line", "9021");
  await screen.findByText("Line 9021 has ended. Choose another line.");
  expect(screen.getByLabelText("Line").getAttribute("aria-invalid")).toBe("true");
  expect(button("Map it").disabled).toBe(true);
});

test("what somebody else mapped meanwhile is shown beside what was chosen, and a person chooses", async () => {
  const tenant = tenantWith();
  render(<MapLicence tenantId="t" skuId="s" companyId="" close={vi.fn()} />, { wrapper: around() });
  await screen.findByText(/here stands what that would do/);
  choose("Billing profile", "p1");
  await screen.findByText(/Take over line 9021/);
  choose("Line", "9021");
  await waitFor(() => expect(button("Map it").disabled).toBe(false));
  tenant.mappings = [{ id: "m", skuId: "s", profile: "p1", agreementId: "310", lineId: "77", connection: "cw" }];
  fireEvent.click(button("Map it"));

  const beside = await screen.findByRole("alert");
  expect(beside.textContent).toContain("stored now “Premium, Managed, line 77”, yours “Premium, Managed, line 9021”");
  expect(tenant.saved).toEqual([]);
  await waitFor(() => expect(button("Save mine").disabled).toBe(false));
  fireEvent.click(button("Save mine"));
  await waitFor(() => expect(tenant.saved).toMatchObject([[{ skuId: "s", lineId: "9021" }]]));
});

test("a text on the invoice is previewed as it is edited, and a conflict shows both", async () => {
  const tenant = tenantWith({ id: "s", skuId: "s", profile: "p1", options: { basis: "assigned", invoiceText: "" } });
  tenant.text = { textState: "kept", textBefore: "Theirs", textAfter: "Ours", textDigest: "ab12" };
  const mapped = { mappingId: "s", companyId: "", textState: "kept", textThere: "Theirs", textRefused: "" };
  render(<InvoiceTextPart tenant="t" mapped={mapped as Parameters<typeof InvoiceTextPart>[0]["mapped"]} />, { wrapper: around() });
  // Of a text of somebody else it is said at once what would take its place.
  fireEvent.click(await screen.findByRole("checkbox", { name: "Replace the text that is there" }));
  expect(button("Save").disabled).toBe(true);
  await waitFor(() => expect(tenant.previewed.at(-1)).toMatchObject([{ options: { replacesText: "ab12", basis: "assigned" } }]));
  await waitFor(() => expect(button("Save").disabled).toBe(false));

  fireEvent.change(screen.getByLabelText("Own description"), { target: { value: "Office" } });
  await waitFor(() => expect(button("Save").disabled).toBe(false));
  tenant.mappings = [{ id: "s", skuId: "s", profile: "p1", options: { basis: "assigned", invoiceText: "Desk" } }];
  fireEvent.click(button("Save"));
  const beside = await screen.findByRole("alert");
  expect(beside.textContent).toContain("Own description: stored now “Desk”, yours “Office”");
  await waitFor(() => expect(button("Save mine").disabled).toBe(false));
  fireEvent.click(button("Save mine"));
  await waitFor(() => expect(tenant.saved).toMatchObject([[{ options: { invoiceText: "Office", replacesText: "ab12" } }]]));
});
