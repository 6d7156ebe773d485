import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { useSettled } from "../settled";

export type Mapping = Schemas["GivenMapping"];
/** All mappings of a tenant, and what is said of the lines that they leave. */
export type Saving = Schemas["GivenMappings"];

/** Milliseconds without a change after which the preview is asked for: not at every letter that is typed. */
const PAUSE_MS = 400;

export interface LivePreview {
  /** What these mappings would do; while it is asked anew, what those of before would have done. */
  shown: Schemas["ShownPreview"] | undefined;
  /** Exactly what was previewed: only that may be saved. Null while its preview is not there. */
  previewed: Saving | null;
  /** The preview is on its way. */
  waits: boolean;
  /** Why these mappings would not be saved, or could not be previewed. */
  error: Error | null;
  retry: () => void;
}

/**
 * What saving all mappings of a tenant would do to their lines, asked anew as they change. A preview that is on its
 * way is given up as soon as they change. `wanted` is null while something is not chosen yet.
 */
export function useLivePreview(tenant: string, wanted: Saving | null): LivePreview {
  const api = useApi();
  const { id: account } = useAccount();
  const asked = wanted ? JSON.stringify(wanted) : "";
  const stands = useSettled(asked, PAUSE_MS) === asked && asked !== "";
  const query = useQuery({
    enabled: stands,
    queryKey: [account, "mapping-preview", tenant, asked],
    queryFn: ({ signal }) =>
      answer(
        api.POST("/api/accounts/{account}/tenants/{tenant}/mappings/preview", {
          params: { path: { account, tenant } },
          body: JSON.parse(asked) as Saving,
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0, // a preview of before is never taken for one of now
    refetchOnWindowFocus: false,
  });
  const there = stands && query.isSuccess && !query.isPlaceholderData;
  return {
    shown: wanted ? query.data : undefined,
    previewed: there ? (JSON.parse(asked) as Saving) : null,
    waits: asked !== "" && !there && !query.isError,
    error: query.error,
    retry: () => void query.refetch(),
  };
}
