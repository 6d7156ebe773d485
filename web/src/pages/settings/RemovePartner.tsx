import { Button, makeStyles } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { useNotices } from "../../parts/notices";
import { Answer, Failed, Loading } from "../../parts/States";
import { isPart, useList } from "../../parts/useList";
import { fateOf } from "./partnerRemoval";

type Partner = Schemas["ShownPartner"];

const useStyles = makeStyles({
  form: { display: "grid", gap: "12px", paddingBottom: "12px" },
  told: { margin: 0, paddingLeft: "20px", maxWidth: "75ch" },
  actions: { display: "flex", flexWrap: "wrap", gap: "8px" },
});

/** Ends a partner connection, once it is said what becomes of its customers; the API refuses while it is needed. */
export function RemovePartner({ partner, cancel }: { partner: Partner; cancel: () => void }): ReactElement {
  const styles = useStyles();
  const remove = useRemove(partner);
  const api = useApi();
  const { query } = useList<Schemas["ShownTenant"]>(["tenants"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/tenants", { params: { path: { account }, query: asked }, ...as }),
  );
  return (
    <Answer query={query} rows={3}>
      {(tenants) =>
        isPart(tenants) ? (
          <Loading rows={3} />
        ) : (
          <div className={styles.form} role="group" aria-label={`Remove ${partner.name}`}>
            <ul className={styles.told}>
              {fateOf(tenants, partner.id).map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
              <li>
                What it signs in with is deleted here{partner.byInstallation ? "" : ", and the app registration is yours to delete"}. The consent can be
                given anew.
              </li>
            </ul>
            {remove.error && <Failed error={remove.error} />}
            <div className={styles.actions}>
              <Button appearance="primary" disabled={remove.isPending} onClick={() => remove.mutate()}>
                Remove {partner.name}
              </Button>
              <Button onClick={cancel}>Keep it</Button>
            </div>
          </div>
        )
      }
    </Answer>
  );
}

function useRemove({ id, name }: Partner) {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  return useMutation({
    mutationFn: async () => {
      const gone = await api.DELETE("/api/accounts/{account}/partner-connections/{partnerConnection}", {
        params: { path: { account, partnerConnection: id } },
      });
      if (!gone.response.ok) await answer(Promise.resolve(gone));
    },
    onSuccess: () => {
      done(`${name} is removed: nothing is read through it any more.`);
      void queries.invalidateQueries({ queryKey: [account] });
    },
  });
}
