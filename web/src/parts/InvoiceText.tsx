import { Checkbox, Field, Input, Text, makeStyles, type FieldProps } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Schemas } from "../api/client";

/** What of a mapping's options decides what the customer reads on the invoice. */
export type TextOptions = Pick<
  NonNullable<Schemas["GivenMapping"]["options"]>,
  "invoiceText" | "namesOnInvoice" | "spareOnInvoice" | "termsOnInvoice" | "replacesText"
>;
type Line = Schemas["ShownLine"];

const useStyles = makeStyles({ fields: { display: "grid", justifyItems: "start", "& > div:first-child": { width: "100%" } } });

interface FieldsProps {
  options: TextOptions;
  set: (change: TextOptions) => void;
  /** Characters that the PSA takes; 0: none is written there. */
  longest: number;
  /** Of a single subscription nobody knows who has it; of some of a tenant's users nobody knows what is spare. */
  knowsUsers: boolean;
  knowsSpare: boolean;
  disabled?: boolean;
  /** What marks it when it was refused. */
  marked?: Pick<FieldProps, "validationState" | "validationMessage">;
}

export function InvoiceTextFields({ options, set, longest, knowsUsers, knowsSpare, disabled, marked }: FieldsProps): ReactElement {
  const styles = useStyles();
  if (longest === 0) return <Text>Seatwise writes no text on the invoices of this PSA.</Text>;
  const tick = (name: "namesOnInvoice" | "spareOnInvoice" | "termsOnInvoice", label: string) => (
    <Checkbox
      label={label}
      disabled={disabled}
      checked={options[name] ?? false}
      onChange={(_, { checked }) => set({ [name]: checked === true })}
    />
  );
  return (
    // One control to a field: a field gives its id and its label to each control in it.
    <div role="group" aria-label="Text on the invoice" className={styles.fields}>
      <Field
        {...marked}
        label="Own description"
        hint={`At most ${longest} characters in this PSA: users that do not fit are counted. With nothing chosen the PSA's text stays.`}
      >
        <Input
          placeholder="Else the name of the billing profile"
          disabled={disabled}
          maxLength={500}
          value={options.invoiceText ?? ""}
          onChange={(_, { value }) => set({ invoiceText: value })}
        />
      </Field>
      {knowsUsers && tick("namesOnInvoice", "Names of the users")}
      {knowsUsers && knowsSpare && tick("spareOnInvoice", "How many seats are spare")}
      {tick("termsOnInvoice", "When the commitment renews, and until when it can be cancelled")}
    </div>
  );
}

/** A text that somebody else wrote into the line can be given up for ours: exactly that one, by its digest. */
export function ReplaceText({
  line,
  replaces,
  set,
  disabled,
}: {
  line: Line;
  replaces: string | undefined;
  set: (change: TextOptions) => void;
  disabled?: boolean;
}): ReactElement | null {
  if ((line.textState !== "kept" && !replaces) || !line.textDigest) return null;
  return (
    <Checkbox
      label="Replace the text that is there"
      disabled={disabled}
      checked={replaces === line.textDigest}
      onChange={(_, { checked }) => set({ replacesText: checked === true ? line.textDigest : "" })}
    />
  );
}

export function toldOf(line: Pick<Line, "textState" | "textAfter">): string {
  switch (line.textState) {
    case "none":
      return "";
    case "not_known":
      return "What it should say could not be read, so it stays as it is.";
    case "in_step":
      return "It stays so.";
    case "to_write":
      return `It becomes: ${line.textAfter ?? ""}`;
    case "kept":
      return `Somebody else wrote it, so it stays. Seatwise would write: ${line.textAfter ?? ""}`;
    case "refused":
      return `The PSA does not take ours: ${line.textAfter ?? ""}`;
  }
}
