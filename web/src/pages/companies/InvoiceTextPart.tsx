import { Text } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, versioned, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { InvoiceTextFields, InvoiceTextPreview, type TextOptions } from "../../parts/InvoiceText";
import { Answer } from "../../parts/States";
import { Act, Actions, Refusal } from "../exceptions/Actions";
import { given } from "../exceptions/given";
import { useRemedied } from "../exceptions/useRemedied";

type Mapped = NonNullable<Schemas["ShownLicence"]["mapped"]>;
const STATES: Record<Mapped["textState"], string> = {
  none: "The PSA's own text.",
  not_known: "It stays as it is: what it should say could not be read.",
  in_step: "Written by Seatwise.",
  to_write: "It is written at the next sync.",
  kept: "Somebody else wrote the text in the PSA, so it stays. Preview it to replace it.",
  refused: "The PSA does not take it.",
};

/** What the customer reads of a line on the invoice, and what it is made of. */
export function InvoiceTextPart({ tenant, mapped }: { tenant: string; mapped: Mapped }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("editor");
  const remedied = useRemedied();
  const path = { account, tenant };
  const [changed, setChanged] = useState<TextOptions>({});
  const query = useQuery({
    queryKey: [account, "mappings", tenant, mapped.companyId],
    queryFn: async () => {
      const [mappings, agreements] = await Promise.all([
        versioned(api.GET("/api/accounts/{account}/tenants/{tenant}/mappings", { params: { path } })),
        answer(
          api.GET("/api/accounts/{account}/tenants/{tenant}/agreements", {
            params: { path, query: { companyId: mapped.companyId } },
          }),
        ),
      ]);
      return { etag: mappings.etag, mappings: mappings.value.mappings, longest: agreements.longestText };
    },
  });
  const body = (options: TextOptions) => ({
    mappings: (query.data?.mappings ?? []).map((mapping) => {
      const asked = given(mapping);
      return mapping.id === mapped.mappingId ? { ...asked, options: { ...asked.options, ...options } } : asked;
    }),
  });
  const preview = useMutation({
    mutationFn: (options: TextOptions) =>
      answer(
        api.POST("/api/accounts/{account}/tenants/{tenant}/mappings/preview", {
          params: { path },
          body: body(options),
        }),
      ),
  });
  const save = useMutation({
    mutationFn: (options: TextOptions) =>
      answer(
        api.PUT("/api/accounts/{account}/tenants/{tenant}/mappings", {
          params: { path, header: { "If-Match": query.data?.etag ?? "" } },
          body: body(options),
        }),
      ),
    onSuccess: () => {
      preview.reset();
      remedied("The text is saved; the next sync writes it.");
    },
  });
  const line = preview.data?.lines.find(({ mappingId }) => mappingId === mapped.mappingId);
  return (
    <section aria-label="Text on the invoice">
      <Text as="h3" size={400} weight="semibold" block>
        Text on the invoice
      </Text>
      <p>
        {mapped.textThere && `“${mapped.textThere}” `}
        {STATES[mapped.textState]} {mapped.textRefused}
      </p>
      <Answer query={query} rows={3}>
        {({ mappings, longest }) => {
          const mine = mappings.find(({ id }) => id === mapped.mappingId);
          if (!mine) return <>This mapping is gone.</>;
          const options = { ...mine.options, ...changed };
          return (
            <>
              <InvoiceTextFields
                options={options}
                set={(change) => {
                  setChanged({ ...changed, ...change });
                  preview.reset();
                }}
                longest={longest}
                knowsUsers={mine.subscriptionId === ""}
                knowsSpare={mine.companyId === ""}
                disabled={!mayChange}
              />
              {line && (
                <InvoiceTextPreview
                  line={line}
                  replaces={changed.replacesText}
                  set={(change) => setChanged({ ...changed, ...change })}
                />
              )}
              {mayChange && (
                <Actions>
                  <Act does={preview} given={changed}>
                    Preview
                  </Act>
                  <Act does={save} given={changed} primary disabled={!line}>
                    Save the text
                  </Act>
                </Actions>
              )}
              <Refusal of={preview} />
              <Refusal of={save} />
            </>
          );
        }}
      </Answer>
    </section>
  );
}
