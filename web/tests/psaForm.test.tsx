import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { PsaForm } from "../src/parts/PsaForm";
import { around } from "./around";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

interface Psa {
  name: string;
  settings: Record<string, string | boolean>;
}

test("a PSA that somebody else changed while its form was open is shown beside what was typed", async () => {
  let stored: Psa = { name: "ConnectWise", settings: { site: "na.example", companyId: "harbour" } };
  vi.stubGlobal("fetch", async (request: Request) => {
    const etag = `"${encodeURIComponent(JSON.stringify(stored))}"`;
    if (request.method === "PUT") {
      if (request.headers.get("If-Match") !== etag) {
        return Response.json({ status: 412, title: "", detail: "Changed.", code: "changed" }, { status: 412 });
      }
      const { name, settings } = (await request.json()) as Psa;
      stored = { name, settings };
    }
    return Response.json({ id: "cw", kind: "connectwise", ...stored }, { headers: { ETag: etag } });
  });
  const done = vi.fn();
  render(<PsaForm psa={{ id: "cw" }} done={done} />, { wrapper: around() });
  fireEvent.change(await screen.findByLabelText("Site"), { target: { value: "eu.example" } });
  stored = { ...stored, settings: { ...stored.settings, site: "au.example" } };
  fireEvent.click(screen.getByRole("button", { name: "Test and save" }));

  const beside = await screen.findByRole("alert");
  expect(beside.textContent).toContain("Site: stored now “au.example”, yours “eu.example”");
  expect(stored.settings["site"]).toBe("au.example");
  expect(done).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole("button", { name: "Save mine" }));
  await waitFor(() => expect(done).toHaveBeenCalled());
  expect(stored.settings["site"]).toBe("eu.example");
});

test("what a PSA can be told beside its keys is in its form; what stays empty is left to the default", async () => {
  const sent: Psa[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "PUT") sent.push((await request.json()) as Psa);
    const settings = { site: "x.halopsa.com", tenant: "x", clientId: "12345678", quantityByHand: "3", prorates: false };
    return Response.json({ id: "h", kind: "halo", name: "Halo", settings }, { headers: { ETag: '"1"' } });
  });
  const done = vi.fn();
  render(<PsaForm psa={{ id: "h" }} done={done} />, { wrapper: around("owner") });
  fireEvent.change(await screen.findByLabelText("Quantity type of lines by hand"), { target: { value: "" } });
  fireEvent.click(screen.getByRole("checkbox", { name: "Charge added seats from their day on" }));
  fireEvent.click(screen.getByRole("button", { name: "Test and save" }));
  await waitFor(() => expect(done).toHaveBeenCalled());
  expect(sent[0]?.settings).toEqual({ site: "x.halopsa.com", tenant: "x", clientId: "12345678", prorates: true });
});
