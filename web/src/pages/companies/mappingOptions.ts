import { answer, versioned, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { useEdited, type Edited } from "../../parts/edited";
import type { TextOptions } from "../../parts/InvoiceText";
import { given } from "../../parts/mapping/given";
import type { Mapping } from "../../parts/mapping/livePreview";
import { BASES, QUANTITY_NAMES, optionsOf, typedOf, type Quantity } from "../../parts/mapping/quantity";
import { useRemedied } from "../exceptions/useRemedied";

type Options = Quantity & TextOptions;
/** The options of one mapping, and all mappings of its tenant: they are saved as a whole. */
export type Stored = Options & { mappings: Schemas["ShownMapping"][] };

const TEXTS: Record<keyof TextOptions, string> = {
  invoiceText: "Own description",
  namesOnInvoice: "Names of the users",
  spareOnInvoice: "How many seats are spare",
  termsOnInvoice: "When the commitment renews",
  replacesText: "Replace the text that is there",
};
export const TEXT_NAMES = Object.keys(TEXTS) as (keyof TextOptions)[];
export const NAMES: Record<keyof Options, string> = { ...QUANTITY_NAMES, ...TEXTS };

/** One of the options as it is told beside what somebody else stored. */
export function shown(value: unknown, name: keyof Stored): string {
  if (name === "basis") return BASES[value as Quantity["basis"]];
  if (typeof value === "boolean" || name === "replacesText") return value ? "yes" : "no";
  return value ? String(value) : "nothing";
}

/** All mappings as they are stored, one of them with these options; null while something of them makes no sense. */
export function asked({ mappings }: Stored, mappingId: string, options: Options): Mapping[] | null {
  const numbers = optionsOf(options);
  if (!numbers) return null;
  return mappings.map((mapping) => {
    const as = given(mapping);
    return mapping.id === mappingId ? { ...as, options: { ...as.options, ...numbers, ...textOf(options) } } : as;
  });
}

function textOf(options: TextOptions | undefined): TextOptions {
  return Object.fromEntries(TEXT_NAMES.map((name) => [name, options?.[name]]));
}

/** The options of one mapping, edited. */
export function useMappingOptions(tenant: string, mappingId: string): Edited<Stored> {
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
      const options = mappings.find(({ id }) => id === mappingId)?.options;
      return { value: { ...typedOf(options ?? {}), ...textOf(options), mappings }, etag };
    },
    save: async (change, etag, stored) => {
      const mappings = asked(stored, mappingId, { ...stored, ...change });
      if (!mappings) throw new Error("Put right what is marked, then save again.");
      await answer(
        api.PUT("/api/accounts/{account}/tenants/{tenant}/mappings", {
          params: { path, header: { "If-Match": etag } },
          body: { mappings },
        }),
      );
    },
    saved: () => remedied("It is saved; the next sync writes it."),
  });
}
