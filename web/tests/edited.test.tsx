import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { ApiProblem } from "../src/api/problem";
import { useEdited } from "../src/parts/edited";

interface Stored {
  symbol: string;
  hour: number;
}

const queries = new QueryClient();

function Queries({ children }: { children: ReactNode }) {
  return <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
}

test("what is typed while a save is under way is kept, and is not called saved", async () => {
  let stored: Stored = { symbol: "£", hour: 1 };
  let answerSave = (): void => undefined;
  const saved = vi.fn();
  const wishes = {
    queryKey: ["preferences"],
    read: () => Promise.resolve({ value: stored, etag: "1" }),
    save: (change: Partial<Stored>) => {
      stored = { ...stored, ...change };
      return new Promise<void>((resolve) => (answerSave = resolve));
    },
    saved,
  };
  const { result } = renderHook(() => useEdited<Stored>(wishes), { wrapper: Queries });
  await waitFor(() => expect(result.current.value).toEqual(stored));

  act(() => result.current.set({ symbol: "€", hour: 2 }));
  act(() => result.current.saving.mutate());
  await waitFor(() => expect(result.current.saving.isPending).toBe(true));
  act(() => result.current.set({ symbol: "CHF" }));
  act(() => answerSave());

  await waitFor(() => expect(saved).toHaveBeenCalled());
  expect(result.current.value).toEqual({ symbol: "CHF", hour: 2 });
  expect(result.current.changed).toBe(true);
});

test("a conflict keeps what was typed, and shows it beside what somebody else stored", async () => {
  let stored: Stored = { symbol: "£", hour: 1 };
  const conflict = new ApiProblem({ status: 412, title: "", detail: "Somebody else changed it.", code: "changed" });
  const { result } = renderHook(
    () =>
      useEdited<Stored>({
        queryKey: ["conflicting"],
        read: () => Promise.resolve({ value: stored, etag: "1" }),
        save: () => Promise.reject(conflict),
        saved: () => undefined,
      }),
    { wrapper: Queries },
  );
  await waitFor(() => expect(result.current.value).toEqual(stored));
  act(() => result.current.set({ symbol: "CHF" }));
  stored = { symbol: "€", hour: 2 };
  act(() => result.current.saving.mutate());

  await waitFor(() => expect(result.current.conflict).toEqual({ theirs: stored, mine: { symbol: "CHF" } }));
  expect(result.current.value).toEqual({ symbol: "CHF", hour: 2 });
  act(() => result.current.discard());
  expect(result.current.value).toEqual(stored);
});

test("what somebody else stored is a conflict also where the page read it anew while one typed", async () => {
  let stored: Stored = { symbol: "£", hour: 1 };
  const conflict = new ApiProblem({ status: 412, title: "", detail: "Somebody else changed it.", code: "changed" });
  const { result } = renderHook(
    () =>
      useEdited<Stored>({
        queryKey: ["read anew"],
        read: () => Promise.resolve({ value: stored, etag: JSON.stringify(stored) }),
        save: async (change, etag) => {
          if (etag !== JSON.stringify(stored)) throw conflict;
          stored = { ...stored, ...change };
        },
        saved: () => undefined,
      }),
    { wrapper: Queries },
  );
  await waitFor(() => expect(result.current.value).toEqual(stored));
  act(() => result.current.set({ symbol: "CHF" }));
  stored = { symbol: "€", hour: 1 };
  await act(() => queries.invalidateQueries({ queryKey: ["read anew"] }));
  await waitFor(() => expect(result.current.query.data?.value).toEqual(stored));

  act(() => result.current.saving.mutate());
  await waitFor(() => expect(result.current.conflict).toEqual({ theirs: stored, mine: { symbol: "CHF" } }));
  expect(stored.symbol).toBe("€");
  act(() => result.current.saving.mutate());
  await waitFor(() => expect(result.current.changed).toBe(false));
  expect(stored.symbol).toBe("CHF");
});
