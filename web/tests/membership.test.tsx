import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { LeaveAccount, RemoveMember } from "../src/pages/settings/EndMembership";
import { around } from "./around";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("who leaves an account is asked first, and the last owner stays, in the API's words", async () => {
  const asked: string[] = [];
  const detail = "The last owner cannot leave. Make somebody else an owner first.";
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return Response.json({ status: 422, title: "", detail, code: "last_owner" }, { status: 422 });
  });
  render(<LeaveAccount />, { wrapper: around("owner") });
  fireEvent.click(screen.getByRole("button", { name: "Leave …" }));
  screen.getByText("Leave An MSP?");
  expect(asked).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Leave" }));
  await screen.findByText(detail);
  expect(asked).toEqual(["DELETE /api/accounts/a/members"]);
  fireEvent.click(screen.getByRole("button", { name: "Stay" }));
  expect(screen.queryByText("Leave An MSP?")).toBeNull();
});

test("a member is removed after a question that names them", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return new Response(null, { status: 204 });
  });
  render(<RemoveMember member="m1" name="Ina Reader" />, { wrapper: around("owner") });
  fireEvent.click(screen.getByRole("button", { name: "Remove Ina Reader" }));
  screen.getByText("Remove Ina Reader?");
  expect(asked).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(screen.queryByText("Remove Ina Reader?")).toBeNull());
  expect(asked).toEqual(["DELETE /api/accounts/a/members/m1"]);
});
