import { Combobox, Dropdown, Field, Option, type FieldProps } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState, type ReactElement } from "react";
import { answer } from "../api/client";
import { sentenceOf } from "../api/problem";
import { useAccount, useApi } from "../app/context";

export interface Named {
  id: string;
  name: string;
}

/** A company of one PSA. */
export interface PsaCompany extends Named {
  connection: string;
}

interface Props {
  /** The account's PSAs, one at least. */
  connections: Named[];
  chosen: PsaCompany | null;
  choose: (company: PsaCompany | null) => void;
  /** What is searched for at first. */
  begins?: string;
  marked?: Pick<FieldProps, "validationState" | "validationMessage">;
}

/** A company in the PSA, searched for by a part of its name; where there are several PSAs, in one of them. */
export function PsaCompanyPicker({ connections, chosen, choose, begins = "", marked }: Props): ReactElement {
  const [connection, setConnection] = useState(connections[0] as Named);
  const [typed, setTyped] = useState(begins);
  const companies = useCompanies(connection.id, useDeferredValue(chosen?.name === typed ? "" : typed));
  const unread = companies.error
    ? { validationState: "error" as const, validationMessage: sentenceOf(companies.error) }
    : undefined;
  return (
    <>
      {connections.length > 1 && (
        <Field label="PSA">
          <Dropdown
            value={connection.name}
            selectedOptions={[connection.id]}
            onOptionSelect={(_, { optionValue }) => {
              setConnection(connections.find(({ id }) => id === optionValue) ?? connection);
              choose(null);
            }}
          >
            {connections.map(({ id, name }) => (
              <Option key={id} value={id}>
                {name}
              </Option>
            ))}
          </Dropdown>
        </Field>
      )}
      <Field label="Company in the PSA" hint="Type a part of its name." {...(unread ?? marked)}>
        <Combobox
          value={typed}
          selectedOptions={chosen ? [chosen.id] : []}
          onChange={(event) => {
            setTyped(event.target.value);
            choose(null);
          }}
          onOptionSelect={(_, { optionValue, optionText }) => {
            if (!optionValue) return;
            choose({ connection: connection.id, id: optionValue, name: optionText ?? "" });
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
    </>
  );
}

function useCompanies(connection: string, search: string) {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    queryKey: [account, "psa-companies", connection, search],
    queryFn: () =>
      answer(
        api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/companies", {
          params: { path: { account, psaConnection: connection }, query: { search, limit: 20 } },
        }),
      ),
  });
}
