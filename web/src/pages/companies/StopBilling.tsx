import { Button, Field, Select } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import { isConflict } from "../../api/problem";
import { useAccount } from "../../app/context";
import { Conflict } from "../../parts/Conflict";
import { day } from "../../parts/format";
import { given } from "../../parts/mapping/given";
import { leavingFrom, lineOf, saidOf, type Leaving, type Line } from "../../parts/mapping/leaving";
import { LeavingFields } from "../../parts/mapping/LeavingFields";
import type { Mapping, Saving } from "../../parts/mapping/livePreview";
import { PreviewedLine } from "../../parts/mapping/PreviewedLine";
import { marksOf } from "../../parts/mapping/refused";
import { Failed } from "../../parts/States";
import { Act, Actions } from "../exceptions/Actions";
import type { MappingChoices } from "../exceptions/LoadMappings";
import { besideOf, isSame } from "../exceptions/mapConflict";
import { useKeepTheirs, usePreviewOver, useSaveMappings, type Stored } from "../exceptions/saveMappings";

const AFTERWARDS = {
  notBilled: ["Marked “do not bill”", "No alert asks for a mapping."],
  notMapped: ["Not mapped", "An alert asks for a mapping as long as seats are purchased."],
};
type Afterwards = keyof typeof AFTERWARDS;

interface Props extends Pick<MappingChoices, "profiles" | "agreements"> {
  tenantId: string;
  licence: Pick<Mapping, "skuId" | "subscriptionId" | "companyId">;
  /** Its mapping, as it was last read. */
  mapped: Line;
  stored: Stored;
  close: () => void;
}

/** K10, K15: the mapping is taken away, and its line ends on a day or is looked after by a person from now on. */
export function StopBilling({ tenantId, licence, mapped, profiles, agreements, stored, close }: Props): ReactElement {
  const { today } = useAccount();
  const there = stored.mappings.map(given);
  const theirs = there.find((one) => isSame(one, licence));
  const [begun] = useState(theirs);
  const [left, setLeft] = useState<Leaving>(() => leavingFrom(today));
  const [afterwards, setAfterwards] = useState<Afterwards>("notBilled");

  const line = lineOf(theirs, mapped);
  const others = there.filter((one) => one !== theirs);
  const notBilled: Mapping = { ...licence, bill: false };
  const mappings = afterwards === "notBilled" ? [...others, notBilled] : others;
  const isSaid = !line || left.how === "looked_after" || left.lastDay !== "";
  const preview = usePreviewOver(stored, tenantId, isSaid ? { mappings, ...(line && saidOf(line, left)) } : null);
  const save = useSaveMappings(tenantId, stored, told, close);
  const keepTheirs = useKeepTheirs(close);
  const marks = marksOf(save.error ?? preview.error, others.length, ["lastDays", "lookedAfter"]);
  const isAnother = JSON.stringify(theirs) !== JSON.stringify(begun);
  const stop = (word: string, primary = false) => (
    <Act does={save} given={preview.previewed} primary={primary} disabled={!preview.previewed}>
      {word}
    </Act>
  );
  const changed = () => save.reset();
  return (
    <>
      {line && (
        <LeavingFields
          line={line}
          leaving={left}
          set={(change) => {
            changed();
            setLeft({ ...left, ...change });
          }}
          mayStay
          marked={marks.of}
        />
      )}
      <Field label="Afterwards the licence is" hint={AFTERWARDS[afterwards][1]}>
        <Select
          value={afterwards}
          onChange={(_, { value }) => {
            changed();
            setAfterwards(value as Afterwards);
          }}
        >
          {Object.entries(AFTERWARDS).map(([value, [words]]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </Select>
      </Field>
      <PreviewedLine preview={preview} line={undefined} missing="Say its last day: here stands what that would do." />
      {isAnother || isConflict(save.error) ? (
        <Conflict rows={[besideOf(theirs, afterwards === "notBilled" ? notBilled : undefined, profiles, agreements.agreements)]}>
          {stop("Save mine")}
          <Button onClick={keepTheirs}>Keep theirs</Button>
        </Conflict>
      ) : (
        <Actions>
          {stop("Stop billing it", true)}
          <Button onClick={close}>Cancel</Button>
        </Actions>
      )}
      {marks.rest && !isConflict(marks.rest) && (
        <Failed error={marks.rest} retry={save.error ? undefined : preview.retry} />
      )}
    </>
  );
}

function told({ lastDays }: Saving): string {
  const [lastDay] = Object.values(lastDays ?? {});
  return lastDay ? `It is billed until ${day(lastDay)}; its line is listed under Ending lines.` : "It is not billed any more.";
}
