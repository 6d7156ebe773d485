import { Field, Input, Select, SpinButton, Switch, Text, Textarea, makeStyles, tokens } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { versioned, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { Answer } from "../../parts/States";
import { useEdit, type Edit } from "../../parts/useEdit";
import { addressesIn, changeOf, parameterTitle, valueOf } from "./alertSettings";
import { Section } from "./SettingsPage";

type Settings = Schemas["AlertSettings"];
type AlertType = Schemas["ShownAlertType"];

const useStyles = makeStyles({
  row: { display: "grid", gap: "16px", alignItems: "start", gridTemplateColumns: "repeat(auto-fit, minmax(160px, 1fr))" },
  types: { listStyleType: "none", margin: 0, padding: 0 },
  type: { padding: "10px 0", borderTop: `1px solid ${tokens.colorNeutralStroke3}`, ":first-child": { borderTop: "none" } },
  about: { display: "block", color: tokens.colorNeutralForeground2, paddingLeft: "52px" },
  parameter: { paddingLeft: "52px", paddingTop: "8px", maxWidth: "320px" },
});

/** Notification addresses and frequency, and which alert types are on. An owner changes them. */
export function AlertSettingsForm(): ReactElement {
  const api = useApi();
  const { id } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const path = { account: id };
  const edit = useEdit<Settings>({
    queryKey: [id, "alert-settings"],
    read: () => versioned(api.GET("/api/accounts/{account}/alert-settings", { params: { path } })),
    save: (draft, base, etag) =>
      versioned(
        api.PATCH("/api/accounts/{account}/alert-settings", {
          params: { path, header: { "If-Match": etag } },
          body: changeOf(draft, base),
        }),
      ),
    saved: () => {
      done("Saved. It counts from the next mail on.");
      void queries.invalidateQueries({ queryKey: [id, "guide"] });
    },
  });
  const owner = useMay("owner");
  const bar = owner && <SaveBar edit={edit} names={NAMES} text={shownText} />;
  return (
    <Answer query={edit.query} rows={10}>
      {() => (
        <>
          <Section title="Notifications">
            <Notifications edit={edit} owner={owner} />
            {bar}
          </Section>
          <Section title="Alerts">
            <Types edit={edit} owner={owner} />
            {bar}
          </Section>
        </>
      )}
    </Answer>
  );
}

const NAMES: Partial<Record<keyof Settings, string>> = {
  addresses: "Notification addresses",
  frequency: "Frequency",
  hour: "Hour",
  repeatAfterDays: "Repeated after",
  types: "Alerts",
};

/** A value where two versions stand side by side. */
function shownText(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  const off = (value as (string | AlertType)[]).map((item) =>
    typeof item === "string" ? item : item.on ? "" : `${item.title}: off`,
  );
  return off.filter(Boolean).join(", ") || "all on";
}

interface PartProps {
  edit: Edit<Settings>;
  owner: boolean;
}

function Notifications({ edit, owner }: PartProps): ReactElement {
  const styles = useStyles();
  const { draft, change, error } = edit;
  if (!draft) return <></>;
  const wrong = (field: string) => (fieldOf(error).startsWith(field) ? sentenceOf(error) : undefined);
  return (
    <>
      <Field
        label="Notification addresses"
        hint="One a line. They get the rows of every alert that has no addresses of its own."
        validationMessage={wrong("addresses")}
      >
        <Textarea
          disabled={!owner}
          rows={3}
          value={draft.addresses.join("\n")}
          onChange={(_, { value }) => change({ addresses: value.split("\n") })}
          onBlur={() => edit.changed.includes("addresses") && change({ addresses: addressesIn(draft.addresses) })}
        />
      </Field>
      <div className={styles.row}>
        <Field label="Frequency">
          <Select
            disabled={!owner}
            value={draft.frequency}
            onChange={(_, { value }) => change({ frequency: value as Settings["frequency"] })}
          >
            <option value="daily">Daily</option>
            <option value="weekly">Weekly, on Monday</option>
            <option value="monthly">Monthly, on the 1st</option>
          </Select>
        </Field>
        <Field label="Hour" hint="In the account's timezone" validationMessage={wrong("hour")}>
          <SpinButton disabled={!owner} min={0} max={23} value={draft.hour}
            onChange={(_, { value, displayValue }) => change({ hour: value ?? Number(displayValue) })} />
        </Field>
        <Field label="Repeat open rows after" hint="Days, 1 to 31" validationMessage={wrong("repeatAfterDays")}>
          <SpinButton disabled={!owner} min={1} max={31} value={draft.repeatAfterDays}
            onChange={(_, { value, displayValue }) => change({ repeatAfterDays: value ?? Number(displayValue) })} />
        </Field>
      </div>
    </>
  );
}

function Types({ edit, owner }: PartProps): ReactElement {
  const styles = useStyles();
  const { draft, change, error } = edit;
  if (!draft) return <></>;
  const set = (type: AlertType) =>
    change({ types: draft.types.map((old) => (old.type === type.type ? type : old)) });
  return (
    <ul className={styles.types}>
      {draft.types.map((type) => (
        <li key={type.type} className={styles.type}>
          <Switch
            disabled={!owner}
            checked={type.on}
            label={type.title}
            onChange={(_, { checked }) => set({ ...type, on: checked })}
          />
          <Text className={styles.about}>{type.about}</Text>
          {type.on &&
            type.parameters.map((parameter) => (
              <div key={parameter.name} className={styles.parameter}>
                <Parameter
                  parameter={parameter}
                  disabled={!owner}
                  wrong={fieldOf(error).includes(type.type) ? sentenceOf(error) : undefined}
                  set={(value) =>
                    set({
                      ...type,
                      parameters: type.parameters.map((old) => (old.name === parameter.name ? { ...old, value } : old)),
                    })
                  }
                />
              </div>
            ))}
        </li>
      ))}
    </ul>
  );
}

interface ParameterProps {
  parameter: Schemas["ShownParameter"];
  disabled: boolean;
  wrong: string | undefined;
  set: (value: Schemas["ShownParameter"]["value"]) => void;
}

function Parameter({ parameter, disabled, wrong, set }: ParameterProps): ReactElement {
  const title = parameterTitle(parameter.name);
  if (typeof parameter.default === "boolean") {
    return (
      <Switch
        disabled={disabled}
        label={title}
        checked={parameter.value === true}
        onChange={(_, { checked }) => set(checked)}
      />
    );
  }
  return (
    <Field label={title} hint={`It must be ${parameter.mustBe}.`} validationMessage={wrong}>
      <Input
        disabled={disabled}
        value={String(parameter.value)}
        onChange={(_, { value }) => set(valueOf(value, parameter.default))}
      />
    </Field>
  );
}
