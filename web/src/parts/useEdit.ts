import { useMutation, useQuery, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useState } from "react";
import type { Versioned } from "../api/client";
import { isConflict } from "../api/problem";

interface Options<T> {
  queryKey: QueryKey;
  read: () => Promise<Versioned<T>>;
  /** Save the draft; the answer is what is stored now. */
  save: (draft: T, base: T, etag: string) => Promise<Versioned<T>>;
  saved?: () => void;
}

/**
 * Something that is edited in the version that was seen. What was typed stays through refusals and conflicts; after a
 * conflict `theirs` is what somebody else stored, and the person takes it or keeps what is theirs.
 */
export function useEdit<T extends object>({ queryKey, read, save, saved }: Options<T>) {
  const queries = useQueryClient();
  // Read once: a form does not change under the hands of whoever fills it in.
  const query = useQuery({ queryKey, queryFn: read, staleTime: Infinity });
  const [edited, setEdited] = useState<Partial<T>>({});
  const base = query.data?.value;
  const draft = base && { ...base, ...edited };
  const saving = useMutation({
    mutationFn: () => {
      if (!query.data || !draft) throw new Error("There is nothing to save yet.");
      return save(draft, query.data.value, query.data.etag);
    },
    onSuccess: (stored) => {
      queries.setQueryData(queryKey, stored);
      setEdited({});
      saved?.();
    },
  });
  const theirs = isConflict(saving.error) ? ((saving.error.problem.current ?? null) as T | null) : null;
  const readAnew = async () => {
    await query.refetch();
    saving.reset();
  };
  return {
    query,
    base,
    draft,
    theirs,
    changed: Object.keys(edited) as (keyof T)[],
    saving: saving.isPending,
    error: isConflict(saving.error) ? null : saving.error,
    change: (part: Partial<T>) => setEdited((old) => ({ ...old, ...part })),
    save: () => saving.mutate(),
    /** Drop what was typed. */
    takeTheirs: async () => {
      await readAnew();
      setEdited({});
    },
    /** Go on from their version, with what was typed on top. */
    keepMine: readAnew,
  };
}

export type Edit<T extends object> = ReturnType<typeof useEdit<T>>;
