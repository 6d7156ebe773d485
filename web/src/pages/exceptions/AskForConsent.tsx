import { Field, Input, Text } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { useFormat } from "../../parts/format";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";
import { useRemedied } from "./useRemedied";

/** A tenant in which the partner cannot consent: an address for its own administrator, and a read that proves it. */
export function AskForConsent({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const format = useFormat();
  const remedied = useRemedied(close);
  const path = { account, tenant: alert.tenantId };
  const ask = useMutation({
    mutationFn: () =>
      answer(api.POST("/api/accounts/{account}/tenants/{tenant}/consent", { params: { path }, body: {} })),
  });
  const test = useMutation({
    mutationFn: () =>
      answer(api.POST("/api/accounts/{account}/tenants/{tenant}/consent/test", { params: { path }, body: {} })),
    onSuccess: () => remedied("The customer can be read. The row closes with the next sync."),
  });
  return (
    <>
      <Text>If you cannot consent as their partner, an administrator of the customer can let your app in.</Text>
      {ask.data && (
        <Field label="Send this to them" hint={`Good once, until ${format.day(ask.data.endsAt)}`}>
          <Input readOnly value={ask.data.address} onFocus={(event) => event.target.select()} />
        </Field>
      )}
      <Actions>
        <Act does={ask} given={undefined}>
          Ask for consent
        </Act>
        <Act does={test} given={undefined}>
          Test
        </Act>
      </Actions>
      <Refusal of={ask} />
      <Refusal of={test} />
    </>
  );
}
