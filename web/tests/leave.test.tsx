import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { LeaveAccount } from "../src/pages/settings/LeaveAccount";
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
