import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, everyRow } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";

/** A partner connection that is refused as a whole: consent again, at Microsoft. */
export function SignInAtMicrosoft({ alert }: { alert: Alert }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const begin = useMutation({
    mutationFn: async () => {
      const connections = await everyRow((cursor) =>
        api.GET("/api/accounts/{account}/partner-connections", { params: { path: { account }, query: { cursor } } }),
      );
      const connection = connections.find(({ name }) => name === alert.who)?.id ?? "";
      return answer(
        api.POST("/api/accounts/{account}/partner-consents", { params: { path: { account } }, body: { connection } }),
      );
    },
    onSuccess: ({ address }) => location.assign(address),
  });
  return (
    <>
      <Actions>
        <Act does={begin} given={undefined} primary>
          Sign in again at Microsoft
        </Act>
      </Actions>
      <Refusal of={begin} />
    </>
  );
}
