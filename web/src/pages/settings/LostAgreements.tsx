import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, makeStyles } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { ApiProblem } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { counted, day } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Failed } from "../../parts/States";

const useStyles = makeStyles({
  list: { margin: "8px 0 0", paddingLeft: "20px", maxHeight: "240px", overflowY: "auto" },
});

/** A list of agreements that lost most of what is mapped: nothing is written there until a person, or another night, believes it. */
export function LostAgreements({ connection }: { connection: Schemas["ShownPsaState"] }): ReactElement | null {
  const api = useApi();
  const { id: account } = useAccount();
  const path = { account, psaConnection: connection.id };
  const loss = useQuery({
    queryKey: [account, "lost-agreements", connection.id],
    queryFn: async () => {
      try {
        return await answer(api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/lost-agreements", { params: { path } }));
      } catch (failed) {
        if (failed instanceof ApiProblem && failed.problem.status === 404) return null; // its list is not in doubt
        throw failed;
      }
    },
  });
  if (loss.error) return <Failed error={loss.error} retry={() => void loss.refetch()} />;
  return loss.data ? <Loss connection={connection} loss={loss.data} /> : null;
}

interface LossProps {
  connection: Schemas["ShownPsaState"];
  loss: Schemas["ShownLoss"];
}

/** What exactly is missing, and the word that it is really gone: of what was seen here, and of nothing else. */
function Loss({ connection, loss }: LossProps): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const mayBelieve = useMay("admin");
  const queries = useQueryClient();
  const { done } = useNotices();
  const [sure, setSure] = useState(false);
  const again = () => queries.invalidateQueries({ queryKey: [account, "lost-agreements", connection.id] });
  const believe = useMutation({
    mutationFn: (seen: string) =>
      answer(
        api.POST("/api/accounts/{account}/psa-connections/{psaConnection}/lost-agreements/believe", {
          params: { path: { account, psaConnection: connection.id } },
          body: { seen },
        }),
      ),
    onSuccess: () => {
      done("Believed.", { text: `${connection.name} is worked on now; what was billed by these agreements becomes exceptions.` });
      void again();
    },
    // Others may be missing by now: what is missing now is shown, and asked about anew.
    onError: () => {
      setSure(false);
      void again();
    },
  });
  const hidden = loss.missing - loss.agreements.length;
  return (
    <MessageBar intent="warning" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>
          {counted(loss.missing, "agreement")} that licences are mapped to {loss.missing === 1 ? "is" : "are"} missing in its list
          {loss.since && ` since ${day(loss.since)}`}.
        </MessageBarTitle>{" "}
        Nothing of this PSA is read or written until another night finds the same, or an admin says that they are really gone. If they are
        not, give the API user its rights back.
        <ul className={styles.list}>
          {loss.agreements.map(({ agreementId, companies }) => (
            <li key={agreementId}>
              Agreement {agreementId}: {companies.join(", ")}
            </li>
          ))}
          {hidden > 0 && <li>and {counted(hidden, "more agreement")}</li>}
        </ul>
        {believe.error && <Failed error={believe.error} />}
      </MessageBarBody>
      {mayBelieve && (
        <MessageBarActions>
          {sure ? (
            <>
              <Button appearance="primary" disabledFocusable={believe.isPending} onClick={() => believe.mutate(loss.seen)}>
                Yes, stop billing by {loss.missing === 1 ? "it" : `these ${loss.missing}`}
              </Button>
              <Button onClick={() => setSure(false)}>No</Button>
            </>
          ) : (
            <Button onClick={() => setSure(true)}>They are really gone …</Button>
          )}
        </MessageBarActions>
      )}
    </MessageBar>
  );
}
