import { Button, Combobox, Field, Option, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState, type ReactElement } from "react";
import { answer, everyRow, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { useFormat } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Answer, Failed } from "../../parts/States";

type Exclusion = Schemas["ShownExclusion"];

const useStyles = makeStyles({
  add: { display: "flex", gap: "8px", alignItems: "end", flexWrap: "wrap" },
  grow: { flexGrow: 1 },
  list: { listStyleType: "none", margin: 0, padding: 0 },
  item: { display: "flex", gap: "12px", justifyContent: "space-between", alignItems: "center", padding: "10px 0",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`, overflowWrap: "anywhere" },
  soft: { color: tokens.colorNeutralForeground2, display: "block" },
});

/** Tenants and licences that a person left out, with the way back; and a tenant to leave out. */
export function Exclusions(): ReactElement {
  const api = useApi();
  const styles = useStyles();
  const { id: account } = useAccount();
  const editor = useMay("editor");
  const exclusions = useQuery({
    queryKey: [account, "exclusions"],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/exclusions", { params: { path: { account }, query: { cursor } } }),
      ),
  });
  return (
    <>
      {editor && <ExcludeTenant />}
      <Answer query={exclusions} rows={3}>
        {(found) =>
          found.length ? (
            <ul className={styles.list}>
              {found.map((exclusion) => (
                <Listed key={exclusion.id} exclusion={exclusion} editor={editor} />
              ))}
            </ul>
          ) : (
            <Text className={styles.soft}>Nothing is excluded.</Text>
          )
        }
      </Answer>
    </>
  );
}

function useExclusion() {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done, failed } = useNotices();
  const readAnew = () => void queries.invalidateQueries({ queryKey: [account] });
  const exclude = async (body: Schemas["NewExclusion"]) => {
    const made = await answer(api.POST("/api/accounts/{account}/exclusions", { params: { path: { account } }, body }));
    readAnew();
    return made;
  };
  const remove = async (exclusion: string) => {
    const path = { account, exclusion };
    await answer(api.DELETE("/api/accounts/{account}/exclusions/{exclusion}", { params: { path } }));
    readAnew();
  };
  const undone = (undo: () => Promise<unknown>) => () =>
    void undo().then(() => done("Undone."), (error: unknown) => failed("It was not undone.", error));
  return { exclude, remove, undone, done };
}

function Listed({ exclusion, editor }: { exclusion: Exclusion; editor: boolean }): ReactElement {
  const styles = useStyles();
  const format = useFormat();
  const { exclude, remove, undone, done } = useExclusion();
  const { tenantId, skuId, type, spareAtMost, until, untilRenewal, reason } = exclusion;
  const removing = useMutation({
    mutationFn: () => remove(exclusion.id),
    onSuccess: () =>
      done("The exclusion is removed.", {
        undo: undone(() =>
          exclude({ tenantId, skuId, type: type as Schemas["NewExclusion"]["type"], spareAtMost, until, untilRenewal, reason }),
        ),
      }),
  });
  const what = [exclusion.product, exclusion.customer].filter(Boolean).join(" at ");
  return (
    <li className={styles.item}>
      <div>
        <Text weight="semibold">{what}</Text>
        <span className={styles.soft}>
          {[exclusion.howLong, exclusion.reason, `${exclusion.who}, ${format.day(exclusion.since)}`]
            .filter(Boolean)
            .join(" · ")}
        </span>
        {removing.isError && <Failed error={removing.error} />}
      </div>
      {editor && (
        <Button aria-label={`Remove: ${what}`} disabled={removing.isPending} onClick={() => removing.mutate()}>
          Remove
        </Button>
      )}
    </li>
  );
}

function ExcludeTenant(): ReactElement {
  const api = useApi();
  const styles = useStyles();
  const { id: account } = useAccount();
  const { exclude, remove, undone, done } = useExclusion();
  const [typed, setTyped] = useState("");
  const [tenant, setTenant] = useState("");
  const search = useDeferredValue(tenant ? "" : typed);
  const tenants = useQuery({
    queryKey: [account, "tenants", search],
    queryFn: () =>
      answer(
        api.GET("/api/accounts/{account}/tenants", {
          params: { path: { account }, query: { search, limit: 20, excluded: false } },
        }),
      ),
  });
  const excluding = useMutation({
    mutationFn: () => exclude({ tenantId: tenant }),
    onSuccess: (made) => {
      done(`${made.customer} is excluded.`, { undo: undone(() => remove(made.id)) });
      setTyped("");
      setTenant("");
    },
  });
  return (
    <>
      <div className={styles.add}>
        <Field
          className={styles.grow}
          label="Exclude tenant"
          hint="Nobody is alerted of it any more. What is synced and billed stays as it is."
        >
          <Combobox
            placeholder="Type a part of its name"
            value={typed}
            selectedOptions={tenant ? [tenant] : []}
            onChange={(event) => {
              setTyped(event.target.value);
              setTenant("");
            }}
            onOptionSelect={(_, { optionValue, optionText }) => {
              setTenant(optionValue ?? "");
              setTyped(optionText ?? "");
            }}
          >
            {tenants.data?.items.map(({ id, name, domain }) => (
              <Option key={id} value={id} text={name || domain}>
                {name || domain}
              </Option>
            ))}
          </Combobox>
        </Field>
        <Button disabled={!tenant || excluding.isPending} onClick={() => excluding.mutate()}>
          Exclude tenant
        </Button>
      </div>
      {excluding.isError && <Failed error={excluding.error} />}
    </>
  );
}
