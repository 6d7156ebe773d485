import { Button, Field, Input, makeStyles } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, versioned, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { download } from "../../parts/download";
import { useEdited } from "../../parts/edited";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { Section } from "../../parts/Section";
import { Answer, Failed } from "../../parts/States";
import { DeleteAccount } from "./DeleteAccount";
import { HealthPart } from "./HealthPart";

type Account = Schemas["ShownAccount"];

const useStyles = makeStyles({ name: { maxWidth: "420px" } });

/** The account as a whole: an admin's, and what only its owner may do. */
export function AccountPart(): ReactElement {
  const isOwner = useMay("owner");
  const { mode } = useAccount();
  return (
    <>
      <Named />
      <HealthPart />
      {isOwner && mode === "live" && <BackToPreview />}
      {isOwner && <TakeAlong />}
      {isOwner && <DeleteAccount />}
    </>
  );
}

function Named(): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const path = { account };
  const edited = useEdited<Account>({
    queryKey: [account, "named"],
    read: () => versioned(api.GET("/api/accounts/{account}", { params: { path } })),
    save: (change, etag) =>
      answer(
        api.PATCH("/api/accounts/{account}", {
          params: { path, header: { "If-Match": etag } },
          body: { name: change.name ?? "" },
        }),
      ),
    saved: () => {
      done("The name is saved.");
      void queries.invalidateQueries();
    },
  });
  const refused = edited.saving.error;
  const mark = fieldOf(refused) === "name" ? { validationMessage: sentenceOf(refused) } : {};
  return (
    <Section title="Account" about="Its name is shown at the top of each page, in mails and on reports without a logo.">
      <Answer query={edited.query} rows={2}>
        {() =>
          edited.value && (
            <>
              <Field label="Name of your company" className={styles.name} {...mark}>
                <Input value={edited.value.name} maxLength={80} onChange={(_, { value }) => edited.set({ name: value })} />
              </Field>
              <SaveBar edited={edited} names={{ name: "Name" }} />
            </>
          )
        }
      </Answer>
    </Section>
  );
}

/** The brake: from here on nothing is written, and everything else goes on. */
function BackToPreview(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const back = useMutation({
    mutationFn: () =>
      answer(
        api.PUT("/api/accounts/{account}/mode", { params: { path: { account } }, body: { mode: "preview", plan: "" } }),
      ),
    onSuccess: () => {
      done("The account is in preview.", { text: "The guide takes it live again." });
      void queries.invalidateQueries();
    },
  });
  return (
    <Section
      title="Back to preview"
      about="Nothing is written to a PSA any more, until you take the account live again. Reading, alerts, mails and the plan go on."
    >
      {back.error && <Failed error={back.error} />}
      <div>
        <Button disabledFocusable={back.isPending} onClick={() => back.mutate()}>
          Stop writing
        </Button>
      </div>
    </Section>
  );
}

function TakeAlong(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const made = useMutation({
    mutationFn: () =>
      download(
        api.GET("/api/accounts/{account}/export", { params: { path: { account } }, parseAs: "blob" }),
        `seatwise-${account}.zip`,
      ),
  });
  return (
    <Section title="Export" about="Everything that is kept of the account, as a ZIP file of JSON lines; without secrets.">
      {made.error && <Failed error={made.error} />}
      <div>
        <Button disabledFocusable={made.isPending} onClick={() => made.mutate()}>
          {made.isPending ? "Making the file …" : "Download everything"}
        </Button>
      </div>
    </Section>
  );
}
