import { Button, Link as InText, makeStyles } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useApi } from "../../app/context";
import { CustomerPicker } from "../../parts/CustomerPicker";
import { useList } from "../../parts/useList";
import { AddressLines } from "./AddressLines";

type AlertType = Schemas["ShownAlertType"];
type OfCustomers = Schemas["AlertSettings"]["companyAddresses"];

const useStyles = makeStyles({
  type: { gridColumn: "1 / -1", paddingLeft: "60px", maxWidth: "420px" },
  ask: { gridColumn: 2, gridRow: 1, alignSelf: "center", "@media (max-width: 640px)": { gridColumn: "1 / -1", gridRow: "auto", paddingLeft: "60px" } },
  customer: { display: "grid", gap: "8px", justifyItems: "start", maxWidth: "420px", "& > .fui-Field, & > .fui-Combobox": { width: "100%" } },
});

interface TypeProps {
  type: AlertType;
  set: (addresses: string[]) => void;
  disabled: boolean;
  /** Why what was asked for was refused. */
  refused: unknown;
}

/** Who gets the rows of one alert type, where it is somebody else (N6). */
export function TypeAddresses({ type, set, disabled, refused }: TypeProps): ReactElement | null {
  const styles = useStyles();
  const [asked, setAsked] = useState(false);
  if (!asked && type.addresses.length === 0) {
    if (disabled) return null;
    return (
      <div className={styles.ask}>
        <InText as="button" aria-label={`Mail it to others: ${type.title}`} onClick={() => setAsked(true)}>
          Mail it to others
        </InText>
      </div>
    );
  }
  return (
    <div className={styles.type}>
      <AddressLines
        label={`Who gets “${type.title}”`}
        hint="One on each line, instead of the notification addresses. Without any it goes to those."
        addresses={type.addresses}
        set={set}
        disabled={disabled}
        {...marked(refused, `types.${type.type}.addresses`)}
      />
    </div>
  );
}

interface CustomersProps {
  addresses: OfCustomers;
  set: (addresses: OfCustomers) => void;
  disabled: boolean;
  refused: unknown;
}

/** Who gets the rows about single customers, where it is somebody else (N6). */
export function CustomerAddresses({ addresses, set, disabled, refused }: CustomersProps): ReactElement {
  const styles = useStyles();
  const customers = useCustomers();
  const name = (id: string) => customers.find((customer) => customer.id === id)?.name ?? id;
  const without = (id: string) => Object.fromEntries(Object.entries(addresses).filter(([of]) => of !== id));
  return (
    <>
      {Object.entries(addresses).map(([id, to]) => (
        <div key={id} className={styles.customer}>
          <AddressLines
            label={`Who gets what is about ${name(id)}`}
            hint="One on each line."
            addresses={to}
            set={(lines) => set({ ...addresses, [id]: lines })}
            disabled={disabled}
            {...marked(refused, `companyAddresses.${id}`)}
          />
          {!disabled && (
            <Button size="small" aria-label={`Take away: ${name(id)}`} onClick={() => set(without(id))}>
              Take away
            </Button>
          )}
        </div>
      ))}
      {disabled && Object.keys(addresses).length === 0 && "None."}
      {!disabled && (
        <div className={styles.customer}>
          <CustomerPicker
            label="Add a customer"
            placeholder="Add a customer by its name"
            customers={customers.filter(({ id }) => !(id in addresses))}
            chosen=""
            choose={(id) => id && set({ ...addresses, [id]: [] })}
          />
        </div>
      )}
    </>
  );
}

/** What customers are called. */
export function useCustomers(): Schemas["ShownTenant"][] {
  const api = useApi();
  const { query } = useList<Schemas["ShownTenant"]>(["tenants"], (asked, as, account) =>
    api.GET("/api/accounts/{account}/tenants", { params: { path: { account }, query: asked }, ...as }),
  );
  return query.data ?? [];
}

function marked(refused: unknown, field: string) {
  const its = fieldOf(refused);
  return its === field || its.startsWith(`${field}.`)
    ? { validationState: "error" as const, validationMessage: sentenceOf(refused) }
    : {};
}
