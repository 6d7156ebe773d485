import { Field, Select } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, everyRow, versioned, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { InvoiceTextFields, InvoiceTextPreview, type TextOptions } from "../../parts/InvoiceText";
import { Answer } from "../../parts/States";
import { Act, Actions, Refusal } from "./Actions";
import { given } from "./given";
import { MappingPreview } from "./MappingPreview";
import { partsOf, type Part } from "./parts";
import { useRemedied } from "./useRemedied";

type Given = Schemas["GivenMapping"];
const ASSIGNED: Given["options"] = { basis: "assigned" };
type Agreement = Schemas["AgreementsToChoose"]["agreements"][number];
type WithinPeriod = { moreSeats?: Agreement["moreSeats"][number]; fewerSeats?: Agreement["fewerSeats"][number] };
const MORE_SEATS: Record<Agreement["moreSeats"][number], string> = {
  from_their_day: "Count from their day",
  from_period_start: "Count from the start of the period",
};
const FEWER_SEATS: Record<Agreement["fewerSeats"][number], string> = {
  at_once: "Count at once",
  next_period: "Count from the next period",
  credited: "Are credited from their day",
};
/** Chosen instead of a line that is there. */
const CREATED = "create";

interface Props {
  tenantId: string;
  skuId: string;
  /** Whose users it bills, of a tenant with several companies. */
  companyId: string;
  close: () => void;
}

/** Map the licence to profile, agreement and line, or do not bill it. The tenant's other mappings stay as they are. */
export function MapLicence({ tenantId, skuId, companyId, close }: Props): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  const path = { account, tenant: tenantId };
  const choices = useQuery({
    queryKey: [account, "map", tenantId, skuId, companyId],
    queryFn: async () => {
      const [profiles, agreements, licences, preferences] = await Promise.all([
        everyRow((cursor) =>
          api.GET("/api/accounts/{account}/billing-profiles", { params: { path: { account }, query: { cursor } } }),
        ),
        answer(
          api.GET("/api/accounts/{account}/tenants/{tenant}/agreements", { params: { path, query: { companyId } } }),
        ),
        everyRow((cursor) =>
          api.GET("/api/accounts/{account}/tenants/{tenant}/licences", { params: { path, query: { cursor } } }),
        ),
        answer(api.GET("/api/accounts/{account}/preferences", { params: { path: { account } } })),
      ]);
      const { showNames } = preferences;
      return { profiles, agreements, showNames, parts: partsOf(licences.filter((licence) => licence.skuId === skuId)) };
    },
  });
  const body = async (mapping: Given) => {
    const now = await versioned(api.GET("/api/accounts/{account}/tenants/{tenant}/mappings", { params: { path } }));
    return { etag: now.etag, body: { mappings: [...now.value.mappings.map(given), mapping] } };
  };
  const preview = useMutation({
    mutationFn: async (mapping: Given) => {
      const asked = await body(mapping);
      return answer(
        api.POST("/api/accounts/{account}/tenants/{tenant}/mappings/preview", { params: { path }, body: asked.body }),
      );
    },
  });
  const save = useMutation({
    mutationFn: async (mapping: Given) => {
      const asked = await body(mapping);
      return answer(
        api.PUT("/api/accounts/{account}/tenants/{tenant}/mappings", {
          params: { path, header: { "If-Match": asked.etag } },
          body: asked.body,
        }),
      );
    },
    onSuccess: (_, mapping) => remedied(mapping.bill === false ? "It is not billed." : "It is mapped."),
  });
  return (
    <Answer query={choices} rows={4}>
      {({ profiles, agreements, parts, showNames }) => (
        <MapForm
          licence={companyId ? { skuId, companyId, options: ASSIGNED } : { skuId }}
          parts={companyId ? [] : parts}
          profiles={profiles.filter(({ connection }) => connection === agreements.psaConnection)}
          agreements={agreements}
          showNames={showNames}
          preview={preview}
          save={save}
        />
      )}
    </Answer>
  );
}

interface FormProps {
  /** What is mapped, and for which company of the tenant. */
  licence: Pick<Given, "skuId" | "companyId" | "options">;
  /** What of it can be mapped, the first choice first; of a company of several only the whole. */
  parts: Part[];
  profiles: Schemas["ProfileInList"][];
  agreements: Schemas["AgreementsToChoose"];
  /** Names on the invoice are ticked at first. */
  showNames: boolean;
  preview: ReturnType<typeof useMutation<Schemas["ShownPreview"], Error, Given>>;
  save: ReturnType<typeof useMutation<Schemas["ShownMappings"], Error, Given>>;
}

function MapForm({ licence: whole, parts, profiles, agreements, showNames, preview, save }: FormProps): ReactElement {
  const [subscriptionId, setPart] = useState(parts[0]?.subscriptionId ?? "");
  const licence = { ...whole, subscriptionId };
  const [profile, setProfile] = useState("");
  const [agreement, setAgreement] = useState(agreements.agreements.length === 1 ? (agreements.agreements[0]?.id ?? "") : "");
  const [chosen, setLine] = useState("");
  const [text, setText] = useState<TextOptions>({ namesOnInvoice: showNames });
  const knowsUsers = subscriptionId === "";
  const said = knowsUsers ? text : { ...text, namesOnInvoice: false, spareOnInvoice: false };
  const [withinPeriod, setWithinPeriod] = useState<WithinPeriod>({});
  const can = agreements.agreements.find(({ id }) => id === agreement);
  const product = profiles.find(({ id }) => id === profile)?.productId ?? "";
  const free = useLines(agreements.psaConnection, agreement, product);
  // A line that is there and that nobody owns is probably the one: then a person chooses.
  const line = chosen || (free.data?.length === 0 ? CREATED : "");
  // The lines come in the order of the mappings, and the new one is the last.
  const mine = preview.data?.lines.at(-1);
  const mapping: Given = {
    ...licence,
    profile,
    connection: agreements.psaConnection,
    agreementId: agreement,
    lineId: line === CREATED ? "" : line,
    options: { ...licence.options, ...withinPeriod, ...said, besideExisting: chosen === CREATED },
  };
  const changed = (set: (value: string) => void) => (value: string) => {
    setLine("");
    setWithinPeriod({});
    set(value);
    preview.reset();
  };
  return (
    <>
      {parts.length > 1 && (
        <Field label="Bills" hint="Each subscription may have a line of its own; no seat is billed twice.">
          <Select value={subscriptionId} onChange={(_, { value }) => changed(setPart)(value)}>
            {parts.map(({ subscriptionId: id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </Field>
      )}
      <Choose label="Billing profile" value={profile} choose={changed(setProfile)} of={profiles} />
      <Choose label="Agreement" value={agreement} choose={changed(setAgreement)} of={agreements.agreements} />
      <Field label="Line">
        <Select value={line} disabled={!free.data} onChange={(_, { value }) => changed(setLine)(value)}>
          {line === "" && <option value="">Choose</option>}
          {free.data?.map(({ id, description, productId, quantity }) => (
            <option key={id} value={id}>
              {`Take over line ${id}: ${description || productId}, ${Number(quantity)}`}
            </option>
          ))}
          <option value={CREATED}>{free.data?.length ? "Create another line beside it" : "Create a line"}</option>
        </Select>
      </Field>
      <InPeriod
        label="More seats within a period"
        words={MORE_SEATS}
        of={can?.moreSeats ?? []}
        value={withinPeriod.moreSeats}
        choose={(moreSeats) => {
          setWithinPeriod({ ...withinPeriod, moreSeats });
          preview.reset();
        }}
      />
      <InPeriod
        label="Fewer seats within a period"
        words={FEWER_SEATS}
        of={can?.fewerSeats ?? []}
        value={withinPeriod.fewerSeats}
        choose={(fewerSeats) => {
          setWithinPeriod({ ...withinPeriod, fewerSeats });
          preview.reset();
        }}
      />
      <Refusal of={free} />
      <InvoiceTextFields
        options={text}
        set={(change) => {
          setText({ ...text, ...change });
          preview.reset();
        }}
        longest={agreements.longestText}
        knowsUsers={knowsUsers}
        knowsSpare={!licence.companyId}
      />
      <MappingPreview of={preview.data} />
      {mine && (
        <InvoiceTextPreview
          line={mine}
          replaces={text.replacesText}
          set={(change) => setText({ ...text, ...change })}
        />
      )}
      <Actions>
        {preview.data ? (
          <Act does={save} given={mapping} primary>
            Map it
          </Act>
        ) : (
          <Act does={preview} given={mapping} primary disabled={line === ""}>
            Preview
          </Act>
        )}
        <Act does={save} given={{ ...licence, options: undefined, bill: false }}>
          Do not bill
        </Act>
      </Actions>
      <Refusal of={preview} />
      <Refusal of={save} />
    </>
  );
}

/** What the agreement's PSA can do within a period; nothing is asked where there is no choice. */
function InPeriod<Word extends string>(props: {
  label: string;
  words: Record<Word, string>;
  of: Word[];
  value: Word | undefined;
  choose: (word: Word) => void;
}): ReactElement | null {
  const { label, words, of, value, choose } = props;
  if (of.length < 2) return null;
  return (
    <Field label={label}>
      <Select value={value ?? of[0]} onChange={(_, data) => choose(data.value as Word)}>
        {of.map((word) => (
          <option key={word} value={word}>
            {words[word]}
          </option>
        ))}
      </Select>
    </Field>
  );
}

/** The lines of the agreement that nobody owns and that are of the profile's product. */
function useLines(psaConnection: string, agreement: string, product: string) {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    enabled: agreement !== "" && product !== "",
    queryKey: [account, "lines", psaConnection, agreement, product],
    queryFn: async () => {
      const all = await everyRow((cursor) =>
        api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/agreements/{agreement}/lines", {
          params: { path: { account, psaConnection, agreement }, query: { cursor } },
        }),
      );
      return all.filter((line) => !line.mappingId && line.productId === product);
    },
  });
}

interface ChooseProps {
  label: string;
  value: string;
  choose: (value: string) => void;
  of: { id: string; name: string }[];
}

function Choose({ label, value, choose, of }: ChooseProps): ReactElement {
  return (
    <Field label={label}>
      <Select value={value} onChange={(_, { value: chosen }) => choose(chosen)}>
        <option value="">Choose</option>
        {of.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
    </Field>
  );
}
