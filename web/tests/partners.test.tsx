import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ChangePartner } from "../src/pages/settings/ChangePartner";
import { RemovePartner } from "../src/pages/settings/RemovePartner";
import { fateOf } from "../src/pages/settings/partnerRemoval";
import { around } from "./around";

const PARTNER = { id: "p", name: "Harbour IT", tenantId: "t", clientId: "c", mode: "refresh_token", byInstallation: false };
type Partner = Parameters<typeof RemovePartner>[0]["partner"];

const tenant = (name: string, added: boolean, ...partners: string[]) => ({
  id: name,
  name,
  added,
  listings: partners.map((partnerConnection) => ({ partnerConnection, name: partnerConnection, canBeRead: true, gdapEnds: null, byApp: false })),
});
const TENANTS = [tenant("Alder", true, "p", "q"), tenant("Birch", true, "p"), tenant("Cedar", false, "p"), tenant("Elm", true, "q")];

/** One partner connection behind the API, with its ETag. */
let stored: Record<string, unknown>;
let asked: [string, unknown][];
let refusal: { status: number; detail: string; field: string } | null;
const done = vi.fn();

beforeEach(() => {
  [stored, asked, refusal] = [PARTNER, [], null];
  done.mockClear();
  vi.stubGlobal("fetch", async (request: Request) => {
    if (new URL(request.url).pathname.endsWith("/tenants")) return Response.json({ items: TENANTS });
    const etag = `"${encodeURIComponent(JSON.stringify(stored))}"`;
    if (request.method === "GET") return Response.json(stored, { headers: { ETag: etag } });
    asked.push([request.method, request.body ? await request.json() : null]);
    if (refusal) return Response.json({ title: "", code: "no", ...refusal }, { status: refusal.status });
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    if (request.headers.get("If-Match") !== etag) {
      return Response.json({ status: 412, title: "", detail: "Changed.", code: "changed" }, { status: 412 });
    }
    const { name, clientId, mode } = asked.at(-1)?.[1] as typeof PARTNER;
    stored = { ...stored, name, clientId, mode };
    return Response.json(stored, { headers: { ETag: etag } });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const write = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const change = async (of: object = {}) => {
  stored = { ...PARTNER, ...of };
  render(<ChangePartner id="p" done={done} />, { wrapper: around("admin") });
  await screen.findByLabelText("Name");
};

test("a partner connection is renamed with its sign-in as it is stored", async () => {
  await change();
  write("Name", "Harbour IT South");
  press("Save");
  await waitFor(() => expect(done).toHaveBeenCalled());
  const given = { name: "Harbour IT South", tenantId: "t", clientId: "c", mode: "refresh_token", clientSecret: "", refreshToken: "" };
  expect(asked).toEqual([["PUT", given]]);
});

test("a partner that somebody else changed meanwhile is shown beside what was typed, and no secret of it", async () => {
  await change();
  write("Client id of your app registration", "mine");
  write("Client secret", "s3cret");
  stored = { ...stored, clientId: "theirs" };
  press("Save");
  const beside = await screen.findByRole("alert");
  expect(beside.textContent).toContain("Client id: stored now “theirs”, yours “mine”");
  expect(beside.textContent).toContain("Client secret: stored now “the one that is stored”, yours “a new one”");
  expect(beside.textContent).not.toContain("s3cret");
  expect(done).not.toHaveBeenCalled();
  press("Save mine");
  await waitFor(() => expect(done).toHaveBeenCalled());
  expect(asked.at(-1)?.[1]).toMatchObject({ clientId: "mine", clientSecret: "s3cret" });
});

test("a refused secret marks its field and stays", async () => {
  await change({ mode: "app_only" });
  expect(screen.queryByLabelText("Refresh token")).toBeNull();
  write("Client secret", "s3cret");
  refusal = { status: 422, detail: "Enter the app registration's client secret.", field: "clientSecret" };
  press("Save");
  await waitFor(() => expect(screen.getByLabelText("Client secret").getAttribute("aria-invalid")).toBe("true"));
  expect(screen.getByLabelText<HTMLInputElement>("Client secret").value).toBe("s3cret");
});

test("a connection by the installation's app asks for no secret", async () => {
  await change({ byInstallation: true });
  screen.getByText(/whose operator keeps its secret/);
  expect(screen.queryByLabelText("Client secret")).toBeNull();
});

test("what becomes of a partner's customers is said before it is removed, and a refusal in the API's words", async () => {
  const cancel = vi.fn();
  render(<RemovePartner partner={PARTNER as Partner} cancel={cancel} />, { wrapper: around("admin") });
  await screen.findByText(/1 company is read through it alone: Birch/);
  expect(asked).toEqual([]);
  refusal = { status: 422, detail: "1 tenant read through Harbour IT alone.", field: "" };
  press("Remove Harbour IT");
  await screen.findByText("1 tenant read through Harbour IT alone.");
  press("Keep it");
  expect(cancel).toHaveBeenCalled();
  expect(asked).toEqual([["DELETE", null]]);
});

test("customers that only one partner lists are told apart from those that another one lists too", () => {
  expect(fateOf(TENANTS, "p")).toEqual([
    "3 customers are in its list.",
    "1 customer is in another partner’s list too: nothing changes there.",
    expect.stringMatching(/^1 customer that is not added is in no other list/),
    "1 company is read through it alone: Birch. Remove them first, or connect another partner that lists them.",
  ]);
  expect(fateOf(TENANTS, "r")).toEqual(["No customer is known from its list."]);
  const many = Array.from({ length: 7 }, (_, at) => tenant(`C${at}`, true, "p"));
  expect(fateOf(many, "p")[1]).toContain("C0, C1, C2, C3, C4 and 2 others");
});
