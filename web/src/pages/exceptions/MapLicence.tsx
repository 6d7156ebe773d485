import { Field, Select, Text } from "@fluentui/react-components";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, everyRow, versioned, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { counted } from "../../parts/format";
import { Answer } from "../../parts/States";
import { Act, Actions, Refusal } from "./Actions";
import { MapOptions, type Options } from "./MapOptions";
import { partsOf, type Part } from "./parts";
import { useRemedied } from "./useRemedied";

type Given = Schemas["GivenMapping"];
const ASSIGNED: Given["options"] = { basis: "assigned" };
type Shown = Schemas["ShownMapping"];
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
      const [profiles, agreements, licences] = await Promise.all([
        everyRow((cursor) =>
          api.GET("/api/accounts/{account}/billing-profiles", { params: { path: { account }, query: { cursor } } }),
        ),
        answer(
          api.GET("/api/accounts/{account}/tenants/{tenant}/agreements", { params: { path, query: { companyId } } }),
        ),
        everyRow((cursor) =>
          api.GET("/api/accounts/{account}/tenants/{tenant}/licences", { params: { path, query: { cursor } } }),
        ),
      ]);
      return { profiles, agreements, parts: partsOf(licences.filter((licence) => licence.skuId === skuId)) };
    },
  });
  const body = useBody(path);
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
      {({ profiles, agreements, parts }) => (
        <MapForm
          licence={companyId ? { skuId, companyId, options: ASSIGNED } : { skuId }}
          parts={companyId ? [] : parts}
          profiles={profiles.filter(({ connection }) => connection === agreements.psaConnection)}
          agreements={agreements}
          tenant={tenantId}
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
  tenant: string;
  save: ReturnType<typeof useMutation<Schemas["ShownMappings"], Error, Given>>;
}

function MapForm({ licence: whole, parts, profiles, agreements, tenant, save }: FormProps): ReactElement {
  const [subscriptionId, setPart] = useState(parts[0]?.subscriptionId ?? "");
  const licence = { ...whole, subscriptionId };
  const [profile, setProfile] = useState("");
  const [agreement, setAgreement] = useState(agreements.agreements.length === 1 ? (agreements.agreements[0]?.id ?? "") : "");
  const [chosen, setLine] = useState("");
  const [options, setOptions] = useState<Options>({ included: 0, minimum: 0 });
  const product = profiles.find(({ id }) => id === profile)?.productId ?? "";
  const free = useLines(agreements.psaConnection, agreement, product);
  // A line that is there and that nobody owns is probably the one: then a person chooses.
  const line = chosen || (free.data?.length === 0 ? CREATED : "");
  const mapping: Given = {
    ...licence,
    profile,
    connection: agreements.psaConnection,
    agreementId: agreement,
    lineId: line === CREATED ? "" : line,
    options: { ...licence.options, ...options, besideExisting: chosen === CREATED },
  };
  const preview = usePreview(tenant, line === "" ? null : mapping);
  const changed = (set: (value: string) => void) => (value: string) => {
    setLine("");
    set(value);
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
      <Refusal of={free} />
      <MapOptions options={options} set={setOptions} />
      <Preview of={line === "" ? undefined : preview.data} />
      <Actions>
        <Act does={save} given={mapping} primary disabled={!preview.data || preview.isPlaceholderData}>
          Map it
        </Act>
        <Act does={save} given={{ ...licence, options: undefined, bill: false }}>
          Do not bill
        </Act>
      </Actions>
      <Refusal of={preview} />
      <Refusal of={save} />
    </>
  );
}

type Tenant = { account: string; tenant: string };

/** All mappings of the tenant as they are stored, and a new one; with the version that was read. */
function useBody(path: Tenant) {
  const api = useApi();
  return async (mapping: Given) => {
    const now = await versioned(api.GET("/api/accounts/{account}/tenants/{tenant}/mappings", { params: { path } }));
    return { etag: now.etag, body: { mappings: [...now.value.mappings.map(given), mapping] } };
  };
}

/** What the line would say, by the code that saves it; while a number is typed, what it said before stays in sight. */
function usePreview(tenant: string, mapping: Given | null) {
  const api = useApi();
  const { id: account } = useAccount();
  const path = { account, tenant };
  const body = useBody(path);
  return useQuery({
    enabled: mapping !== null,
    queryKey: [account, "map-preview", tenant, mapping],
    queryFn: async () => {
      const asked = await body(mapping as Given);
      return answer(
        api.POST("/api/accounts/{account}/tenants/{tenant}/mappings/preview", { params: { path }, body: asked.body }),
      );
    },
    placeholderData: keepPreviousData,
  });
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

/** The lines come in the order of the mappings, and the new one is the last. */
function Preview({ of }: { of: Schemas["ShownPreview"] | undefined }): ReactElement | null {
  const line = of?.lines.at(-1);
  if (!line) return null;
  const before = line.before === null ? "There is no line yet" : `The line says ${counted(line.before, "seat")}`;
  const after = line.after === null ? line.why : `it would say ${counted(line.after, "seat")}`;
  return (
    <Text role="status">
      {before}; {after}. {line.after !== null && line.why}
    </Text>
  );
}

/** A mapping as it stands, as the API takes it. */
function given(mapping: Shown): Given {
  const { skuId, subscriptionId, companyId, bill, profile, connection, agreementId, lineId, options } = mapping;
  if (!bill) return { skuId, subscriptionId, companyId, bill };
  return { skuId, subscriptionId, companyId, bill, profile, connection, agreementId, lineId, options };
}
