import { Text } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { InvoiceTextFields, ReplaceText } from "../../parts/InvoiceText";
import { useLivePreview } from "../../parts/mapping/livePreview";
import { PreviewedLine } from "../../parts/mapping/PreviewedLine";
import { basesOf, optionsOf } from "../../parts/mapping/quantity";
import { QuantityFields } from "../../parts/mapping/QuantityFields";
import { marksOf } from "../../parts/mapping/refused";
import { SaveBar } from "../../parts/SaveBar";
import { Answer, Failed } from "../../parts/States";
import { NAMES, TEXT_NAMES, asked, shown, useMappingOptions } from "./mappingOptions";

type Mapped = NonNullable<Schemas["ShownLicence"]["mapped"]>;
const STATES: Record<Mapped["textState"], string> = {
  none: "The PSA's own text.",
  not_known: "It stays as it is: what it should say could not be read.",
  in_step: "Written by Seatwise.",
  to_write: "It is written at the next sync.",
  kept: "Somebody else wrote the text in the PSA, so it stays until it is replaced here.",
  refused: "The PSA does not take it.",
};

/** What a line bills and what the customer reads of it on the invoice: edited, previewed and saved as a whole. */
export function MappingPart({ tenant, mapped }: { tenant: string; mapped: Mapped }): ReactElement {
  const mayChange = useMay("editor");
  const longest = useLongest(tenant, mapped.companyId);
  const edited = useMappingOptions(tenant, mapped.mappingId);
  const { value: options, query, changed, saving } = edited;
  const at = options?.mappings.findIndex(({ id }) => id === mapped.mappingId) ?? -1;
  const mine = options?.mappings[at];
  // A text of somebody else can only be given up by one who has seen what takes its place.
  const shows = mayChange && mine && (changed || mapped.textState === "kept");
  const mappings = shows ? asked(options, mapped.mappingId, options) : null;
  const preview = useLivePreview(tenant, mappings && { mappings });
  const line = preview.shown?.lines.find(({ mappingId }) => mappingId === mapped.mappingId);
  const marks = marksOf(saving.error ?? preview.error, at, Object.keys(NAMES));
  return (
    <Answer query={longest} rows={3}>
      {(most) => (
        <Answer query={query} rows={3}>
          {() =>
            mine && options ? (
              <>
                <section aria-label="What is billed">
                  <Title>What is billed</Title>
                  <QuantityFields
                    quantity={options}
                    set={edited.set}
                    bases={basesOf(mine)}
                    disabled={!mayChange}
                    marked={marks.of}
                  />
                </section>
                <section aria-label="Text on the invoice">
                  <Title>Text on the invoice</Title>
                  <p>
                    {mapped.textThere && `“${mapped.textThere}” `}
                    {STATES[mapped.textState]} {mapped.textRefused}
                  </p>
                  <InvoiceTextFields
                    options={options}
                    set={edited.set}
                    longest={most}
                    knowsUsers={mine.subscriptionId === ""}
                    knowsSpare={mine.companyId === ""}
                    disabled={!mayChange}
                    marked={marks.of(...TEXT_NAMES)}
                  />
                </section>
                {mayChange && (
                  <section aria-label="Save the mapping">
                    <PreviewedLine
                      preview={preview}
                      line={line}
                      missing={`${optionsOf(options) ? "Change something" : "Put right what is marked"}: here stands what it would do.`}
                    />
                    {line && <ReplaceText line={line} replaces={options.replacesText} set={edited.set} />}
                    {preview.error && marks.rest === preview.error && <Failed error={preview.error} retry={preview.retry} />}
                    <SaveBar edited={edited} names={NAMES} shown={shown} ready={preview.previewed !== null} />
                  </section>
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

function Title({ children }: { children: string }): ReactElement {
  return (
    <Text as="h3" size={400} weight="semibold" block>
      {children}
    </Text>
  );
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
