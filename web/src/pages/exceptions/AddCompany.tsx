import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { PsaCompanyPicker, type Named, type PsaCompany } from "../../parts/PsaCompanyPicker";
import { Answer } from "../../parts/States";
import { usePsaConnections } from "../../parts/usePsaConnections";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";
import { useRemedied } from "./useRemedied";

/** Link the tenant with its company in the PSA: a match that was found, or one that is searched for. */
export function AddCompany({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const connections = usePsaConnections();
  return (
    <Answer query={connections} rows={3}>
      {(found) =>
        found[0] ? (
          <Link alert={alert} connections={found} close={close} />
        ) : (
          "Connect a PSA first: its companies are what tenants are linked with."
        )
      }
    </Answer>
  );
}

interface LinkProps {
  alert: Alert;
  connections: Named[];
  close: () => void;
}

function Link({ alert, connections, close }: LinkProps): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  const [company, setCompany] = useState<PsaCompany | null>(null);
  const add = useMutation({
    mutationFn: ({ connection: psaConnection, id: psaCompany }: PsaCompany) =>
      answer(
        api.POST("/api/accounts/{account}/companies", {
          params: { path: { account } },
          body: { tenantId: alert.tenantId, psaConnection, psaCompany },
        }),
      ),
    onSuccess: () => remedied(`${alert.who} is added. It is read in the next sync.`),
  });
  return (
    <>
      <PsaCompanyPicker connections={connections} chosen={company} choose={setCompany} begins={alert.who} />
      <Actions>
        <Act does={add} given={company as PsaCompany} primary disabled={!company}>
          Add company
        </Act>
      </Actions>
      <Refusal of={add} />
    </>
  );
}
