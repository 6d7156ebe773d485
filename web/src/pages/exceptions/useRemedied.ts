import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useAccount } from "../../app/context";
import { useNotices } from "../../parts/notices";

/** Milliseconds after which the rows are read anew: alerts are judged again a little after a decision. */
const JUDGED_AFTER = [0, 2_000, 6_000, 15_000];

/** What follows a remedy: a notice, perhaps with its undo, and the account read anew until the row is gone. */
export function useRemedied(close?: () => void) {
  const { id } = useAccount();
  const queries = useQueryClient();
  const { done, failed } = useNotices();
  const readAnew = useCallback(() => {
    for (const wait of JUDGED_AFTER) setTimeout(() => void queries.invalidateQueries({ queryKey: [id] }), wait);
  }, [queries, id]);
  return useCallback(
    (title: string, undo?: () => Promise<unknown>) => {
      const takenBack = () =>
        undo?.().then(
          () => {
            done("Undone.");
            readAnew();
          },
          (error: unknown) => failed("It was not undone.", error),
        );
      done(title, undo ? { undo: () => void takenBack() } : {});
      readAnew();
      close?.();
    },
    [done, failed, readAnew, close],
  );
}
