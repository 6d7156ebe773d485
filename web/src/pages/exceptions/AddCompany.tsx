import { Combobox, Dropdown, Field, Option } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState, type ReactElement } from "react";
import { answer, everyRow } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { Answer } from "../../parts/States";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";
import { useRemedied } from "./useRemedied";

interface Chosen {
  id: string;
  name: string;
}

/** Link the tenant with its company in the PSA: a match that was found, or one that is searched for. */
export function AddCompany({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const connections = useQuery({
    queryKey: [account, "psa-connections"],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/psa-connections", { params: { path: { account }, query: { cursor } } }),
      ),
  });
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
  connections: Chosen[];
  close: () => void;
}

function Link({ alert, connections, close }: LinkProps): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  const [connection, setConnection] = useState(connections[0] as Chosen);
  const [typed, setTyped] = useState(alert.who);
  const [company, setCompany] = useState<Chosen | null>(null);
  const search = useDeferredValue(company?.name === typed ? "" : typed);
  const companies = useQuery({
    queryKey: [account, "psa-companies", connection.id, search],
    queryFn: () =>
      answer(
        api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/companies", {
          params: { path: { account, psaConnection: connection.id }, query: { search, limit: 20 } },
        }),
      ),
  });
  const add = useMutation({
    mutationFn: (psaCompany: string) =>
      answer(
        api.POST("/api/accounts/{account}/companies", {
          params: { path: { account } },
          body: { tenantId: alert.tenantId, psaConnection: connection.id, psaCompany },
        }),
      ),
    onSuccess: () => remedied(`${alert.who} is added. It is read in the next sync.`),
  });
  return (
    <>
      {connections.length > 1 && (
        <Field label="PSA">
          <Dropdown
            value={connection.name}
            selectedOptions={[connection.id]}
            onOptionSelect={(_, { optionValue }) =>
              setConnection(connections.find(({ id }) => id === optionValue) ?? connection)
            }
          >
            {connections.map(({ id, name }) => (
              <Option key={id} value={id}>
                {name}
              </Option>
            ))}
          </Dropdown>
        </Field>
      )}
      <Field label="Company in the PSA" hint="Type a part of its name.">
        <Combobox
          value={typed}
          selectedOptions={company ? [company.id] : []}
          onChange={(event) => {
            setTyped(event.target.value);
            setCompany(null);
          }}
          onOptionSelect={(_, { optionValue, optionText }) => {
            if (!optionValue) return;
            setCompany({ id: optionValue, name: optionText ?? "" });
            setTyped(optionText ?? "");
          }}
        >
          {companies.data?.items.map(({ id, name }) => (
            <Option key={id} value={id}>
              {name}
            </Option>
          ))}
          {companies.data?.items.length === 0 && (
            <Option value="" disabled>
              No company of this name
            </Option>
          )}
        </Combobox>
      </Field>
      <Refusal of={companies} />
      <Actions>
        <Act does={add} given={company?.id ?? ""} primary disabled={!company}>
          Add company
        </Act>
      </Actions>
      <Refusal of={add} />
    </>
  );
}
