import { Field, Input, Radio, RadioGroup, Text, makeStyles } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, versioned, type Schemas } from "../../api/client";
import { fieldOf, isConflict, sentenceOf } from "../../api/problem";
import { useAccount, useApi } from "../../app/context";
import { useEdited } from "../../parts/edited";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { Answer } from "../../parts/States";

type Partner = Schemas["ShownPartner"];
type Mode = Partner["mode"];
/** As it is stored, and what is typed of its secrets: they are never read back, and "" keeps them. */
type Given = Pick<Partner, "name" | "tenantId" | "clientId" | "mode" | "byInstallation"> & Secrets;
type Secrets = { clientSecret: string; refreshToken: string };

const MODES: Record<Mode, string> = {
  refresh_token: "By the consent of a service user, with GDAP",
  app_only: "By its app alone, let in by every customer",
};
const NAMES = { name: "Name", clientId: "Client id", mode: "Signs in", clientSecret: "Client secret", refreshToken: "Refresh token" };
const KEPT = "Empty keeps the one that is stored.";
const useStyles = makeStyles({ form: { display: "grid", gap: "12px", maxWidth: "460px", padding: "12px 0" } });

/** A partner connection's name and app registration: the sign-in is tried, and only then they are stored (K4). */
export function ChangePartner({ id, done }: { id: string; done: () => void }): ReactElement {
  const styles = useStyles();
  const edited = usePartner(id, done);
  const { value, query, set, saving } = edited;
  const refused = isConflict(saving.error) ? null : saving.error;
  const marked = (field: keyof Given) =>
    fieldOf(refused) === field ? { validationState: "error" as const, validationMessage: sentenceOf(refused) } : {};
  return (
    <Answer query={query} rows={4}>
      {() =>
        value && (
          <div className={styles.form} role="group" aria-label={`Change ${query.data?.value.name}`}>
            <Field label="Name" hint="What you call it here" {...marked("name")}>
              <Input value={value.name} maxLength={80} onChange={(_, { value: name }) => set({ name })} />
            </Field>
            {value.byInstallation ? (
              <Text>It signs in by the app registration of this installation, whose operator keeps its secret.</Text>
            ) : (
              <>
                <Field label="Client id of your app registration" {...marked("clientId")}>
                  <Input value={value.clientId} maxLength={40} onChange={(_, { value: clientId }) => set({ clientId })} />
                </Field>
                <Field label="Client secret" hint={KEPT} {...marked("clientSecret")}>
                  <Secret value={value.clientSecret} set={(clientSecret) => set({ clientSecret })} />
                </Field>
                <Field label="Signs in" {...marked("mode")}>
                  <RadioGroup value={value.mode} onChange={(_, { value: mode }) => set({ mode: mode as Mode })}>
                    {(Object.keys(MODES) as Mode[]).map((mode) => (
                      <Radio key={mode} value={mode} label={MODES[mode]} />
                    ))}
                  </RadioGroup>
                </Field>
                {value.mode === "refresh_token" && (
                  <Field label="Refresh token" hint={`${KEPT} “Sign in again” makes a new one.`} {...marked("refreshToken")}>
                    <Secret value={value.refreshToken} set={(refreshToken) => set({ refreshToken })} />
                  </Field>
                )}
              </>
            )}
            <SaveBar edited={edited} names={NAMES} shown={shown} />
          </div>
        )
      }
    </Answer>
  );
}

function Secret({ value, set, ...field }: { value: string; set: (value: string) => void }): ReactElement {
  return <Input {...field} type="password" autoComplete="off" value={value} onChange={(_, data) => set(data.value)} />;
}

/** For what somebody else stored meanwhile: a secret is told by whether there is a new one. */
function shown(value: unknown, field: keyof Given): string {
  if (field === "clientSecret" || field === "refreshToken") return value ? "a new one" : "the one that is stored";
  return field === "mode" ? MODES[value as Mode] : String(value);
}

function usePartner(id: string, done: () => void) {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const notices = useNotices();
  const path = { account, partnerConnection: id };
  return useEdited<Given>({
    queryKey: [account, "partner-connection", id],
    read: async () => {
      const { value, etag } = await versioned(
        api.GET("/api/accounts/{account}/partner-connections/{partnerConnection}", { params: { path } }),
      );
      const { name, tenantId, clientId, mode, byInstallation } = value;
      return { value: { name, tenantId, clientId, mode, byInstallation, clientSecret: "", refreshToken: "" }, etag };
    },
    save: (change, etag, stored) => {
      const { name, tenantId, clientId, mode, clientSecret, refreshToken } = { ...stored, ...change };
      return answer(
        api.PUT("/api/accounts/{account}/partner-connections/{partnerConnection}", {
          params: { path, header: { "If-Match": etag } },
          body: { name, tenantId, clientId, mode, clientSecret, refreshToken },
        }),
      );
    },
    saved: () => {
      notices.done("The sign-in works, and the connection is saved.");
      void queries.invalidateQueries({ queryKey: [account] });
      done();
    },
  });
}
