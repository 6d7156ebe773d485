import { Field, Input, Text } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { Link } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { useAgreementName } from "../../parts/agreements";
import { useAccount, useApi } from "../../app/context";
import { Answer } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";
import { Numbers } from "./Numbers";
import { SyncNow } from "./SyncNow";
import { useRemedied } from "./useRemedied";

type Write = Schemas["ShownWrite"];

/** A push that failed: say what became of it where only a person can see it, else put it right and sync. */
export function SettleWrites({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const api = useApi();
  const { query } = useList<Write>(["unclear-writes"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/unclear-writes", { params: { path: { account }, query: asked }, ...as }),
  );
  return (
    <Answer query={query} rows={3}>
      {(writes) => {
        const unclear = writes.filter((write) => alert.tenantId !== "" && write.tenantId === alert.tenantId);
        if (unclear.length) return unclear.map((write) => <Settle key={write.change} write={write} close={close} />);
        return (
          <>
            {alert.tenantId && <Link href={`/companies/${alert.tenantId}`}>Licences and lines of {alert.who}</Link>}
            <Text>Once it is put right:</Text>
            <SyncNow close={close} />
          </>
        );
      }}
    </Answer>
  );
}

function Settle({ write, close }: { write: Write; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  const [lineId, setLineId] = useState("");
  const agreement = useAgreementName();
  const created = write.lineId === "";
  const settle = useMutation({
    mutationFn: (applied: boolean) =>
      answer(
        api.POST("/api/accounts/{account}/unclear-writes/{change}/settle", {
          params: { path: { account, change: write.change } },
          body: { applied, lineId: applied ? lineId : "" },
        }),
      ),
    onSuccess: (_, applied) =>
      remedied(applied ? "Noted: it was done. The next sync proves the number." : "Noted: it was not done. It is planned anew."),
  });
  return (
    <section aria-label={created ? `New line on agreement ${write.agreementId}` : `Line ${write.lineId}`}>
      <Numbers
        of={[
          ["Before", write.before],
          ["Was to become", write.after],
        ]}
      />
      <Text block>
        Look at agreement {agreement(write)} in the PSA: does {created ? "it have the new line" : `line ${write.lineId} say ${write.after}`}?
      </Text>
      {created && (
        <Field label="Id of the new line, if it is there">
          <Input value={lineId} onChange={(_, { value }) => setLineId(value)} />
        </Field>
      )}
      <Actions>
        <Act does={settle} given={true} disabled={created && !lineId}>
          Yes, it was done
        </Act>
        <Act does={settle} given={false}>
          No, it was not
        </Act>
      </Actions>
      <Refusal of={settle} />
    </section>
  );
}
