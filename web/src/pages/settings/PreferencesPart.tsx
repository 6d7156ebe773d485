import { Field, Input, Switch, Text, makeStyles } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, versioned, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { useEdited, type Edited } from "../../parts/edited";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { Section } from "../../parts/Section";
import { Answer } from "../../parts/States";
import { ZonePicker } from "../../parts/ZonePicker";
import { Number } from "./AlertsPart";

type Preferences = Schemas["ShownPreferences"];
const NAMES = {
  timezone: "Timezone",
  syncHour: "Hour of the nightly sync",
  currencySymbol: "Currency symbol",
  delegatedAdmin: "Delegated admin",
  showNames: "Show names on invoice",
  splitLicences: "A line for each subscription",
  readsTerms: "Read terms from Partner Center",
  guard: "When decreases wait for a person",
  retention: "How long data is kept",
};

const useStyles = makeStyles({
  row: { display: "grid", gap: "16px", gridTemplateColumns: "repeat(auto-fit, minmax(190px, 1fr))", alignItems: "start" },
  switches: { display: "grid", justifyItems: "start" },
  group: { margin: "8px 0 0" },
});

/** One set of preferences for the account: an admin's. */
export function PreferencesPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const notices = useNotices();
  const path = { account };
  const edited = useEdited<Preferences>({
    queryKey: [account, "preferences"],
    read: () => versioned(api.GET("/api/accounts/{account}/preferences", { params: { path } })),
    save: (change, etag) =>
      answer(
        api.PATCH("/api/accounts/{account}/preferences", {
          params: { path, header: { "If-Match": etag } },
          body: change,
        }),
      ),
    saved: () => {
      notices.done("Preferences saved.");
      void queries.invalidateQueries({ queryKey: ["account", account] });
    },
  });
  return (
    <Section title="Preferences" about="They hold for the whole account.">
      <Answer query={edited.query}>{() => edited.value && <Form edited={edited} value={edited.value} />}</Answer>
    </Section>
  );
}

function Form({ edited, value }: { edited: Edited<Preferences>; value: Preferences }): ReactElement {
  const styles = useStyles();
  const mayChange = useMay("admin");
  const refused = edited.conflict ? null : edited.saving.error;
  const wrong = (field: string) =>
    fieldOf(refused) === field
      ? { validationState: "error" as const, validationMessage: sentenceOf(refused) }
      : {};
  const disabled = !mayChange;
  const { guard, retention } = value;
  return (
    <>
      <div className={styles.row}>
        <ZonePicker value={value.timezone} set={(timezone) => edited.set({ timezone })} disabled={disabled} {...wrong("timezone")} />
        <Field label="Currency symbol" hint="For display; nothing is converted." {...wrong("currencySymbol")}>
          <Input
            disabled={disabled}
            value={value.currencySymbol}
            onChange={(_, { value: typed }) => edited.set({ currencySymbol: typed })}
          />
        </Field>
        <Number
          name="Hour of the nightly sync (0–23)"
          value={value.syncHour}
          max={23}
          set={(syncHour) => edited.set({ syncHour })}
          disabled={disabled}
          {...wrong("syncHour")}
        />
      </div>
      <div className={styles.switches}>
        <Switch
          label="Delegated admin is preselected when a company is added"
          disabled={disabled}
          checked={value.delegatedAdmin}
          onChange={(_, { checked }) => edited.set({ delegatedAdmin: checked })}
        />
        <Switch
          label="Names on the invoice are ticked when a licence is mapped"
          disabled={disabled}
          checked={value.showNames}
          onChange={(_, { checked }) => edited.set({ showNames: checked })}
        />
        <Switch
          label="Each subscription gets a line of its own, as the first choice when a licence is mapped"
          disabled={disabled}
          checked={value.splitLicences}
          onChange={(_, { checked }) => edited.set({ splitLicences: checked })}
        />
        <Switch
          label="Terms and renewals are read from Partner Center"
          disabled={disabled}
          checked={value.readsTerms}
          onChange={(_, { checked }) => edited.set({ readsTerms: checked })}
        />
      </div>
      <Text as="h3" weight="semibold" className={styles.group}>
        When decreases wait for a person
      </Text>
      <div className={styles.row}>
        <Number name="A customer loses more than %" value={guard.tenantPercent} max={100} disabled={disabled}
          set={(tenantPercent) => edited.set({ guard: { ...guard, tenantPercent } })} />
        <Number name="and more than so many seats" value={guard.tenantSeats} disabled={disabled}
          set={(tenantSeats) => edited.set({ guard: { ...guard, tenantSeats } })} />
      </div>
      <div className={styles.row}>
        <Number name="The account loses more than %" value={guard.accountPercent} max={100} disabled={disabled}
          set={(accountPercent) => edited.set({ guard: { ...guard, accountPercent } })} />
        <Number name="and more than so many seats in all" value={guard.accountSeats} disabled={disabled}
          set={(accountSeats) => edited.set({ guard: { ...guard, accountSeats } })} />
        <Number name="The account never loses more seats than" value={guard.accountMost} disabled={disabled}
          set={(accountMost) => edited.set({ guard: { ...guard, accountMost } })} />
      </div>
      <Text as="h3" weight="semibold" className={styles.group}>
        How long data is kept
      </Text>
      <div className={styles.row}>
        <Number name="Counts and users, months" min={13} value={retention.countsMonths} disabled={disabled}
          set={(countsMonths) => edited.set({ retention: { ...retention, countsMonths } })} />
        <Number name="Ledger and decisions, years" min={1} max={100} value={retention.ledgerYears} disabled={disabled}
          set={(ledgerYears) => edited.set({ retention: { ...retention, ledgerYears } })} />
      </div>
      {mayChange ? <SaveBar edited={edited} names={NAMES} /> : <Text>Only an admin of the account changes these.</Text>}
    </>
  );
}
