import { Combobox, Field, Input, Option, SpinButton, Switch, makeStyles } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { versioned, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { Answer } from "../../parts/States";
import { useEdit } from "../../parts/useEdit";

type Preferences = Schemas["ShownPreferences"];

const NAMES: Partial<Record<keyof Preferences, string>> = {
  timezone: "Timezone",
  currencySymbol: "Currency symbol",
  syncHour: "Hour of the nightly sync",
  delegatedAdmin: "Delegated Admin",
  showNames: "Show names on invoice",
};

const useStyles = makeStyles({
  row: { display: "grid", gap: "16px", alignItems: "start", gridTemplateColumns: "repeat(auto-fit, minmax(160px, 1fr))" },
});

/** One set for the whole account. An admin changes it. */
export function PreferencesForm(): ReactElement {
  const api = useApi();
  const styles = useStyles();
  const { id } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const admin = useMay("admin");
  const path = { account: id };
  const edit = useEdit<Preferences>({
    queryKey: [id, "preferences"],
    read: () => versioned(api.GET("/api/accounts/{account}/preferences", { params: { path } })),
    save: ({ timezone, currencySymbol, syncHour, delegatedAdmin, showNames }, _base, etag) =>
      versioned(
        api.PATCH("/api/accounts/{account}/preferences", {
          params: { path, header: { "If-Match": etag } },
          body: { timezone, currencySymbol, syncHour, delegatedAdmin, showNames },
        }),
      ),
    saved: () => {
      done("Saved.");
      void queries.invalidateQueries({ queryKey: ["account", id] });
    },
  });
  const { draft, change, error } = edit;
  const wrong = (field: keyof Preferences) => (fieldOf(error) === field ? sentenceOf(error) : undefined);
  return (
    <Answer query={edit.query} rows={5}>
      {() =>
        draft && (
          <>
            <div className={styles.row}>
              <Field label="Timezone" hint="For display, schedules and months" validationMessage={wrong("timezone")}>
                <Combobox
                  freeform
                  disabled={!admin}
                  value={draft.timezone}
                  onChange={(event) => change({ timezone: event.target.value })}
                  onOptionSelect={(_, { optionValue }) => optionValue && change({ timezone: optionValue })}
                >
                  {zonesLike(draft.timezone).map((zone) => (
                    <Option key={zone}>{zone}</Option>
                  ))}
                </Combobox>
              </Field>
              <Field label="Currency symbol" hint="Display only" validationMessage={wrong("currencySymbol")}>
                <Input
                  disabled={!admin}
                  value={draft.currencySymbol}
                  onChange={(_, { value }) => change({ currencySymbol: value })}
                />
              </Field>
              <Field label="Hour of the nightly sync" validationMessage={wrong("syncHour")}>
                <SpinButton
                  disabled={!admin}
                  min={0}
                  max={23}
                  value={draft.syncHour}
                  onChange={(_, { value, displayValue }) => change({ syncHour: value ?? Number(displayValue) })}
                />
              </Field>
            </div>
            <Field hint="Preselected where a company is added.">
              <Switch
                disabled={!admin}
                label="Delegated Admin"
                checked={draft.delegatedAdmin}
                onChange={(_, { checked }) => change({ delegatedAdmin: checked })}
              />
            </Field>
            <Field hint="The first tick where a licence is mapped. Saved mappings stay as they are.">
              <Switch
                disabled={!admin}
                label="Show names on invoice"
                checked={draft.showNames}
                onChange={(_, { checked }) => change({ showNames: checked })}
              />
            </Field>
            {admin && <SaveBar edit={edit} names={NAMES} text={String} />}
          </>
        )
      }
    </Answer>
  );
}

/** At most thirty IANA zones that hold what was typed; all that fit begin the list of a zone that is chosen. */
function zonesLike(typed: string): string[] {
  const zones = Intl.supportedValuesOf("timeZone");
  const found = zones.filter((zone) => zone.toLowerCase().includes(typed.trim().toLowerCase()));
  return (found.length === 1 && found[0] === typed ? zones : found).slice(0, 30);
}
