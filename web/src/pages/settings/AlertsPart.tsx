import {
  Dropdown,
  Field,
  Input,
  Option,
  SpinButton,
  Switch,
  Text,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import type { ReactElement } from "react";
import { answer, versioned, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { useEdited, type Edited } from "../../parts/edited";
import { capital, words } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { Section } from "../../parts/Section";
import { Answer } from "../../parts/States";
import { AddressLines, typedAddresses } from "./AddressLines";
import { CustomerAddresses, TypeAddresses, useCustomers } from "./AlertRoutes";
import { changesOf, differing } from "./alertTypes";

type Settings = Schemas["AlertSettings"];
type AlertType = Schemas["ShownAlertType"];
const FREQUENCIES: Record<Settings["frequency"], string> = {
  daily: "Daily",
  weekly: "Weekly, on Monday",
  monthly: "Monthly, on the 1st",
};
const NAMES = {
  addresses: "Notification addresses",
  frequency: "Frequency",
  hour: "Hour",
  repeatAfterDays: "Open rows again after",
  companyAddresses: "Addresses of customers",
  types: "Alerts",
};

const useStyles = makeStyles({
  row: { display: "grid", gap: "16px", gridTemplateColumns: "repeat(auto-fit, minmax(200px, 1fr))", alignItems: "start" },
  types: { display: "grid", gap: "4px" },
  type: { display: "grid", gap: "4px 16px", gridTemplateColumns: "minmax(0, 1fr) auto", padding: "10px 0",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`, ":first-child": { borderTop: "none" } },
  about: { gridColumn: "1 / -1", color: tokens.colorNeutralForeground2, paddingLeft: "60px", maxWidth: "75ch", textWrap: "pretty" },
  parameters: { gridColumn: "1 / -1", display: "flex", gap: "16px", flexWrap: "wrap", paddingLeft: "60px" },
});

/** Notification addresses, frequency, and which alerts are on: an owner's. */
export function AlertsPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const notices = useNotices();
  const path = { account };
  const edited = useEdited<Settings>({
    queryKey: [account, "alert-settings"],
    read: () => versioned(api.GET("/api/accounts/{account}/alert-settings", { params: { path } })),
    save: (change, etag) =>
      answer(
        api.PATCH("/api/accounts/{account}/alert-settings", {
          params: { path, header: { "If-Match": etag } },
          body: {
            ...change,
            addresses: change.addresses && typedAddresses(change.addresses),
            companyAddresses: change.companyAddresses && addressesOf(change.companyAddresses),
            types: change.types ? changesOf(change.types) : null,
          },
        }),
      ),
    saved: () => notices.done("Alert settings saved."),
  });
  return (
    <Answer query={edited.query}>
      {() => edited.value && <Form edited={edited} value={edited.value} />}
    </Answer>
  );
}

function addressesOf(customers: Settings["companyAddresses"]): Settings["companyAddresses"] {
  return Object.fromEntries(Object.entries(customers).map(([id, lines]) => [id, typedAddresses(lines)]));
}

/** Who gets what is about which customer, in one sentence. */
function routesTold(routes: Settings["companyAddresses"], customers: { id: string; name: string }[]): string {
  const name = (id: string) => customers.find((customer) => customer.id === id)?.name ?? id;
  return Object.entries(routes).map(([id, to]) => `${name(id)}: ${to.join(", ")}`).join("; ") || "nothing";
}

function Form({ edited, value }: { edited: Edited<Settings>; value: Settings }): ReactElement {
  const styles = useStyles();
  const mayChange = useMay("owner");
  const refused = edited.conflict ? null : edited.saving.error;
  const wrong = (field: string) =>
    fieldOf(refused).split(".")[0] === field
      ? { validationState: "error" as const, validationMessage: sentenceOf(refused) }
      : {};
  const customers = useCustomers();
  /** What a conflict shows of what is no plain value. */
  const shown = (of: unknown, field: keyof Settings) => {
    if (field === "companyAddresses") return routesTold(of as Settings["companyAddresses"], customers);
    if (field !== "types" || !edited.conflict) return undefined;
    const { theirs, mine } = edited.conflict;
    return differing(of as AlertType[], of === theirs.types ? (mine.types ?? []) : theirs.types);
  };
  // Only types that were changed here are in the draft: what somebody else says of the others stays.
  const stored = edited.query.data?.value.types ?? [];
  const types = stored.map((type) => value.types.find((other) => other.type === type.type) ?? type);
  const change = (type: AlertType) =>
    edited.set({ types: [...types.filter((other) => other.type !== type.type && !stored.includes(other)), type] });
  return (
    <>
      <Section title="Notifications" about="One digest for each address, only when there is something new or it is time to repeat.">
        <AddressLines
          label="Notification addresses"
          hint="One on each line. At least one."
          addresses={value.addresses}
          set={(addresses) => edited.set({ addresses })}
          disabled={!mayChange}
          {...wrong("addresses")}
        />
        <div className={styles.row}>
          <Field label="Frequency" {...wrong("frequency")}>
            <Dropdown
              disabled={!mayChange}
              value={FREQUENCIES[value.frequency]}
              selectedOptions={[value.frequency]}
              onOptionSelect={(_, { optionValue }) => edited.set({ frequency: optionValue as Settings["frequency"] })}
            >
              {Object.entries(FREQUENCIES).map(([frequency, words]) => (
                <Option key={frequency} value={frequency}>
                  {words}
                </Option>
              ))}
            </Dropdown>
          </Field>
          <Number name="Hour of the day (0–23)" value={value.hour} set={(hour) => edited.set({ hour })} max={23} {...wrong("hour")} disabled={!mayChange} />
          <Number
            name="Repeat open rows after days (1–31)"
            value={value.repeatAfterDays}
            set={(repeatAfterDays) => edited.set({ repeatAfterDays })}
            min={1}
            max={31}
            {...wrong("repeatAfterDays")}
            disabled={!mayChange}
          />
        </div>
        {!mayChange && <Text>Only an owner of the account changes these.</Text>}
        {mayChange && <SaveBar edited={edited} names={NAMES} shown={shown} />}
      </Section>
      <Section title="Alerts" about="Each type is switched on and off by itself. What is off is neither mailed nor shown.">
        <div className={styles.types}>
          {types.map((type) => (
            <div key={type.type} className={styles.type}>
              <Switch
                label={type.title}
                disabled={!mayChange}
                checked={type.on}
                onChange={(_, { checked }) => change({ ...type, on: checked })}
              />
              <Text className={styles.about}>{type.about}</Text>
              {type.on && type.parameters.length > 0 && (
                <div className={styles.parameters}>
                  {type.parameters.map((parameter) => (
                    <Parameter
                      key={parameter.name}
                      parameter={parameter}
                      disabled={!mayChange}
                      set={(chosen) =>
                        change({
                          ...type,
                          parameters: type.parameters.map((other) =>
                            other.name === parameter.name ? { ...other, value: chosen } : other,
                          ),
                        })
                      }
                    />
                  ))}
                </div>
              )}
              {type.on && (
                <TypeAddresses
                  type={type}
                  set={(addresses) => change({ ...type, addresses })}
                  disabled={!mayChange}
                  refused={refused}
                />
              )}
            </div>
          ))}
        </div>
        {mayChange && <SaveBar edited={edited} names={NAMES} shown={shown} />}
      </Section>
      <Section
        title="Customers with addresses of their own"
        about="What is about such a customer goes to these addresses instead of the notification addresses. Who should get everything is named in both."
      >
        <CustomerAddresses
          addresses={value.companyAddresses}
          set={(companyAddresses) => edited.set({ companyAddresses })}
          disabled={!mayChange}
          refused={refused}
        />
        {mayChange && <SaveBar edited={edited} names={NAMES} shown={shown} />}
      </Section>
    </>
  );
}

interface ParameterProps {
  parameter: Schemas["ShownParameter"];
  disabled: boolean;
  set: (value: boolean | number | string) => void;
}

/** A parameter of an alert type, by the kind of its default. */
function Parameter({ parameter, disabled, set }: ParameterProps): ReactElement {
  const { name, value, mustBe } = parameter;
  const title = words(name);
  if (typeof value === "boolean") {
    return <Switch label={title} disabled={disabled} checked={value} onChange={(_, { checked }) => set(checked)} />;
  }
  if (typeof value === "number") {
    return <Number name={title} hint={capital(mustBe)} value={value} set={set} disabled={disabled} />;
  }
  return (
    <Field label={title} hint={capital(mustBe)}>
      <Input disabled={disabled} value={String(value ?? "")} onChange={(_, { value: typed }) => set(typed)} />
    </Field>
  );
}

interface NumberProps {
  name: string;
  hint?: string;
  value: number;
  set: (value: number) => void;
  min?: number;
  max?: number;
  disabled?: boolean;
  validationState?: "error";
  validationMessage?: string;
}

export function Number({ name, value, set, min = 0, max, disabled, ...field }: NumberProps): ReactElement {
  return (
    <Field label={name} {...field}>
      <SpinButton
        value={value}
        min={min}
        max={max}
        disabled={disabled}
        onChange={(_, { value: stepped, displayValue }) => {
          const chosen = stepped ?? globalThis.Number.parseInt(displayValue ?? "", 10);
          if (globalThis.Number.isInteger(chosen)) set(chosen);
        }}
      />
    </Field>
  );
}
