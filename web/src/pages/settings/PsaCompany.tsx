import { Combobox, Field, Option } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";

interface Props {
  connection: string;
  /** Of the one that is chosen. */
  name: string;
  set: (company: Schemas["ShownChoice"]) => void;
  disabled: boolean;
  validationState?: "error";
  validationMessage?: string;
}

/** A company of the PSA, by a part of its name: for alerts that are about no customer. */
export function PsaCompany({ connection, name, set, disabled, ...field }: Props): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const [typed, setTyped] = useState(name);
  const search = useDeferredValue(typed === name ? "" : typed);
  const companies = useQuery({
    queryKey: [account, "psa-companies", connection, search],
    enabled: !disabled,
    queryFn: () =>
      answer(
        api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/companies", {
          params: { path: { account, psaConnection: connection }, query: { search, limit: 20 } },
        }),
      ),
  });
  return (
    <Field label="Company for alerts of no customer" hint="Usually your own. Type a part of its name." {...field}>
      <Combobox
        disabled={disabled}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onOptionSelect={(_, { optionValue, optionText }) => {
          if (!optionValue) return;
          set({ id: optionValue, name: optionText ?? "" });
          setTyped(optionText ?? "");
        }}
      >
        {companies.data?.items.map((company) => (
          <Option key={company.id} value={company.id}>
            {company.name}
          </Option>
        ))}
      </Combobox>
    </Field>
  );
}
