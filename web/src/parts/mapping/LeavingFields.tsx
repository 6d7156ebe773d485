import { Checkbox, Field, Input, Radio, RadioGroup, type FieldProps } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { counted } from "../format";
import type { Leaving, Line } from "./leaving";

interface Props {
  /** The line that is left. */
  line: Line;
  leaving: Leaving;
  set: (change: Partial<Leaving>) => void;
  /** False where a new line is to bill the same seats: then the old one has a last day. */
  mayStay: boolean;
  /** Seats of a hand edit that would go along to another line. */
  difference?: number;
  /** What marks a field that was refused. */
  marked: (...fields: string[]) => Pick<FieldProps, "validationState" | "validationMessage">;
}

/** K15: what becomes of the line that billed a licence until now. */
export function LeavingFields({ line, leaving, set, mayStay, difference = 0, marked }: Props): ReactElement {
  return (
    <>
      {mayStay && (
        <Field label={`Line ${line.lineId}, which bills it now`} {...marked("lookedAfter")}>
          <RadioGroup value={leaving.how} onChange={(_, { value }) => set({ how: value as Leaving["how"] })}>
            <Radio value="ends" label="Seatwise ends it" />
            <Radio value="looked_after" label="I look after it myself from now on" />
          </RadioGroup>
        </Field>
      )}
      {leaving.how === "ends" && (
        <Field
          label={`Last day of line ${line.lineId}`}
          hint="The line bills the seats that it has to the end of this day, and nothing after it."
          {...marked("lastDays")}
        >
          <Input type="date" value={leaving.lastDay} onChange={(_, { value }) => set({ lastDay: value })} />
        </Field>
      )}
      {difference !== 0 && (
        <Field
          hint="They were taken over from a hand edit of the old line. Else set the difference to 0."
          {...marked("keepsDifferences")}
        >
          <Checkbox
            label={`The ${counted(Math.abs(difference), "seat")} ${difference > 0 ? "more" : "fewer"} are right for the other line, too`}
            checked={leaving.keepsDifference}
            onChange={(_, { checked }) => set({ keepsDifference: checked === true })}
          />
        </Field>
      )}
    </>
  );
}
