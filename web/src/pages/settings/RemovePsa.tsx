import { Button } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { ApiProblem } from "../../api/problem";
import { useAccount, useApi } from "../../app/context";
import { useNotices } from "../../parts/notices";
import { Failed } from "../../parts/States";

/** Ends a PSA connection, once nothing bills through it; the API says what still does, and what to do about it. */
export function RemovePsa({ psa, cancel }: { psa: Schemas["ShownPsaState"]; cancel: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const [lookedAfter, setLookedAfter] = useState(false);
  const remove = useMutation({
    mutationFn: async (linesLookedAfter: boolean) => {
      const gone = await api.DELETE("/api/accounts/{account}/psa-connections/{psaConnection}", {
        params: { path: { account, psaConnection: psa.id }, query: { linesLookedAfter } },
      });
      if (!gone.response.ok) await answer(Promise.resolve(gone));
    },
    onSuccess: () => {
      done(`${psa.name} is removed. What was billed through it stays in the ledger.`);
      void queries.invalidateQueries({ queryKey: [account] });
    },
    onError: (failed) => setLookedAfter(failed instanceof ApiProblem && failed.problem.code === "resting_lines"),
  });
  return (
    <div>
      {remove.error && <Failed error={remove.error} />}
      <Button appearance="primary" disabled={remove.isPending} onClick={() => remove.mutate(lookedAfter)}>
        {lookedAfter ? `I look after these lines: remove ${psa.name}` : `Remove ${psa.name}`}
      </Button>{" "}
      <Button onClick={cancel}>Keep it</Button>
    </div>
  );
}
