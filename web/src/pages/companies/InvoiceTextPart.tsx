import { Text } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, versioned, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { useEdited } from "../../parts/edited";
import { InvoiceTextFields, ReplaceText, type TextOptions } from "../../parts/InvoiceText";
import { given } from "../../parts/mapping/given";
import { useLivePreview } from "../../parts/mapping/livePreview";
import { PreviewedLine } from "../../parts/mapping/PreviewedLine";
import { marksOf } from "../../parts/mapping/refused";
import { SaveBar } from "../../parts/SaveBar";
import { Answer, Failed } from "../../parts/States";
import { useRemedied } from "../exceptions/useRemedied";

type Mapped = NonNullable<Schemas["ShownLicence"]["mapped"]>;
/** The text's options of one mapping, and all mappings of its tenant: they are saved as a whole. */
type Stored = TextOptions & { mappings: Schemas["ShownMapping"][] };
const STATES: Record<Mapped["textState"], string> = {
  none: "The PSA's own text.",
  not_known: "It stays as it is: what it should say could not be read.",
  in_step: "Written by Seatwise.",
  to_write: "It is written at the next sync.",
  kept: "Somebody else wrote the text in the PSA, so it stays until it is replaced here.",
  refused: "The PSA does not take it.",
};
const NAMES: Record<keyof TextOptions, string> = {
  invoiceText: "Own description",
  namesOnInvoice: "Names of the users",
  spareOnInvoice: "How many seats are spare",
  termsOnInvoice: "When the commitment renews",
  replacesText: "Replace the text that is there",
};

/** What the customer reads of a line on the invoice, and what it is made of. */
export function InvoiceTextPart({ tenant, mapped }: { tenant: string; mapped: Mapped }): ReactElement {
  return (
    <section aria-label="Text on the invoice">
      <Text as="h3" size={400} weight="semibold" block>
        Text on the invoice
      </Text>
      <p>
        {mapped.textThere && `“${mapped.textThere}” `}
        {STATES[mapped.textState]} {mapped.textRefused}
      </p>
      <Options tenant={tenant} mapped={mapped} />
    </section>
  );
}

function Options({ tenant, mapped }: { tenant: string; mapped: Mapped }): ReactElement {
  const mayChange = useMay("editor");
  const longest = useLongest(tenant, mapped.companyId);
  const edited = useText(tenant, mapped.mappingId);
  const { value: text, query, changed, saving } = edited;
  const at = text?.mappings.findIndex(({ id }) => id === mapped.mappingId) ?? -1;
  const mine = text?.mappings[at];
  // A text of somebody else can only be given up by one who has seen what takes its place.
  const shows = mayChange && mine && (changed || mapped.textState === "kept");
  const preview = useLivePreview(tenant, shows ? asked(text, mapped.mappingId, text) : null);
  const line = preview.shown?.lines.find(({ mappingId }) => mappingId === mapped.mappingId);
  const marks = marksOf(saving.error ?? preview.error, at, Object.keys(NAMES));
  return (
    <Answer query={longest} rows={3}>
      {(most) => (
        <Answer query={query} rows={3}>
          {() =>
            mine && text ? (
              <>
                <InvoiceTextFields
                  options={text}
                  set={edited.set}
                  longest={most}
                  knowsUsers={mine.subscriptionId === ""}
                  knowsSpare={mine.companyId === ""}
                  disabled={!mayChange}
                  marked={marks.of(...Object.keys(NAMES))}
                />
                {mayChange && most > 0 && (
                  <>
                    <PreviewedLine preview={preview} line={line} missing="Change something: here stands what it would do." />
                    {line && <ReplaceText line={line} replaces={text.replacesText} set={edited.set} />}
                    {preview.error && marks.rest === preview.error && <Failed error={preview.error} retry={preview.retry} />}
                    <SaveBar edited={edited} names={NAMES} shown={shown} ready={preview.previewed !== null} />
                  </>
                )}
              </>
            ) : (
              "This mapping is gone."
            )
          }
        </Answer>
      )}
    </Answer>
  );
}

/** One of its options as it is told beside what somebody else stored. */
function shown(value: unknown, name: keyof Stored): string {
  if (typeof value === "boolean" || name === "replacesText") return value ? "yes" : "no";
  return value ? String(value) : "nothing";
}

/** All mappings as they are stored, one of them with these options of its text. */
function asked(stored: Stored, mappingId: string, options: TextOptions) {
  const text = textOf(options);
  return stored.mappings.map((mapping) => {
    const as = given(mapping);
    return mapping.id === mappingId ? { ...as, options: { ...as.options, ...text } } : as;
  });
}

function textOf(options: TextOptions | undefined): TextOptions {
  const names = Object.keys(NAMES) as (keyof TextOptions)[];
  return Object.fromEntries(names.map((name) => [name, options?.[name]]));
}

function useText(tenant: string, mappingId: string) {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied();
  const path = { account, tenant };
  return useEdited<Stored>({
    queryKey: [account, "mappings", tenant, mappingId],
    read: async () => {
      const { value, etag } = await versioned(
        api.GET("/api/accounts/{account}/tenants/{tenant}/mappings", { params: { path } }),
      );
      const { mappings } = value;
      return { value: { ...textOf(mappings.find(({ id }) => id === mappingId)?.options), mappings }, etag };
    },
    save: (change, etag, stored) =>
      answer(
        api.PUT("/api/accounts/{account}/tenants/{tenant}/mappings", {
          params: { path, header: { "If-Match": etag } },
          body: { mappings: asked(stored, mappingId, { ...stored, ...change }) },
        }),
      ),
    saved: () => remedied("The text is saved; the next sync writes it."),
  });
}

/** Characters that the PSA of the company takes. */
function useLongest(tenant: string, companyId: string) {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    queryKey: [account, "longest-text", tenant, companyId],
    queryFn: async () => {
      const found = await answer(
        api.GET("/api/accounts/{account}/tenants/{tenant}/agreements", {
          params: { path: { account, tenant }, query: { companyId } },
        }),
      );
      return found.longestText;
    },
  });
}
