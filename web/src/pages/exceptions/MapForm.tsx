import { Button } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { isConflict } from "../../api/problem";
import { useAccount, useApi } from "../../app/context";
import { Conflict } from "../../parts/Conflict";
import { InvoiceTextFields, ReplaceText, type TextOptions } from "../../parts/InvoiceText";
import { given } from "../../parts/mapping/given";
import { useLivePreview, type Mapping } from "../../parts/mapping/livePreview";
import { PreviewedLine } from "../../parts/mapping/PreviewedLine";
import { basesOf, optionsOf, typedOf, QUANTITY_NAMES, type Quantity } from "../../parts/mapping/quantity";
import { QuantityFields } from "../../parts/mapping/QuantityFields";
import { marksOf } from "../../parts/mapping/refused";
import { Failed } from "../../parts/States";
import { Act, Actions, Refusal } from "./Actions";
import { besideOf, isSame } from "./mapConflict";
import { CREATED, Choose, ChooseLine, WithinPeriod, useFreeLines, type WithinPeriodOptions } from "./mapFields";
import type { Part } from "./parts";
import { useRemedied } from "./useRemedied";

const TEXT_FIELDS = ["invoiceText", "namesOnInvoice", "spareOnInvoice", "termsOnInvoice", "replacesText"];
const LINE_FIELDS = ["subscriptionId", "profile", "agreementId", "lineId", "moreSeats", "fewerSeats"];
const FIELDS = [...LINE_FIELDS, ...Object.keys(QUANTITY_NAMES), ...TEXT_FIELDS];

interface Stored {
  mappings: Schemas["ShownMapping"][];
  etag: string;
  readAnew: () => Promise<unknown>;
}

interface Props {
  tenantId: string;
  /** What is mapped, and for which company of the tenant. */
  licence: Pick<Mapping, "skuId" | "companyId">;
  /** What of it can be mapped, the first choice first; of a company of several only the whole. */
  parts: Part[];
  profiles: Schemas["ProfileInList"][];
  agreements: Schemas["AgreementsToChoose"];
  /** Names on the invoice are ticked at first. */
  showNames: boolean;
  /** All mappings of the tenant as they were read; a save is of just these and the new one. */
  stored: Stored;
  close: () => void;
}

/** The form of one mapping: what it would do to the line is shown while it is edited, and only that can be saved. */
export function MapForm({ tenantId, licence: whole, parts, profiles, agreements, showNames, stored, close }: Props): ReactElement {
  const [subscriptionId, setPart] = useState(parts[0]?.subscriptionId ?? "");
  const [profile, setProfile] = useState("");
  const [agreement, setAgreement] = useState(agreements.agreements.length === 1 ? (agreements.agreements[0]?.id ?? "") : "");
  const [chosen, setLine] = useState("");
  const [typed, setTyped] = useState<Quantity>(typedOf({}));
  const [text, setText] = useState<TextOptions>({ namesOnInvoice: showNames });
  const [withinPeriod, setWithinPeriod] = useState<WithinPeriodOptions>({});

  const product = profiles.find(({ id }) => id === profile)?.productId ?? "";
  const free = useFreeLines(agreements.psaConnection, agreement, product);
  // A line that is there and that nobody owns is probably the one: then a person chooses.
  const line = chosen || (free.data?.length === 0 ? CREATED : "");
  const knowsUsers = subscriptionId === "";
  const said = knowsUsers ? text : { ...text, namesOnInvoice: false, spareOnInvoice: false };
  const licence = { ...whole, subscriptionId };
  const bases = basesOf(licence);
  const quantity = { ...typed, basis: bases.includes(typed.basis) ? typed.basis : (bases[0] ?? typed.basis) };
  const numbers = optionsOf(quantity);
  const mapping: Mapping = {
    ...licence,
    profile,
    connection: agreements.psaConnection,
    agreementId: agreement,
    lineId: line === CREATED ? "" : line,
    options: { ...numbers, ...withinPeriod, ...said, besideExisting: chosen === CREATED },
  };
  const notBilled: Mapping = { ...licence, bill: false };
  const there = stored.mappings.map(given);
  const theirs = there.find((one) => isSame(one, licence));
  // The new one is the last, and the lines of a preview come in the order of the mappings.
  const others = there.filter((one) => one !== theirs);
  const complete = profile !== "" && agreement !== "" && line !== "";
  const preview = useLivePreview(tenantId, complete && numbers ? [...others, mapping] : null);
  const mine = preview.shown?.lines.at(-1);
  const save = useSave(tenantId, stored, close);
  const refused = save.error ?? preview.error;
  const marks = marksOf(refused, others.length, FIELDS);

  const changed =
    <Value,>(set: (value: Value) => void) =>
    (value: Value) => {
      save.reset();
      set(value);
    };
  /** What the choice of a line and its options depends on. */
  const changedBefore = (set: (value: string) => void) =>
    changed((value: string) => {
      setLine("");
      setWithinPeriod({});
      set(value);
    });
  const changeText = changed((change: TextOptions) => setText({ ...text, ...change }));
  const wish = save.variables?.at(-1)?.bill === false ? notBilled : mapping;
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
      <ChooseLine free={free.data} value={line} choose={changed(setLine)} marked={marks.of("lineId")} />
      <WithinPeriod
        agreement={agreements.agreements.find(({ id }) => id === agreement)}
        options={withinPeriod}
        set={changed(setWithinPeriod)}
        marked={marks.of}
      />
      <Refusal of={free} />
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
          numbers
            ? "Choose a billing profile, an agreement and a line: here stands what that would do."
            : "Put right what is marked: here stands what it would do."
        }
      />
      {mine && <ReplaceText line={mine} replaces={text.replacesText} set={changeText} />}
      {theirs || isConflict(save.error) ? (
        <Conflict rows={[besideOf(theirs, wish, profiles, agreements.agreements)]}>
          {wish === notBilled ? (
            <Act does={save} given={[...others, notBilled]}>
              Save mine
            </Act>
          ) : (
            <Act does={save} given={preview.previewed ?? []} disabled={!preview.previewed}>
              Save mine
            </Act>
          )}
          <Button onClick={close}>Keep theirs</Button>
        </Conflict>
      ) : (
        <Actions>
          <Act does={save} given={preview.previewed ?? []} primary disabled={!preview.previewed}>
            Map it
          </Act>
          <Act does={save} given={[...others, notBilled]}>
            Do not bill
          </Act>
        </Actions>
      )}
      {marks.rest && !isConflict(marks.rest) && (
        <Failed error={marks.rest} retry={save.error ? undefined : preview.retry} />
      )}
    </>
  );
}

/** Saves all mappings of the tenant, if they are still as they were read. */
function useSave(tenant: string, stored: Stored, close: () => void) {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  return useMutation({
    mutationFn: (mappings: Mapping[]) =>
      answer(
        api.PUT("/api/accounts/{account}/tenants/{tenant}/mappings", {
          params: { path: { account, tenant }, header: { "If-Match": stored.etag } },
          body: { mappings },
        }),
      ),
    onSuccess: (_, mappings) => remedied(mappings.at(-1)?.bill === false ? "It is not billed." : "It is mapped."),
    // What is stored now is shown beside what was chosen; the next save is made over it.
    onError: (error) => (isConflict(error) ? stored.readAnew() : undefined),
  });
}
