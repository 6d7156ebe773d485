import { Field, Input } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";
import { useRemedied } from "./useRemedied";

/** The customer has left, with the last day to bill; or it is fine for now. */
export function ConfirmRemoval({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayConfirm = useMay("admin");
  const remedied = useRemedied(close);
  const [lastDay, setLastDay] = useState("");
  const path = { account, tenant: alert.tenantId };
  const confirm = useMutation({
    mutationFn: (day: string) =>
      answer(
        api.POST("/api/accounts/{account}/removed-tenants/{tenant}/confirm", { params: { path }, body: { lastDay: day } }),
      ),
    onSuccess: () => remedied(`Confirmed: ${alert.who} is billed until ${lastDay}.`),
  });
  const dismiss = useMutation({
    mutationFn: () =>
      answer(api.POST("/api/accounts/{account}/removed-tenants/{tenant}/dismiss", { params: { path }, body: {} })),
    onSuccess: () => remedied("Dismissed for 30 days."),
  });
  const wrongDay = fieldOf(confirm.error) === "lastDay" ? sentenceOf(confirm.error) : undefined;
  return (
    <>
      {mayConfirm && (
        <Field label="Last day to bill" validationMessage={wrongDay}>
          <Input type="date" value={lastDay} onChange={(_, { value }) => setLastDay(value)} />
        </Field>
      )}
      <Actions>
        {mayConfirm && (
          <Act does={confirm} given={lastDay} primary disabled={!lastDay}>
            Confirm the removal
          </Act>
        )}
        <Act does={dismiss} given={undefined}>
          Dismiss for 30 days
        </Act>
      </Actions>
      {!wrongDay && <Refusal of={confirm} />}
      <Refusal of={dismiss} />
    </>
  );
}
