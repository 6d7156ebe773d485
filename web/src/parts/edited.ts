import { useMutation, useQuery, type UseMutationResult, type UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import type { Versioned } from "../api/client";
import { isConflict } from "../api/problem";

export interface Edited<T> {
  query: UseQueryResult<Versioned<T>>;
  /** What is stored, with what was changed here and is not saved yet. */
  value: T | undefined;
  set: (change: Partial<T>) => void;
  changed: boolean;
  saving: UseMutationResult<unknown, Error, void>;
  discard: () => void;
  /** What somebody else stored meanwhile, and what it was changed to here: a person chooses. */
  conflict: { theirs: T; mine: Partial<T> } | null;
}

interface Wishes<T> {
  queryKey: string[];
  read: () => Promise<Versioned<T>>;
  /** Saves only what was changed, if it is still as it was read. Throws ApiProblem. */
  save: (change: Partial<T>, etag: string, stored: T) => Promise<unknown>;
  saved: () => void;
}

/** Something that is edited and saved as a whole. A failed save loses nothing of what was typed. */
export function useEdited<T extends object>({ queryKey, read, save, saved }: Wishes<T>): Edited<T> {
  const [draft, setDraft] = useState<Partial<T>>({});
  const query = useQuery({ queryKey, queryFn: read });
  // What the draft was begun over. A page is read anew by itself: what somebody else stored since is a conflict still.
  const [begun, setBegun] = useState<Versioned<T>>();
  const saving = useMutation({
    mutationFn: async () => {
      const over = begun ?? query.data;
      if (over) await save(draft, over.etag, over.value);
      return draft;
    },
    onSuccess: async (written) => {
      setBegun((await query.refetch()).data);
      setDraft((now) => without(now, written));
      saved();
    },
    // What is stored now is shown beside what was typed; the next save is made over it.
    onError: async (error) => {
      if (isConflict(error)) setBegun((await query.refetch()).data);
    },
  });
  const stored = query.data?.value;
  return {
    query,
    value: stored && { ...stored, ...draft },
    set: (change) => {
      if (Object.keys(draft).length === 0) setBegun(query.data);
      setDraft((before) => ({ ...before, ...change }));
    },
    changed: Object.keys(draft).length > 0,
    saving,
    discard: () => {
      setDraft({});
      saving.reset();
    },
    conflict: stored && isConflict(saving.error) ? { theirs: stored, mine: draft } : null,
  };
}

/** What was changed after `written` was sent: it is not saved yet. */
function without<T extends object>(draft: Partial<T>, written: Partial<T>): Partial<T> {
  const left = Object.entries(draft).filter(([field, value]) => value !== written[field as keyof T]);
  return Object.fromEntries(left) as Partial<T>;
}
