import { Button, Field, Input } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import { isConflict } from "../../api/problem";
import { useAccount } from "../../app/context";
import { Conflict } from "../../parts/Conflict";
import { InvoiceTextFields, ReplaceText, type TextOptions } from "../../parts/InvoiceText";
import { given } from "../../parts/mapping/given";
import { dayAfter, leavingFrom, lineOf, saidOf, type Leaving, type Line } from "../../parts/mapping/leaving";
import { LeavingFields } from "../../parts/mapping/LeavingFields";
import type { Mapping, Saving } from "../../parts/mapping/livePreview";
import { PreviewedLine } from "../../parts/mapping/PreviewedLine";
import { basesOf, optionsOf, typedOf, QUANTITY_NAMES, type Quantity } from "../../parts/mapping/quantity";
import { QuantityFields } from "../../parts/mapping/QuantityFields";
import { marksOf } from "../../parts/mapping/refused";
import { Failed } from "../../parts/States";
import { Act, Actions, Refusal } from "./Actions";
import type { MappingChoices } from "./LoadMappings";
import { besideOf, isSame } from "./mapConflict";
import { CREATED, Choose, ChooseLine, WithinPeriod, useLines, type WithinPeriodOptions } from "./mapFields";
import { useKeepTheirs, usePreviewOver, useSaveMappings, type Stored } from "./saveMappings";

const TEXT_FIELDS = ["invoiceText", "namesOnInvoice", "spareOnInvoice", "termsOnInvoice", "replacesText"];
const LINE_FIELDS = ["subscriptionId", "profile", "agreementId", "lineId", "starts", "moreSeats", "fewerSeats"];
const LEAVING_FIELDS = ["lastDays", "lookedAfter", "keepsDifferences"];
const FIELDS = [...LINE_FIELDS, ...Object.keys(QUANTITY_NAMES), ...TEXT_FIELDS, ...LEAVING_FIELDS];

interface Props extends MappingChoices {
  tenantId: string;
  /** What is mapped, and for which company of the tenant. `parts`: the first choice first; of a company of several none. */
  licence: Pick<Mapping, "skuId" | "companyId">;
  /** Its mapping as it was last read, where that is changed: the form begins with it. */
  changes?: Line;
  stored: Stored;
  close: () => void;
}

/** The form of one mapping: what it would do to the line is shown while it is edited, and only that can be saved. */
export function MapForm({ tenantId, licence: whole, parts, changes, profiles, agreements, showNames, stored, close }: Props): ReactElement {
  const { today } = useAccount();
  const there = stored.mappings.map(given);
  const ofPart = (subscriptionId: string) => there.find((one) => isSame(one, { ...whole, subscriptionId }));
  const [subscriptionId, setPart] = useState(parts[0]?.subscriptionId ?? "");
  const [begun] = useState(() => (changes ? ofPart(subscriptionId) : undefined));
  const was = begun?.bill === false ? undefined : begun;
  const [profile, setProfile] = useState(() => known(profiles, was?.profile));
  const [agreement, setAgreement] = useState(() => known(agreements.agreements, was ? was.agreementId : agreements.agreements.length === 1 ? agreements.agreements[0]?.id : ""));
  const [chosen, setLine] = useState(() => lineOf(was, changes)?.lineId ?? "");
  const [starts, setStarts] = useState("");
  const [typed, setTyped] = useState<Quantity>(typedOf(was?.options ?? {}));
  const [text, setText] = useState<TextOptions>(was ? textOf(was) : { namesOnInvoice: showNames });
  const [withinPeriod, setWithinPeriod] = useState<WithinPeriodOptions>(was ? periodOf(was) : {});
  const [left, setLeft] = useState<Leaving>(() => leavingFrom(today));

  const licence = { ...whole, subscriptionId };
  const theirs = ofPart(subscriptionId);
  const old = lineOf(theirs, changes);
  const product = profiles.find(({ id }) => id === profile)?.productId ?? "";
  const lines = useLines({ tenantId, connection: agreements.psaConnection, agreement, product, mine: old });
  // A line that is there and that nobody owns is probably the one: then a person chooses.
  const isThereToChoose = chosen === CREATED || !lines.data || lines.data.some(({ id }) => id === chosen);
  const line = chosen && isThereToChoose ? chosen : lines.data?.length === 0 ? CREATED : "";
  const isNew = line === CREATED;
  const isThere = theirs?.connection === agreements.psaConnection && theirs.agreementId === agreement;
  const keeps = old !== null && isThere && line === old.lineId;
  const leaves = keeps ? null : old;
  const knowsUsers = subscriptionId === "";
  const said = knowsUsers ? text : { ...text, namesOnInvoice: false, spareOnInvoice: false };
  const bases = basesOf(licence);
  const quantity = { ...typed, basis: bases.includes(typed.basis) ? typed.basis : (bases[0] ?? typed.basis) };
  const numbers = optionsOf(quantity);
  const leaving: Leaving = isNew ? { ...left, how: "ends" } : left;
  const difference = leaves && theirs?.options?.difference ? (numbers?.difference ?? 0) : 0;
  const firstDay = starts || (leaves ? dayAfter(leaving.lastDay) : "");
  const mapping: Mapping = {
    ...licence,
    profile,
    connection: agreements.psaConnection,
    agreementId: agreement,
    lineId: keeps ? theirs?.lineId : isNew ? "" : line,
    options: {
      ...(was?.options && { soldByOthers: was.options.soldByOthers }),
      ...numbers,
      ...withinPeriod,
      ...said,
      ...(keeps ? { starts: was?.options?.starts } : isNew && firstDay ? { starts: firstDay } : {}),
      besideExisting: keeps ? (was?.options?.besideExisting ?? false) : chosen === CREATED,
    },
  };
  const notBilled: Mapping = { ...licence, bill: false };
  // The new one is the last, and the lines of a preview come in the order of the mappings.
  const others = there.filter((one) => one !== theirs);
  const isSettled = !leaves || ((leaving.how === "looked_after" || leaving.lastDay !== "") && (difference === 0 || leaving.keepsDifference));
  const complete = profile !== "" && agreement !== "" && line !== "" && numbers && isSettled;
  const preview = usePreviewOver(stored, tenantId, complete ? { mappings: [...others, mapping], ...(leaves && saidOf(leaves, leaving)) } : null);
  const mine = preview.shown?.lines.at(-1);
  const save = useSaveMappings(tenantId, stored, told, close);
  const refused = save.error ?? preview.error;
  const keepTheirs = useKeepTheirs(close);
  const marks = marksOf(refused, others.length, FIELDS);

  const changed =
    <Value,>(set: (value: Value) => void) =>
    (value: Value) => {
      save.reset();
      set(value);
    };
  const changeLine = (value: string) => {
    setText({ ...text, replacesText: "" }); // that was said of the text of another line
    setStarts("");
    setLine(value);
  };
  /** What the choice of a line and its options depends on. */
  const changedBefore = (set: (value: string) => void) =>
    changed((value: string) => {
      changeLine("");
      setWithinPeriod({});
      set(value);
    });
  const changeText = changed((change: TextOptions) => setText({ ...text, ...change }));
  const wish = save.variables?.mappings.at(-1)?.bill === false ? notBilled : mapping;
  const isAnother = JSON.stringify(theirs) !== JSON.stringify(begun);
  const saveIt = (word: string, primary = false) => (
    <Act does={save} given={preview.previewed} primary={primary} disabled={!preview.previewed}>
      {word}
    </Act>
  );
  return (
    <>
      {parts.length > 1 && (
        <Choose
          label="Bills"
          hint="Each subscription may have a line of its own; no seat is billed twice."
          value={subscriptionId}
          choose={changedBefore(setPart)}
          of={parts.map(({ subscriptionId: id, name }) => ({ id, name }))}
          chosen
          marked={marks.of("subscriptionId")}
        />
      )}
      <Choose label="Billing profile" value={profile} choose={changedBefore(setProfile)} of={profiles} marked={marks.of("profile")} />
      <Choose
        label="Agreement"
        value={agreement}
        choose={changedBefore(setAgreement)}
        of={agreements.agreements}
        marked={marks.of("agreementId")}
      />
      <ChooseLine
        lines={lines.data}
        value={line}
        choose={changed(changeLine)}
        mayCreate={!(isThere && theirs?.lineId === "" && lines.data?.some(({ id }) => id === old?.lineId))}
        marked={marks.of("lineId")}
      />
      {leaves && (
        <LeavingFields
          line={leaves}
          leaving={leaving}
          set={changed((change: Partial<Leaving>) => setLeft({ ...left, ...change }))}
          mayStay={!isNew}
          difference={difference}
          marked={marks.of}
        />
      )}
      {isNew && changes && (
        <Field
          label="First day of the new line"
          hint={leaves ? "The day after the old line's last day, or later: never are both billed on one day." : "Without a day: the day on which it is created."}
          {...marks.of("starts")}
        >
          <Input type="date" value={firstDay} onChange={(_, { value }) => changed(setStarts)(value)} />
        </Field>
      )}
      <WithinPeriod
        agreement={agreements.agreements.find(({ id }) => id === agreement)}
        options={withinPeriod}
        set={changed(setWithinPeriod)}
        marked={marks.of}
      />
      <Refusal of={lines} />
      <QuantityFields
        quantity={quantity}
        set={changed((change: Partial<Quantity>) => setTyped({ ...quantity, ...change }))}
        bases={bases}
        marked={marks.of}
      />
      <InvoiceTextFields
        options={text}
        set={changeText}
        longest={agreements.longestText}
        knowsUsers={knowsUsers}
        knowsSpare={!licence.companyId}
        marked={marks.of(...TEXT_FIELDS)}
      />
      <PreviewedLine
        preview={preview}
        line={mine}
        missing={
          !numbers
            ? "Put right what is marked: here stands what it would do."
            : isSettled
              ? "Choose a billing profile, an agreement and a line: here stands what that would do."
              : "Say what becomes of the old line and its seats: here stands what that would do."
        }
      />
      {mine && <ReplaceText line={mine} replaces={text.replacesText} set={changeText} />}
      {isAnother || isConflict(save.error) ? (
        <Conflict rows={[besideOf(theirs, wish, profiles, agreements.agreements)]}>
          {wish === notBilled ? (
            <Act does={save} given={{ mappings: [...others, notBilled] }}>
              Save mine
            </Act>
          ) : (
            saveIt("Save mine")
          )}
          <Button onClick={keepTheirs}>Keep theirs</Button>
        </Conflict>
      ) : (
        <Actions>
          {saveIt(begun && !was ? "Bill it" : "Map it", true)}
          {!changes && (
            <Act does={save} given={{ mappings: [...others, notBilled] }}>
              Do not bill
            </Act>
          )}
          {changes && <Button onClick={close}>Cancel</Button>}
        </Actions>
      )}
      {marks.rest && !isConflict(marks.rest) && (
        <Failed error={marks.rest} retry={save.error ? undefined : preview.retry} />
      )}
    </>
  );
}

function told({ mappings, lastDays }: Saving): string {
  if (mappings.at(-1)?.bill === false) return "It is not billed.";
  return lastDays ? "It is mapped; its old line is listed under Ending lines." : "It is mapped.";
}

/** The id where it can be chosen, else "". */
function known(of: { id: string }[], id: string | undefined): string {
  return of.some((one) => one.id === id) ? (id ?? "") : "";
}

function textOf({ options = {} as NonNullable<Mapping["options"]> }: Mapping): TextOptions {
  const { invoiceText, namesOnInvoice, spareOnInvoice, termsOnInvoice, replacesText } = options;
  return { invoiceText, namesOnInvoice, spareOnInvoice, termsOnInvoice, replacesText };
}

function periodOf({ options }: Mapping): WithinPeriodOptions {
  return { moreSeats: options?.moreSeats, fewerSeats: options?.fewerSeats };
}
