import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { Act, Actions, Refusal } from "./Actions";
import { useRemedied } from "./useRemedied";

export function SyncNow({ close }: { close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  const sync = useMutation({
    mutationFn: () => answer(api.POST("/api/accounts/{account}/runs", { params: { path: { account } }, body: {} })),
    onSuccess: () => remedied("The sync has begun."),
  });
  return (
    <>
      <Actions>
        <Act does={sync} given={undefined} primary>
          Sync now
        </Act>
      </Actions>
      <Refusal of={sync} />
    </>
  );
}
