import {
  Button,
  Checkbox,
  Dropdown,
  Field,
  Input,
  Option,
  Radio,
  RadioGroup,
  Text,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi } from "../../app/context";
import { Choices } from "../../parts/Choices";
import { counted } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Failed } from "../../parts/States";
import { MAILBOXES, isCustom, isGroupId, typed, type Mailbox, type Rule } from "./rules";

type Kind = Rule["kind"];
type Licence = Schemas["ShownLicence"];

const KINDS: Record<Kind, string> = {
  sum: "Seats of one licence, or of several together",
  licensed_users: "Users with a licence that costs money",
  group_members: "Users of a group, and of groups within it",
  mailboxes: "Mailboxes, with a licence or without",
};

const useStyles = makeStyles({
  // What it is called and counts, and beside it of what: below it where there is no room.
  form: { display: "grid", gap: "12px 32px", gridTemplateColumns: "repeat(auto-fit, minmax(min(280px, 100%), 1fr))", alignItems: "start" },
  column: { display: "grid", gap: "12px" },
  end: { display: "flex", flexWrap: "wrap", gap: "8px 12px", alignItems: "center" },
  soft: { color: tokens.colorNeutralForeground2 },
});

interface Props {
  tenant: string;
  licences: Licence[];
}

/** A new custom licence, with what it would count while somebody types. */
export function DefineCustomLicence({ tenant, licences }: Props): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const [name, setName] = useState("");
  const [everywhere, setEverywhere] = useState(false);
  const [kind, setKind] = useState<Kind>("sum");
  const [skuIds, setSkuIds] = useState<string[]>([]);
  const [domains, setDomains] = useState("");
  const [groupId, setGroupId] = useState("");
  const [mailboxes, setMailboxes] = useState<Mailbox[]>([]);
  const [without, setWithout] = useState({ withoutGuests: false, withoutDisabled: false });
  const rules: Record<Kind, Schemas["GivenRule"]> = {
    sum: { kind, skuIds },
    licensed_users: { kind, domains: typed(domains), ...without },
    group_members: { kind, groupId: groupId.trim(), ...without },
    mailboxes: { kind, mailboxes },
  };
  const rule = rules[kind];
  const missing = {
    sum: skuIds.length ? "" : "Choose a licence.",
    licensed_users: "",
    group_members: isGroupId(groupId) ? "" : "Give the object id of a group.",
    mailboxes: mailboxes.length ? "" : "Choose a kind of mailbox.",
  }[kind];
  const why = name.trim() ? missing : `Give it a name. ${missing}`;
  const countsAccounts = kind === "licensed_users" || kind === "group_members";
  const define = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/custom-licences", {
          params: { path: { account } },
          body: { name, tenantId: everywhere && kind !== "group_members" ? "" : tenant, rule },
        }),
      ),
    onSuccess: (made) => {
      done(`“${made.name}” is defined. Map it among the licences.`);
      setName("");
      void queries.invalidateQueries({ queryKey: [account] });
    },
  });
  const wrong =
    fieldOf(define.error) === "name"
      ? { validationState: "error" as const, validationMessage: sentenceOf(define.error) }
      : {};
  const plain = licences.filter(({ skuId }, at) => licences.findIndex((other) => other.skuId === skuId) === at);
  return (
    <>
      <div className={styles.form}>
        <div className={styles.column}>
          <Field label="Name" {...wrong}>
            <Input value={name} onChange={(_, { value }) => setName(value)} />
          </Field>
          <Field label="Counts">
            <RadioGroup value={kind} onChange={(_, { value }) => setKind(value as Kind)}>
              {(Object.keys(KINDS) as Kind[]).map((one) => (
                <Radio key={one} value={one} label={KINDS[one]} />
              ))}
            </RadioGroup>
          </Field>
        </div>
        <div className={styles.column}>
          {kind === "sum" ? (
            <Field label="Licences">
              <Dropdown
                multiselect
                style={{ minWidth: 0 }}
                placeholder="Choose"
                selectedOptions={skuIds}
                onOptionSelect={(_, { selectedOptions }) => setSkuIds(selectedOptions)}
              >
                {plain
                  .filter((licence) => !isCustom(licence))
                  .map((licence) => (
                    <Option key={licence.skuId} value={licence.skuId}>
                      {licence.name || licence.partNumber || licence.skuId}
                    </Option>
                  ))}
              </Dropdown>
            </Field>
          ) : kind === "group_members" ? (
            <Field label="Object id of the group" hint="As Entra shows it. The app needs GroupMember.Read.All there.">
              <Input value={groupId} onChange={(_, { value }) => setGroupId(value)} />
            </Field>
          ) : kind === "mailboxes" ? (
            <Choices label="Kinds" hint="Read from Exchange with the customer, from the definition on. It needs Global Reader there.">
              {(Object.keys(MAILBOXES) as Mailbox[]).map((one) => (
                <Checkbox
                  key={one}
                  label={MAILBOXES[one]}
                  checked={mailboxes.includes(one)}
                  onChange={(_, { checked }) =>
                    setMailboxes(checked === true ? [...mailboxes, one] : mailboxes.filter((other) => other !== one))
                  }
                />
              ))}
            </Choices>
          ) : (
            <Field label="Domains" hint="Of the sign-in names, with commas between; empty is all. A subdomain is another domain.">
              <Input placeholder="contoso.com" value={domains} onChange={(_, { value }) => setDomains(value)} />
            </Field>
          )}
          {countsAccounts && (
            <Choices label="Leave out">
              <Checkbox
                label="Guests"
                checked={without.withoutGuests}
                onChange={(_, { checked }) => setWithout({ ...without, withoutGuests: checked === true })}
              />
              <Checkbox
                label="Disabled accounts"
                checked={without.withoutDisabled}
                onChange={(_, { checked }) => setWithout({ ...without, withoutDisabled: checked === true })}
              />
            </Choices>
          )}
          {kind !== "group_members" && (
            <Checkbox
              label="For every customer, each counted by itself"
              checked={everywhere}
              onChange={(_, { checked }) => setEverywhere(checked === true)}
            />
          )}
        </div>
      </div>
      {!missing && <Count tenant={tenant} rule={rule} />}
      <div className={styles.end}>
        <Button appearance="primary" disabled={why !== "" || define.isPending} onClick={() => define.mutate()}>
          Define
        </Button>
        {why && <Text className={styles.soft}>{why}</Text>}
      </div>
      {define.error && <Failed error={define.error} />}
    </>
  );
}

/** What the rule would count of this customer now. */
function Count({ tenant, rule: now }: { tenant: string; rule: Schemas["GivenRule"] }): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  // While somebody types, the last thing that they typed is enough.
  const rule = JSON.parse(useDeferredValue(JSON.stringify(now))) as Schemas["GivenRule"];
  const found = useQuery({
    queryKey: [account, "custom-count", tenant, rule],
    queryFn: () =>
      answer(
        api.POST("/api/accounts/{account}/custom-licences/count", {
          params: { path: { account } },
          body: { tenantId: tenant, rule },
        }),
      ),
    retry: false,
  });
  if (found.error) return <Failed error={found.error} />;
  return <Text role="status">{found.data ? told(found.data, rule.kind) : "Counting …"}</Text>;
}

function told({ purchased, assigned, notCountable }: Schemas["ShownCount"], kind: Kind): string {
  if (purchased === null) return notCountable;
  if (kind === "mailboxes") return `${counted(purchased, "mailbox", "mailboxes")} now.`;
  if (kind !== "sum") return `${counted(purchased, "user")} now.`;
  return `${counted(purchased, "purchased seat")} now, ${String(assigned)} of them assigned.`;
}
