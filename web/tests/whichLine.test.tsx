import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ChooseNumber } from "../src/pages/exceptions/ChooseNumber";
import { DecideHeld } from "../src/pages/exceptions/DecideHeld";
import { around } from "./around";

const line = (lineId: string, change: string) => ({ tenantId: "t", connection: "cw", agreementId: "510", lineId, mappingId: `m${lineId}`, change });
const held = (lineId: string, change: string, before: number, after: number) => ({ ...line(lineId, change), before, after, reasons: ["tenant_loss"], decided: null });
const edited = (lineId: string, psa: string) => ({ ...line(lineId, ""), confirmed: 18, psa, frozen: false });
const LISTS: Record<string, object[]> = {
  "held-changes": [held("9017", "c1", 40, 12), held("9018", "c2", 30, 4)],
  "decidable-lines": [edited("9017", "21"), edited("9018", "25")],
  "plan/lines": [{ ...line("9017", "c1"), profileName: "Frontline", after: 12 }, { ...line("9018", "c2"), profileName: "Premium", after: 4 }],
  "psa-connections": [{ id: "cw", name: "ConnectWise" }],
  "psa-connections/cw/agreements": [{ id: "510", name: "Kestrel - Microsoft 365" }],
};
type Alert = Parameters<typeof DecideHeld>[0]["alert"];
const ALERT = { tenantId: "t", who: "Kestrel" } as Alert;

let asked: string[];

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", async ({ url, method }: Request) => {
    const path = new URL(url).pathname.replace("/api/accounts/a/", "");
    if (method === "GET") return Response.json({ items: LISTS[path] ?? [] });
    asked.push(path);
    return Response.json({});
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** The part of the drawer that stands under a heading. */
const under = async (heading: string) => {
  const found = (await screen.findByRole("heading", { name: heading })).closest("section");
  return within(found as HTMLElement);
};

test("of a customer with several held lines each says which it is, and that one is approved", async () => {
  render(<DecideHeld alert={ALERT} close={() => undefined} />, { wrapper: around("admin") });
  await under("Frontline, line 9017 on Kestrel - Microsoft 365");
  const premium = await under("Premium, line 9018 on Kestrel - Microsoft 365");
  fireEvent.click(premium.getByRole("button", { name: "Approve 4 seats" }));
  await waitFor(() => expect(asked).toEqual(["held-changes/c2/approve"]));
});

test("of a customer with several lines that were edited by hand each says which it is", async () => {
  render(<ChooseNumber alert={ALERT} close={() => undefined} />, { wrapper: around("admin") });
  const premium = await under("Premium, line 9018 on Kestrel - Microsoft 365");
  fireEvent.click(premium.getByRole("button", { name: "Take theirs: 25" }));
  await waitFor(() => expect(asked).toEqual(["tenants/t/mappings/m9018/drift"]));
});
