import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LineDecisions } from "../src/pages/billing/lines/LineDecisions";
import type { Role } from "../src/app/context";
import { around } from "./around";

const CHANGE = { at: "2026-11-29T02:00:00Z", event: "confirmed", tenantId: "t", connection: "cw", agreementId: "510", mappingId: "m", lineId: "9018", change: "c1", before: 14, after: 17 };

/** A line behind the API: its ledger, whether it is frozen, and what it was asked. */
class FakeLine {
  ledger: object[] = [CHANGE];
  frozen: string | null = null;
  asked: [string, string, unknown][] = [];
  refusal = "";

  readonly fetch = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname.replace("/api/accounts/a/", "");
    if (request.method !== "GET") return this.change(request, path);
    if (path === "ledger") return Response.json({ items: this.ledger });
    if (path.startsWith("runs/")) return Response.json({ id: "r1", state: "closed" });
    const line = { tenantId: "t", mappingId: "m", frozen: true, frozenBy: "eva@msp.example (1f)", frozenAt: CHANGE.at, reason: this.frozen };
    return Response.json({ items: this.frozen === null ? [] : [line] });
  };

  private async change(request: Request, path: string): Promise<Response> {
    const body = request.body ? ((await request.json()) as { reason: string }) : null;
    this.asked.push([request.method, path, body]);
    if (this.refusal) return Response.json({ status: 409, title: "", detail: this.refusal, code: "changed_since" }, { status: 409 });
    if (path.endsWith("/frozen")) this.frozen = body?.reason ?? null;
    return Response.json({ run: "r1", change: "c2", confirmed: 17, frozen: false });
  }
}

let line: FakeLine;

beforeEach(() => {
  line = new FakeLine();
  vi.stubGlobal("fetch", line.fetch);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const show = (role: Role) => render(<LineDecisions tenantId="t" mappingId="m" />, { wrapper: around(role) });
const press = async (name: string) => fireEvent.click(await screen.findByRole("button", { name }));

test("an editor reads how a line stands, and has no button to decide about it", async () => {
  show("editor");
  await screen.findByText(/Its newest change: 14 to 17/);
  expect(screen.queryAllByRole("button")).toEqual([]);
  cleanup();
  line.frozen = "flat rate";
  show("editor");
  await screen.findByText(/by eva@msp.example: Seatwise leaves it alone. Reason: flat rate/);
  expect(screen.queryAllByRole("button")).toEqual([]);
});

test("a line is frozen with its reason, and unfrozen", async () => {
  show("admin");
  await press("Freeze the line …");
  fireEvent.change(screen.getByLabelText("Why it is frozen"), { target: { value: "flat rate" } });
  await press("Freeze the line");
  await press("Unfreeze");
  await screen.findByRole("button", { name: "Freeze the line …" });
  const path = "tenants/t/mappings/m/frozen";
  expect(line.asked).toEqual([["PUT", path, { reason: "flat rate" }], ["DELETE", path, null]]);
});

test("a change is undone after its numbers were shown, and called written only when the ledger proves it", async () => {
  show("admin");
  await press("Undo this change …");
  await screen.findByText(/would say 14 again instead of 17/);
  expect(line.asked).toEqual([]);
  line.ledger = [{ ...CHANGE, event: "intended", change: "c2", before: 17, after: 14 }, CHANGE];
  await press("Undo: 17 to 14");
  await screen.findByText(/not proven to be written yet/);
  expect(line.asked).toEqual([["POST", "tenants/t/mappings/m/undo", { change: "c1", reason: "" }]]);
  cleanup();

  line.ledger = [CHANGE];
  show("admin");
  await press("Undo this change …");
  line.ledger = [{ ...CHANGE, change: "c2", before: 17, after: 14 }, CHANGE];
  await press("Undo: 17 to 14");
  await screen.findByText("Written: the line says 14.");
});

test("why a change is not undone is told in the API's words, and the question stays", async () => {
  line.refusal = "The line is not as that change left it: look at the line first.";
  show("admin");
  await press("Undo this change …");
  await press("Undo: 17 to 14");
  await waitFor(() => expect(screen.getByRole("alert").textContent).toBe(line.refusal));
  expect(screen.getByRole("button", { name: "Leave it" })).toBeTruthy();
});
