import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { answer, type Schemas } from "../../api/client";
import { isConflict } from "../../api/problem";
import { useAccount, useApi } from "../../app/context";
import { useLivePreview, type LivePreview, type Saving } from "../../parts/mapping/livePreview";
import { useRemedied } from "./useRemedied";

/** All mappings of a tenant as they were read; a save is of just these with what was changed. */
export interface Stored {
  mappings: Schemas["ShownMapping"][];
  etag: string;
  readAnew: () => Promise<unknown>;
}

/** As `useLivePreview`. What is refused may be so for what somebody else saved since: then that is read, and is a conflict. */
export function usePreviewOver(stored: Stored, tenant: string, wanted: Saving | null): LivePreview {
  const preview = useLivePreview(tenant, wanted);
  const { error } = preview;
  const { readAnew } = stored;
  useEffect(() => {
    if (error) void readAnew();
  }, [error]); // eslint-disable-line react-hooks/exhaustive-deps -- once for each refusal
  return preview;
}

/** Saves all mappings of the tenant, if they are still as they were read. `told` says what then is so. */
export function useSaveMappings(tenant: string, stored: Stored, told: (saved: Saving) => string, close: () => void) {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  return useMutation({
    mutationFn: async (body: Saving | null) => {
      if (!body) throw new Error("Wait for the preview, then save again.");
      await answer(
        api.PUT("/api/accounts/{account}/tenants/{tenant}/mappings", {
          params: { path: { account, tenant }, header: { "If-Match": stored.etag } },
          body,
        }),
      );
    },
    onSuccess: (_, saved) => saved && remedied(told(saved)),
    // What is stored now is shown beside what was chosen; the next save is made over it.
    onError: (error) => (isConflict(error) ? stored.readAnew() : undefined),
  });
}

/** What somebody else saved stays, and is shown from now on. */
export function useKeepTheirs(close: () => void): () => void {
  const { id } = useAccount();
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: [id] });
    close();
  };
}
