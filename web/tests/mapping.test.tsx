import { cleanup, fireEvent, render, renderHook, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { ApiProblem } from "../src/api/problem";
import { MappingPart } from "../src/pages/companies/MappingPart";
import { MapLicence } from "../src/pages/exceptions/MapLicence";
import { useLivePreview, type Mapping, type Saving } from "../src/parts/mapping/livePreview";
import { optionsOf, quantityWords, typedOf, wrongIn } from "../src/parts/mapping/quantity";
import { marksOf } from "../src/parts/mapping/refused";
import { around } from "./around";
import { FakeTenant } from "./fakeTenant";

const Mapped = (props: { textState?: string; textThere?: string }) => {
  const mapped = { mappingId: "s", companyId: "", textState: "none", textThere: "", textRefused: "", ...props };
  return <MappingPart tenant="t" mapped={mapped as Parameters<typeof MappingPart>[0]["mapped"]} />;
};

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
const saving = (minimum: number): Saving => ({ mappings: [mapping(minimum)] });
const choose = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const isWrong = (label: string) => screen.getByLabelText(label).getAttribute("aria-invalid") === "true";
const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });

test("a preview is asked for once the mapping stands, and given up as soon as it changes", async () => {
  const tenant = tenantWith();
  tenant.held = [];
  const { result, rerender } = renderHook(({ wanted }) => useLivePreview("t", wanted), {
    wrapper: around(),
    initialProps: { wanted: saving(1) },
  });
  await new Promise((typed) => setTimeout(typed, 100));
  rerender({ wanted: saving(2) });
  await waitFor(() => expect(tenant.held).toHaveLength(1));
  expect(tenant.previewed).toEqual([[mapping(2)]]);
  expect(result.current.previewed).toBeNull();

  rerender({ wanted: saving(3) });
  expect(tenant.given[0]?.aborted).toBe(true);
  await waitFor(() => expect(tenant.held).toHaveLength(2));
  tenant.held[0]?.(); // what was given up is answered late
  expect(result.current.previewed).toBeNull();
  tenant.held[1]?.();
  await waitFor(() => expect(result.current.previewed).toEqual(saving(3)));
});

test("of a changed mapping nothing may be saved before its own preview is there, while that of before is still shown", async () => {
  tenantWith();
  const { result, rerender } = renderHook(({ wanted }) => useLivePreview("t", wanted), {
    wrapper: around(),
    initialProps: { wanted: saving(1) },
  });
  await waitFor(() => expect(result.current.previewed).toEqual(saving(1)));
  rerender({ wanted: saving(2) });
  expect(result.current.previewed).toBeNull();
  expect(result.current.waits).toBe(true);
  expect(result.current.shown?.lines).toHaveLength(1);
  await waitFor(() => expect(result.current.previewed).toEqual(saving(2)));
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
  render(<Mapped textState="kept" textThere="Theirs" />, { wrapper: around() });
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

test("what a mapping bills is previewed as it is edited, and saved with its other options", async () => {
  const options = { basis: "purchased", included: 0, minimum: 0, difference: 0, namesOnInvoice: true };
  const tenant = tenantWith({ id: "o", skuId: "other", profile: "p0" }, { id: "s", skuId: "s", profile: "p1", options });
  render(<Mapped />, { wrapper: around() });
  await screen.findByLabelText("Basis");
  expect(button("Save").disabled).toBe(true);
  choose("Basis", "assigned");
  choose("Included quantity", "2");
  choose("Minimum quantity", "6");
  choose("Difference", "−1");
  await screen.findByText("The line says 5 seats; it would say 5 seats. 7 are purchased.");
  await waitFor(() => expect(button("Save").disabled).toBe(false));
  fireEvent.click(button("Save"));
  const saved = { basis: "assigned", included: 2, minimum: 6, difference: -1, namesOnInvoice: true };
  await waitFor(() => expect(tenant.saved).toMatchObject([[{ skuId: "other" }, { skuId: "s", options: saved }]]));
  expect(tenant.saved).toEqual([tenant.previewed.at(-1)]);
});

test("a number that makes no sense is marked at its field, and neither previewed nor saved", async () => {
  const tenant = tenantWith({ id: "s", skuId: "s", profile: "p1", options: { included: 1 } });
  render(<Mapped />, { wrapper: around() });
  await screen.findByLabelText("Basis");
  choose("Included quantity", "2.5");
  choose("Difference", "a lot");
  await screen.findByText(/Put right what is marked/);
  expect([isWrong("Included quantity"), isWrong("Minimum quantity"), isWrong("Difference")]).toEqual([true, false, true]);
  await new Promise((settled) => setTimeout(settled, 600));
  expect(tenant.previewed).toEqual([]);
  expect(button("Save").disabled).toBe(true);
  choose("Included quantity", "2");
  choose("Difference", "-2");
  await screen.findByText("The line says 5 seats; it would say 3 seats. 7 are purchased.");
});

test("what the API says of a basis stands at the basis, and a conflict shows both numbers", async () => {
  const stored = (minimum: number) => ({ id: "s", skuId: "s", profile: "p1", options: { basis: "assigned", minimum } });
  const tenant = tenantWith(stored(0));
  render(<Mapped />, { wrapper: around() });
  await screen.findByLabelText("Basis");
  tenant.refusal = { detail: "Choose the assigned ones.", field: "mappings.0.options.basis" };
  choose("Basis", "purchased");
  await screen.findByText("Choose the assigned ones.");
  expect([isWrong("Basis"), isWrong("Included quantity")]).toEqual([true, false]);
  expect(button("Save").disabled).toBe(true);

  tenant.refusal = null;
  choose("Minimum quantity", "8");
  await waitFor(() => expect(button("Save").disabled).toBe(false));
  tenant.mappings = [stored(3)];
  fireEvent.click(button("Save"));
  const beside = await screen.findByRole("alert");
  expect(beside.textContent).toContain("Basis: stored now “Assigned seats”, yours “Purchased seats”");
  expect(beside.textContent).toContain("Minimum quantity: stored now “3”, yours “8”");
  expect(tenant.saved).toEqual([]);
});

test("a new mapping bills what is typed, and of a part of the users only assigned seats can be counted", async () => {
  const tenant = tenantWith();
  render(<MapLicence tenantId="t" skuId="s" companyId="leeds" close={vi.fn()} />, { wrapper: around() });
  await screen.findByText(/here stands what that would do/);
  choose("Billing profile", "p1");
  await screen.findByText(/Take over line 9021/);
  choose("Line", "9021");
  choose("Minimum quantity", "-1");
  await screen.findByText(/Put right what is marked/);
  expect(button("Map it").disabled).toBe(true);
  choose("Minimum quantity", "9");
  await screen.findByText("The line says 5 seats; it would say 9 seats. 7 are purchased.");
  const bases = [...(screen.getByLabelText<HTMLSelectElement>("Basis").options)].map(({ text }) => text);
  expect(bases).toEqual(["Assigned seats"]);
  await waitFor(() => expect(button("Map it").disabled).toBe(false));
  fireEvent.click(button("Map it"));
  const options = { basis: "assigned", included: 0, minimum: 9, difference: 0 };
  await waitFor(() => expect(tenant.saved).toMatchObject([[{ companyId: "leeds", options }]]));
});

test("a mapping's number is told in a few words where it is not just what is purchased", () => {
  expect(quantityWords({})).toBe("");
  expect(quantityWords({ basis: "assigned", included: 2, minimum: 5, difference: -3 })).toBe(
    "assigned seats, 2 included, at least 5, 3 fewer",
  );
});

test.each(["", " ", "1e3", "0x2", "1.5", "1,000", "1000001", "--1", "١"])("%j is no number of seats", (typed) => {
  expect(wrongIn({ ...typedOf({}), included: typed, minimum: typed, difference: typed })).toEqual({
    included: expect.any(String) as string,
    minimum: expect.any(String) as string,
    difference: expect.any(String) as string,
  });
  expect(optionsOf({ ...typedOf({}), minimum: typed })).toBeNull();
});
