import { Text } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, everyRow, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { Answer } from "../../parts/States";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";
import { Numbers } from "./Numbers";
import { useRemedied } from "./useRemedied";
import { WhichLine } from "./WhichLine";

type Hold = Schemas["ShownHold"];
const REASONS: Record<Hold["reasons"][number], string> = {
  to_zero: "The line would go to 0.",
  tenant_loss: "The customer would lose unusually many seats.",
  account_loss: "The account would lose unusually many seats in one night.",
  suspicious: "What was read from Microsoft is hard to believe.",
  proration: "The agreement prorates its lines: this change is made in the PSA by hand.",
  sold_by_others: "Some of the seats were sold by somebody else.",
};

/** Approve exactly the held numbers, or reject them. */
export function DecideHeld({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const held = useQuery({
    queryKey: [account, "held"],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/held-changes", { params: { path: { account }, query: { cursor } } }),
      ),
  });
  return (
    <Answer query={held} rows={3}>
      {(rows) => {
        const here = rows.filter((hold) => hold.tenantId === alert.tenantId && !hold.decided);
        if (!here.length) return "It is decided: the row goes when the alerts are judged next.";
        return here.map((hold) => <Held key={hold.change} hold={hold} close={close} />);
      }}
    </Answer>
  );
}

function Held({ hold, close }: { hold: Hold; close: () => void }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayDecide = useMay("admin");
  const remedied = useRemedied(close);
  const path = { account, change: hold.change };
  const decide = useMutation({
    mutationFn: (verdict: "approve" | "reject") =>
      verdict === "approve"
        ? answer(api.POST("/api/accounts/{account}/held-changes/{change}/approve", { params: { path } }))
        : answer(api.POST("/api/accounts/{account}/held-changes/{change}/reject", { params: { path } })),
    onSuccess: (_, verdict) =>
      remedied(verdict === "approve" ? `Approved: ${hold.before} to ${hold.after} seats.` : "Rejected: the line stays as it is."),
  });
  return (
    <section aria-label={`Line ${hold.lineId} on agreement ${hold.agreementId}`}>
      <WhichLine line={hold} isIt={({ change }) => change === hold.change} />
      <Numbers
        of={[
          ["On the line now", hold.before],
          ["Held", hold.after],
          ["Difference", hold.after - hold.before],
        ]}
      />
      {hold.reasons.map((reason) => (
        <Text key={reason} block>
          {REASONS[reason]}
        </Text>
      ))}
      {mayDecide && (
        <Actions>
          <Act does={decide} given="approve" primary disabled={hold.reasons.includes("proration")}>
            Approve {hold.after} seats
          </Act>
          <Act does={decide} given="reject">
            Reject
          </Act>
        </Actions>
      )}
      <Refusal of={decide} />
    </section>
  );
}
