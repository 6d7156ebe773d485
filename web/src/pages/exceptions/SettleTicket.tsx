import { Field, Input, Text } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { Act, Actions, Refusal } from "./Actions";
import { useRemedied } from "./useRemedied";

/** A ticket of which nobody knows whether the PSA made it: an admin says what the PSA shows. */
export function SettleTicket({ reference }: { reference: string }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied();
  const [number, setNumber] = useState("");
  const settle = useMutation({
    mutationFn: (there: boolean) =>
      answer(
        api.POST("/api/accounts/{account}/ticket-settings/unclear", {
          params: { path: { account } },
          body: { reference, there, number: there ? number : "" },
        }),
      ),
    onSuccess: (said, there) =>
      remedied(there ? `Noted: ticket ${said.number}. It is closed when nothing of its alert is left.` : "Noted: it is not there. It is made, if its alert is still open."),
  });
  return (
    <section aria-label={`Ticket with ${reference}`}>
      <Text block>
        The PSA did not say whether it made a ticket of this. Look for {reference} there.
      </Text>
      <Field label="Number of the ticket, if it is there">
        <Input value={number} maxLength={50} onChange={(_, { value }) => setNumber(value)} />
      </Field>
      <Actions>
        <Act does={settle} given={true} disabled={!number.trim()}>
          It is there
        </Act>
        <Act does={settle} given={false}>
          It is not there: make it
        </Act>
      </Actions>
      <Refusal of={settle} />
    </section>
  );
}
