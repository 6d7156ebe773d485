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
  settings: Record<string, string>;
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
