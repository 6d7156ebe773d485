import { Field, Input, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, versioned, type Schemas } from "../../../api/client";
import { fieldOf, isConflict, sentenceOf } from "../../../api/problem";
import { useAccount, useApi } from "../../../app/context";
import { useEdited } from "../../../parts/edited";
import { SaveBar } from "../../../parts/SaveBar";
import { SideDrawer } from "../../../parts/SideDrawer";
import { Answer } from "../../../parts/States";
import { Act, Actions, Refusal } from "../../exceptions/Actions";
import { useRemedied } from "../../exceptions/useRemedied";
import { BILLABLE, givenTerms, meaningOf, priceOf, priceWords, type Billable, type Price, type Terms } from "./terms";
import { TermsFields } from "./TermsFields";

type Profile = Schemas["ProfileInList"];
type Fixed = Pick<Schemas["ShownProfile"], "connection" | "productId" | "agreementTypes">;
type Stored = Terms & Fixed & { name: string };

const NAMES = { name: "Name", billable: "Charged", price: "Price" };
const useStyles = makeStyles({
  end: { paddingTop: "16px", borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  soft: { color: tokens.colorNeutralForeground2 },
});

/** A profile's name, whether its lines are charged and at which price; and its end. */
export function EditProfile({ profile, close }: { profile: Profile | undefined; close: () => void }): ReactElement {
  return (
    <SideDrawer title={profile?.name ?? "Billing profile"} close={close}>
      {profile ? (
        <>
          <Edit profile={profile} />
          <EndProfile profile={profile} close={close} />
        </>
      ) : (
        "This profile is ended."
      )}
    </SideDrawer>
  );
}

function Edit({ profile }: { profile: Profile }): ReactElement {
  const styles = useStyles();
  const edited = useProfile(profile.id);
  const { value, query, set, saving } = edited;
  const refused = isConflict(saving.error) ? null : saving.error;
  const marked = (field: string) =>
    fieldOf(refused) === field ? { validationState: "error" as const, validationMessage: sentenceOf(refused) } : {};
  const stored = query.data?.value;
  return (
    <Answer query={query} rows={4}>
      {() =>
        value && stored ? (
          <>
            <Text className={styles.soft}>
              Product {value.productId}
              {value.agreementTypes.length > 0 && `, by agreements of the type ${value.agreementTypes.join(" or ")}`}
            </Text>
            <Field label="Name" {...marked("name")}>
              <Input value={value.name} maxLength={80} onChange={(_, data) => set({ name: data.value })} />
            </Field>
            <TermsFields terms={value} set={set} marked={marked} />
            <div role="status" aria-label="What it means">
              {meaningOf(changeOf(stored, value), profile.licences).map((sentence) => (
                <Text key={sentence} block>
                  {sentence}
                </Text>
              ))}
            </div>
            <SaveBar edited={edited} names={NAMES} shown={shown} />
          </>
        ) : null
      }
    </Answer>
  );
}

/** What is another one than it is stored as. */
function changeOf(stored: Stored, { name, billable, price }: Stored): Partial<Stored> {
  return {
    ...(name !== stored.name && { name }),
    ...(billable !== stored.billable && { billable }),
    ...((price.rule !== stored.price.rule || price.amount !== stored.price.amount) && { price }),
  };
}

function shown(value: unknown, field: keyof Stored): string {
  if (field === "price") return priceWords(value as Price);
  return field === "billable" ? BILLABLE[value as Billable] : String(value);
}

function useProfile(id: string) {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied();
  const path = { account, billingProfile: id };
  return useEdited<Stored>({
    queryKey: [account, "billing-profile", id],
    read: async () => {
      const { value, etag } = await versioned(
        api.GET("/api/accounts/{account}/billing-profiles/{billingProfile}", { params: { path } }),
      );
      const { name, billable, connection, productId, agreementTypes } = value;
      return { value: { name, billable, connection, productId, agreementTypes, price: priceOf(value) }, etag };
    },
    save: (change, etag, stored) => {
      const { billable, price, ...rest } = { ...stored, ...change };
      return answer(
        api.PUT("/api/accounts/{account}/billing-profiles/{billingProfile}", {
          params: { path, header: { "If-Match": etag } },
          body: { ...rest, ...givenTerms({ billable, price }) },
        }),
      );
    },
    saved: () => remedied("The profile is saved."),
  });
}

function EndProfile({ profile, close }: { profile: Profile; close: () => void }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  const makeAgain = () => {
    const { name, connection, productId, agreementTypes, billable } = profile;
    const body = { name, connection, productId, agreementTypes, ...givenTerms({ billable, price: priceOf(profile) }) };
    return answer(api.POST("/api/accounts/{account}/billing-profiles", { params: { path: { account } }, body }));
  };
  const end = useMutation({
    mutationFn: async () => {
      const ended = await api.DELETE("/api/accounts/{account}/billing-profiles/{billingProfile}", {
        params: { path: { account, billingProfile: profile.id } },
      });
      if (!ended.response.ok) await answer(Promise.resolve(ended));
    },
    onSuccess: () => remedied(`“${profile.name}” is ended.`, makeAgain),
  });
  return (
    <section aria-label="End the profile" className={styles.end}>
      <Text>An ended profile is not offered any more. It can be ended once no licence is billed by it.</Text>
      <Actions>
        <Act does={end} given={undefined}>
          End this profile
        </Act>
      </Actions>
      <Refusal of={end} />
    </section>
  );
}
