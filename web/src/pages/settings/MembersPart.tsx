import { Button, Dropdown, Field, Input, Option, makeStyles } from "@fluentui/react-components";
import { PeopleRegular } from "@fluentui/react-icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactElement } from "react";
import { answer, everyRow, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay, type Role } from "../../app/context";
import { capital, useFormat } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Answer, Empty, Failed } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { LeaveAccount, RemoveMember } from "./EndMembership";

type Member = Schemas["ShownMember"];
type Invitation = Schemas["ShownInvitation"];
const ROLES: Record<Role, string> = {
  reader: "Reader: sees everything",
  editor: "Editor: companies, mappings, exclusions, sync now",
  admin: "Admin: connections, profiles, preferences, approvals",
  owner: "Owner: alert settings, members, going live",
};

const useStyles = makeStyles({
  add: { display: "flex", gap: "8px", alignItems: "end", flexWrap: "wrap" },
  grow: { flexGrow: 1, maxWidth: "360px" },
});

/** Who may do what, and who was invited. */
export function MembersPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("owner");
  const format = useFormat();
  const members = useQuery({
    queryKey: [account, "members"],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/members", { params: { path: { account }, query: { cursor } } }),
      ),
  });
  const change = useChange();
  const columns = useMemo<Column<Member>[]>(
    () => [
      {
        key: "name",
        title: "Name",
        width: "minmax(160px, 2fr)",
        value: (member) => member.name,
        cell: (member) => `${member.name}${member.isYou ? " (you)" : ""}`,
      },
      { key: "email", title: "E-mail", width: "minmax(180px, 2fr)", value: (member) => member.email, cell: (member) => member.email },
      { key: "since", title: "Since", titled: true, width: "110px", value: (member) => member.since, cell: (member) => format.day(member.since) },
      {
        key: "role",
        title: "Role",
        width: "170px",
        cell: (member) =>
          mayChange && !member.isYou ? (
            <Roles label={`Role of ${member.name}`} role={member.role} choose={(role) => change.mutate({ member: member.id, role })} />
          ) : (
            capital(member.role)
          ),
      },
      {
        key: "remove",
        title: "",
        width: "110px",
        cell: (member) =>
          member.isYou ? (
            <LeaveAccount />
          ) : mayChange && <RemoveMember member={member.id} name={member.name} />,
      },
    ],
    // The columns change with what they close over, and with nothing else.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [format, mayChange],
  );
  return (
    <>
      <Section title="Members" about="People of your MSP who sign in with Microsoft.">
        {change.error && <Failed error={change.error} />}
        <Answer query={members}>
          {(rows) => (
            <Table
              label="Members"
              columns={columns}
              rows={rows}
              id={(member) => member.id}
              empty={<Empty icon={<PeopleRegular />} title="No members">{mayChange ? "Invite them below." : "An owner invites them."}</Empty>}
            />
          )}
        </Answer>
      </Section>
      {mayChange && <Invitations />}
    </>
  );
}

function useChange() {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  return useMutation({
    mutationFn: ({ member, role }: { member: string; role: Role }) => {
      const path = { account, member };
      return answer(api.PUT("/api/accounts/{account}/members/{member}/role", { params: { path }, body: { role } }));
    },
    onSuccess: () => {
      done("The role is changed.");
      void queries.invalidateQueries({ queryKey: [account] });
    },
  });
}

interface RolesProps {
  label: string;
  role: Role;
  choose: (role: Role) => void;
}

function Roles({ label, role, choose }: RolesProps): ReactElement {
  return (
    <Dropdown
      aria-label={label}
      style={{ minWidth: 0, width: "100%" }}
      value={capital(role)}
      selectedOptions={[role]}
      onOptionSelect={(_, { optionValue }) => optionValue && optionValue !== role && choose(optionValue as Role)}
    >
      {(Object.keys(ROLES) as Role[]).map((one) => (
        <Option key={one} value={one} text={one}>
          {ROLES[one]}
        </Option>
      ))}
    </Dropdown>
  );
}

function Invitations(): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const format = useFormat();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const invitations = useQuery({
    queryKey: [account, "invitations"],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/invitations", { params: { path: { account }, query: { cursor } } }),
      ),
  });
  const readAnew = () => void queries.invalidateQueries({ queryKey: [account, "invitations"] });
  const invite = useMutation({
    mutationFn: () =>
      answer(api.POST("/api/accounts/{account}/invitations", { params: { path: { account } }, body: { email, role } })),
    onSuccess: () => {
      done(`${email} is invited by mail.`);
      setEmail("");
      readAnew();
    },
  });
  const withdraw = useMutation({
    mutationFn: async (invitation: string) => {
      const gone = await api.DELETE("/api/accounts/{account}/invitations/{invitation}", {
        params: { path: { account, invitation } },
      });
      if (!gone.response.ok) await answer(Promise.resolve(gone));
    },
    onSuccess: () => {
      done("The invitation is withdrawn.");
      readAnew();
    },
  });
  const columns: Column<Invitation>[] = [
    { key: "email", title: "E-mail", width: "minmax(180px, 2fr)", cell: (row) => row.email },
    { key: "role", title: "Role", titled: true, width: "90px", cell: (row) => capital(row.role) },
    { key: "state", title: "State", titled: true, width: "minmax(120px, 1fr)", cell: (row) => row.state.replaceAll("_", " ") },
    { key: "ends", title: "Until", titled: true, width: "110px", cell: (row) => format.day(row.endsAt) },
    {
      key: "withdraw",
      title: "",
      width: "120px",
      cell: (row) => (
        <Button onClick={() => withdraw.mutate(row.id)} aria-label={`Withdraw the invitation of ${row.email}`}>
          Withdraw
        </Button>
      ),
    },
  ];
  return (
    <Section title="Invitations" about="An invitation is mailed, is good once, and belongs to whoever accepts it first.">
      <div className={styles.add}>
        <Field label="E-mail" className={styles.grow}>
          <Input type="email" value={email} onChange={(_, { value }) => setEmail(value)} />
        </Field>
        <Field label="Role">
          <Roles label="Role of the invited person" role={role} choose={setRole} />
        </Field>
        <Button appearance="primary" disabled={!email || invite.isPending} onClick={() => invite.mutate()}>
          Invite
        </Button>
      </div>
      {(invite.error ?? withdraw.error) && <Failed error={invite.error ?? withdraw.error} />}
      <Answer query={invitations} rows={2}>
        {(rows) => (rows.length ? <Table label="Invitations" columns={columns} rows={rows} id={(row) => row.id} empty={null} /> : <>Nobody is invited. Type an address above to invite somebody.</>)}
      </Answer>
    </Section>
  );
}
