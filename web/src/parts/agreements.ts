import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { everyRow } from "../api/client";
import { useAccount, useApi } from "../app/context";
import { usePsaConnections } from "./usePsaConnections";

interface OfAgreement {
  connection: string;
  agreementId: string;
}

/** The name of an agreement; its id where the lists of its PSA do not tell it. */
type AgreementName = (of: OfAgreement) => string;

/** Milliseconds: the lists change when a person or the night reads them anew. */
const STALE_AFTER = 300_000;
/** The most rows that the API gives at once. */
const LIMIT = 1000;

/** What agreements are called in the PSA, by the lists that were read of it last. */
export function useAgreementName(): AgreementName {
  const api = useApi();
  const { id: account } = useAccount();
  const connections = usePsaConnections().data ?? [];
  const names = useQueries({
    queries: connections.map(({ id }) => ({
      queryKey: [account, "agreement-names", id],
      staleTime: STALE_AFTER,
      queryFn: async () => {
        const path = { account, psaConnection: id };
        const all = await everyRow((cursor) =>
          api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/agreements", {
            params: { path, query: { limit: LIMIT, cursor } },
          }),
        );
        return all.map((agreement): [string, string] => [keyOf({ connection: id, agreementId: agreement.id }), agreement.name]);
      },
    })),
    combine: together,
  });
  return useCallback((of) => names.get(keyOf(of)) || of.agreementId, [names]);
}

/** Rows that say what the agreement of their line is called. They are the same as long as rows and names are. */
export function useWithAgreements<T extends OfAgreement>(rows: readonly T[] | undefined): (T & { agreement: string })[] {
  const name = useAgreementName();
  return useMemo(() => (rows ?? []).map((row) => ({ ...row, agreement: row.agreementId && name(row) })), [rows, name]);
}

/** "line 9018 on Kestrel Couriers - Microsoft 365". */
export function lineWords(line: { lineId: string; agreement: string }): string {
  return `${line.lineId ? `line ${line.lineId}` : "new line"} on ${line.agreement}`;
}

function keyOf({ connection, agreementId }: OfAgreement): string {
  return JSON.stringify([connection, agreementId]);
}

function together(lists: UseQueryResult<[string, string][]>[]): Map<string, string> {
  return new Map(lists.flatMap(({ data }) => data ?? []));
}
