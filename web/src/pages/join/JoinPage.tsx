import { Button } from "@fluentui/react-components";
import { PeopleAddRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useLocation } from "wouter";
import { answer } from "../../api/client";
import { useApi } from "../../app/context";
import { Empty, Failed } from "../../parts/States";

/** An invitation's link leads here, its code behind the `#`, which no server is sent. Nothing happens before the button. */
export default function JoinPage(): ReactElement {
  const api = useApi();
  const queries = useQueryClient();
  const [, go] = useLocation();
  const code = location.hash.slice(1);
  const join = useMutation({
    mutationFn: () => answer(api.POST("/api/invitations/accept", { body: { code } })),
    onSuccess: async ({ account }) => {
      await queries.refetchQueries({ queryKey: ["me"] });
      go(`/accounts/${account}/today`, { replace: true });
    },
  });
  return (
    <main>
      <Empty icon={<PeopleAddRegular />} title="You are invited">
        <p>Join with the Microsoft account that you are signed in with. The invitation is good once.</p>
        {join.error && <Failed error={join.error} />}
        <Button appearance="primary" disabled={!code || join.isPending} onClick={() => join.mutate()}>
          Join
        </Button>
      </Empty>
    </main>
  );
}
