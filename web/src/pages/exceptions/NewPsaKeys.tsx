import type { ReactElement } from "react";
import { useApi } from "../../app/context";
import { PsaForm } from "../../parts/PsaForm";
import { Answer } from "../../parts/States";
import { useList } from "../../parts/useList";
import type { Alert } from "./ExceptionsPage";
import { useRemedied } from "./useRemedied";

/** A PSA that refuses the sign-in: enter working keys, which are tested before they are kept. */
export function NewPsaKeys({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const api = useApi();
  const remedied = useRemedied(close);
  const { query } = useList(["psa-connections"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/psa-connections", { params: { path: { account }, query: asked }, ...as }),
  );
  return (
    <Answer query={query} rows={4}>
      {(connections) => {
        const psa = connections.find(({ name }) => name === alert.who);
        if (!psa) return "This PSA connection is gone.";
        return <PsaForm psa={psa} done={() => remedied("The keys work. The next sync reads and writes its lines again.")} />;
      }}
    </Answer>
  );
}
