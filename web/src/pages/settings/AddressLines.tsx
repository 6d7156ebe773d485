import { Field, Textarea, type FieldProps } from "@fluentui/react-components";
import type { ReactElement } from "react";

interface Props extends Pick<FieldProps, "validationState" | "validationMessage"> {
  label: string;
  hint: string;
  addresses: string[];
  set: (addresses: string[]) => void;
  disabled: boolean;
}

/** E-mail addresses, one on each line. While they are typed a line may be empty. */
export function AddressLines({ label, hint, addresses, set, disabled, ...field }: Props): ReactElement {
  return (
    <Field label={label} hint={hint} {...field}>
      <Textarea
        disabled={disabled}
        resize="vertical"
        value={addresses.join("\n")}
        onChange={(_, { value }) => set(value.split("\n"))}
      />
    </Field>
  );
}

/** The addresses among the lines that were typed. */
export function typedAddresses(lines: string[]): string[] {
  return lines.map((line) => line.trim()).filter(Boolean);
}
