import { Text } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, everyRow } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { Answer } from "../../parts/States";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";
import { useRemedied } from "./useRemedied";

/** The mails to this recipient that may be sent once more. */
export function SendMailAgain({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  const mails = useQuery({
    queryKey: [account, "mails"],
    queryFn: () =>
      everyRow((cursor) => api.GET("/api/accounts/{account}/mails", { params: { path: { account }, query: { cursor } } })),
  });
  const send = useMutation({
    mutationFn: (mail: string) =>
      answer(api.POST("/api/accounts/{account}/mails/{mail}/send-again", { params: { path: { account, mail } } })),
    onSuccess: (sent) => remedied(sent.sentNow ? "The mail was sent again." : "The mail will be sent again."),
  });
  return (
    <Answer query={mails} rows={2}>
      {(all) => (
        <>
          {all
            .filter((mail) => mail.canBeSentAgain && mail.recipient.toLowerCase() === alert.who.toLowerCase())
            .map((mail) => (
              <section key={mail.id} aria-label={mail.subject}>
                <Text block>{mail.subject}</Text>
                <Actions>
                  <Act does={send} given={mail.id}>
                    Send again
                  </Act>
                </Actions>
              </section>
            ))}
          <Refusal of={send} />
        </>
      )}
    </Answer>
  );
}
