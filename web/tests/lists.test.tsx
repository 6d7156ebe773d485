import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { makeApi } from "../src/api/client";
import { AccountContext, ServicesContext, type OpenAccount, type Services } from "../src/app/context";
import { LedgerPart } from "../src/pages/billing/LedgerPart";
import { AuditPart } from "../src/pages/settings/AuditPart";
import { Table } from "../src/parts/Table";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const session = { token: () => "t", renew: async () => null } as unknown as Services["session"];
const services: Services = { api: makeApi("https://api.example", session), session };
const account = { id: "a", name: "An MSP", zone: "Europe/London", symbol: "£", role: "owner" } as OpenAccount;
const PARTS: [string, ReactElement, string][] = [
  ["audit", <AuditPart />, "Nobody has changed anything yet"],
  ["ledger", <LedgerPart />, "No line has changed yet"],
];

/** A part of a page, of an API in which the list of that name answers so. */
function show(part: ReactElement, list: string, answer: () => Response): void {
  vi.stubGlobal("fetch", async ({ url }: Request) =>
    new URL(url).pathname.endsWith(`/${list}`) ? answer() : Response.json({ items: [] }),
  );
  render(
    <ServicesContext.Provider value={services}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <AccountContext.Provider value={account}>{part}</AccountContext.Provider>
      </QueryClientProvider>
    </ServicesContext.Provider>,
  );
}

test.each(PARTS)("the %s that could not be read says why, never that there is nothing, and is asked again", async (list, part, empty) => {
  let answer = () =>
    Response.json({ status: 503, title: "", detail: "The storage does not answer.", code: "unavailable" }, { status: 503 });
  show(part, list, () => answer());
  await screen.findByText("The storage does not answer.");
  expect(screen.queryByText(empty)).toBeNull();
  expect(screen.queryByRole("status")).toBeNull();

  answer = () => Response.json({ items: [] });
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText(empty);
  expect(screen.queryByText("The storage does not answer.")).toBeNull();
});

test("a search that finds no row does not say that there are none", async () => {
  const columns = [{ key: "name", title: "Name", width: "1fr", cell: (row: { name: string }) => row.name }];
  render(
    <Table label="Plan" columns={columns} rows={[{ name: "Business Premium" }]} id={({ name }) => name} text={({ name }) => name} empty="Every line is in step" />,
  );
  fireEvent.change(screen.getByRole("searchbox"), { target: { value: "Visio" } });
  await screen.findByText("None of these");
  expect(screen.queryByText("Every line is in step")).toBeNull();
  expect(screen.getByRole("status").textContent).toBe("0 of 1");
});
