import { Field, Input, Select, makeStyles, type FieldProps } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { BASES, QUANTITY_NAMES, wrongIn, type Basis, type Quantity } from "./quantity";

const useStyles = makeStyles({
  fields: { display: "grid", gap: "12px 16px", gridTemplateColumns: "repeat(auto-fit, minmax(190px, 1fr))", alignItems: "start",
    "& .fui-Input, & .fui-Select": { minWidth: 0 } },
});

const HINTS: Record<Exclude<keyof Quantity, "basis">, string> = {
  included: "So many seats come off the basis and are not billed.",
  minimum: "So many seats are billed in any case.",
  difference: "Seats more, or with a minus fewer, than the rest gives: what was taken over from a hand edit in the PSA.",
};

interface Props {
  quantity: Quantity;
  set: (change: Partial<Quantity>) => void;
  /** What can be counted of it. */
  bases: Basis[];
  disabled?: boolean;
  /** What marks a field that was refused. */
  marked: (field: string) => Pick<FieldProps, "validationState" | "validationMessage">;
}

/** K8: what a mapping bills of its licence. What makes no sense is marked as it is typed. */
export function QuantityFields({ quantity, set, bases, disabled, marked }: Props): ReactElement {
  const styles = useStyles();
  const wrong = wrongIn(quantity);
  const amount = (name: keyof typeof HINTS) => (
    <Field
      label={QUANTITY_NAMES[name]}
      hint={HINTS[name]}
      {...marked(name)}
      {...(wrong[name] ? { validationState: "error", validationMessage: wrong[name] } : {})}
    >
      <Input
        inputMode={name === "difference" ? "text" : "numeric"}
        disabled={disabled}
        maxLength={10}
        value={quantity[name]}
        onChange={(_, { value }) => set({ [name]: value })}
      />
    </Field>
  );
  return (
    <div role="group" aria-label="What is billed" className={styles.fields}>
      <Field label={QUANTITY_NAMES.basis} hint={basisHint(bases)} {...marked("basis")}>
        <Select
          disabled={disabled}
          value={quantity.basis}
          onChange={(_, { value }) => set({ basis: value as Basis })}
        >
          {bases.map((basis) => (
            <option key={basis} value={basis}>
              {BASES[basis]}
            </option>
          ))}
        </Select>
      </Field>
      {amount("included")}
      {amount("minimum")}
      {amount("difference")}
    </div>
  );
}

function basisHint(bases: Basis[]): string {
  if (bases.length > 1) return "Purchased seats are those that are enabled and no trial; assigned ones are those of users who have the licence.";
  return bases[0] === "assigned"
    ? "Purchased seats belong to no company of a tenant that is shared out by filters."
    : "Who has a seat of a single subscription is not known.";
}
