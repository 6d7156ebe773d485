import { Field, SpinButton, makeStyles } from "@fluentui/react-components";
import type { ReactElement } from "react";
import type { Schemas } from "../../api/client";

export type Options = Pick<NonNullable<Schemas["GivenMapping"]["options"]>, "included" | "minimum">;

const useStyles = makeStyles({
  options: { display: "grid", gap: "12px", gridTemplateColumns: "repeat(auto-fit, minmax(180px, 1fr))" },
});

interface Props {
  options: Options;
  set: (options: Options) => void;
}

/** What the line bills of the seats: the preview below follows while they are typed. */
export function MapOptions({ options, set }: Props): ReactElement {
  const number = (field: keyof Options, label: string, hint: string) => (
    <Field label={label} hint={hint}>
      <SpinButton
        min={0}
        value={options[field]}
        onChange={(_, { value, displayValue }) => {
          const typed = value ?? Number.parseInt(displayValue ?? "", 10);
          if (Number.isInteger(typed) && typed >= 0) set({ ...options, [field]: typed });
        }}
      />
    </Field>
  );
  return (
    <div className={useStyles().options}>
      {number("included", "Included seats", "Not billed: the agreement has them")}
      {number("minimum", "Seats at least", "Billed even where there are fewer")}
    </div>
  );
}
