import { useMutation, useQuery } from "@tanstack/react-query";
import { answer, everyRow, type Schemas } from "../../../api/client";
import { useAccount, useApi } from "../../../app/context";
import { useRemedied } from "../../exceptions/useRemedied";

const FROZEN = "/api/accounts/{account}/tenants/{tenant}/mappings/{mapping}/frozen";

export interface MappedLine {
  tenantId: string;
  mappingId: string;
}

/** Freeze a line, and take it back; both are told, and a freeze can be undone from its notice. */
export function useFreezing({ tenantId, mappingId }: MappedLine, close?: () => void) {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  const params = { path: { account, tenant: tenantId, mapping: mappingId } };
  const takeBack = () => answer(api.DELETE(FROZEN, { params }));
  const freeze = useMutation({
    mutationFn: (reason: string) => answer(api.PUT(FROZEN, { params, body: { reason } })),
    onSuccess: () => remedied("The line is frozen: Seatwise leaves it alone until somebody unfreezes it.", takeBack),
  });
  const unfreeze = useMutation({
    mutationFn: takeBack,
    onSuccess: () => remedied("The line is unfrozen: the next sync moves it, or tells of a hand edit."),
  });
  return { freeze, unfreeze };
}

/** Lines of the account that are frozen, or that somebody changed in the PSA. */
export function useDecidableLines() {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    queryKey: [account, "decidable-lines"],
    queryFn: (): Promise<Schemas["DriftedLine"][]> =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/decidable-lines", { params: { path: { account }, query: { cursor } } }),
      ),
  });
}
