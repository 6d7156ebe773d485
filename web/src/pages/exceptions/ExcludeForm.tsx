import { Field, Input, Radio, RadioGroup, Text, makeStyles } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi } from "../../app/context";
import { Act, Actions, Refusal } from "./Actions";
import type { Alert } from "./ExceptionsPage";
import { useRemedied } from "./useRemedied";

type Asked = Schemas["NewExclusion"];
type Scope = "licence" | "tenant" | "sku";
type HowLong = "always" | "spare" | "renewal" | "date";

export interface Choice {
  scope: Scope;
  howLong: HowLong;
  spare: string;
  until: string;
  reason: string;
}

const useStyles = makeStyles({ form: { display: "flex", flexDirection: "column", gap: "12px" } });

/** A person says that this is fine: of what, and for how long. Billing is not changed by it. */
export function ExcludeForm({ alert, close }: { alert: Alert; close: () => void }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  const scopes = scopesOf(alert);
  const [choice, setChoice] = useState<Choice>(() => ({
    scope: scopes[0] ?? "tenant",
    howLong: "always",
    spare: String(alert.seats),
    until: "",
    reason: "",
  }));
  const change = (part: Partial<Choice>) => setChoice((old) => ({ ...old, ...part }));
  const exclude = useMutation({
    mutationFn: (body: Asked) =>
      answer(api.POST("/api/accounts/{account}/exclusions", { params: { path: { account } }, body })),
    onSuccess: (made) =>
      remedied("Excluded.", async () => {
        const path = { account, exclusion: made.id };
        await answer(api.DELETE("/api/accounts/{account}/exclusions/{exclusion}", { params: { path } }));
      }),
  });
  const wrong = (field: string) => (fieldOf(exclude.error) === field ? sentenceOf(exclude.error) : undefined);
  const marked = ["spareAtMost", "until", "reason"].includes(fieldOf(exclude.error));
  return (
    <section aria-label="Exclude" className={styles.form}>
      <Text>It is fine as it is? Exclude it. What is synced and billed stays as it is.</Text>
      <Field label="What">
        <RadioGroup value={choice.scope} onChange={(_, { value }) => change({ scope: value as Scope })}>
          {scopes.map((scope) => (
            <Radio key={scope} value={scope} label={scopeWords(scope, alert)} />
          ))}
        </RadioGroup>
      </Field>
      <Field label="How long">
        <RadioGroup value={choice.howLong} onChange={(_, { value }) => change({ howLong: value as HowLong })}>
          <Radio value="always" label="Until somebody removes the exclusion" />
          {alert.type === "unused_licenses" && choice.scope === "licence" && (
            <Radio value="spare" label="While no more than a number of seats are unused" />
          )}
          {choice.scope === "licence" && <Radio value="renewal" label="Until the subscription renews" />}
          <Radio value="date" label="Until a date" />
        </RadioGroup>
      </Field>
      {choice.howLong === "spare" && (
        <Field label="Seats at most" validationMessage={wrong("spareAtMost")}>
          <Input type="number" min={0} value={choice.spare} onChange={(_, { value }) => change({ spare: value })} />
        </Field>
      )}
      {choice.howLong === "date" && (
        <Field label="First day on which it counts again" validationMessage={wrong("until")}>
          <Input type="date" value={choice.until} onChange={(_, { value }) => change({ until: value })} />
        </Field>
      )}
      <Field label="Reason" validationMessage={wrong("reason")}>
        <Input value={choice.reason} onChange={(_, { value }) => change({ reason: value })} />
      </Field>
      <Actions>
        <Act does={exclude} given={askedBy(choice, alert)} disabled={choice.howLong === "date" && !choice.until}>
          Exclude
        </Act>
      </Actions>
      {!marked && <Refusal of={exclude} />}
    </section>
  );
}

/** What an exclusion of this row can name, the narrowest first; one SKU only where the row has one. */
export function scopesOf(alert: Pick<Alert, "excludableBy" | "skuIds" | "tenantId">): Scope[] {
  const one = alert.skuIds.length === 1;
  const possible: Record<Scope, boolean> = { licence: one && !!alert.tenantId, tenant: !!alert.tenantId, sku: one };
  return (["licence", "tenant", "sku"] as const).filter(
    (scope) => possible[scope] && alert.excludableBy.includes(scope),
  );
}

function scopeWords(scope: Scope, alert: Alert): string {
  const words: Record<Scope, string> = {
    licence: `This licence of ${alert.who}, from “${alert.title}”`,
    tenant: `All of ${alert.who}, from every alert that can be excluded`,
    sku: "This licence of every customer",
  };
  return words[scope];
}

/** The exclusion to ask for. */
export function askedBy(choice: Choice, alert: Pick<Alert, "type" | "skuIds" | "tenantId">): Asked {
  const sku = alert.skuIds[0] ?? "";
  const licence = choice.scope === "licence";
  return {
    tenantId: choice.scope === "sku" ? "" : alert.tenantId,
    skuId: choice.scope === "tenant" ? "" : sku,
    type: licence ? (alert.type as Asked["type"]) : null,
    spareAtMost: licence && choice.howLong === "spare" ? Number(choice.spare) : null,
    untilRenewal: licence && choice.howLong === "renewal",
    until: choice.howLong === "date" ? choice.until : null,
    reason: choice.reason,
  };
}
