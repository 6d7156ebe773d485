import {
  Menu,
  MenuDivider,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import type { ReactElement } from "react";
import { capital } from "../parts/format";
import { AccountButton } from "./AccountButton";
import { useAccount, useServices } from "./context";
import type { Look } from "./theme";

interface Props {
  look: Look;
  setLook: (look: Look) => void;
}

/** Other accounts, light or dark, and the way out: open at first, for it is loaded when it is wanted. */
export default function AccountMenu({ look, setLook }: Props): ReactElement {
  const { me, role, id } = useAccount();
  const { session } = useServices();
  const others = me.accounts.filter((other) => other.id !== id);
  return (
    <Menu defaultOpen checkedValues={{ look: [look] }} onCheckedValueChange={(_, { checkedItems }) => setLook(checkedItems[0] as Look)}>
      <MenuTrigger disableButtonEnhancement>
        <AccountButton />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroupHeader>
            {me.email} · {capital(role)}
          </MenuGroupHeader>
          {others.map((other) => (
            <MenuItem key={other.id} onClick={() => location.assign(`/accounts/${other.id}/today`)}>
              Open {other.name}
            </MenuItem>
          ))}
          <MenuDivider />
          {(["system", "light", "dark"] as const).map((choice) => (
            <MenuItemRadio key={choice} name="look" value={choice}>
              {{ system: "Light or dark as the system", light: "Light", dark: "Dark" }[choice]}
            </MenuItemRadio>
          ))}
          <MenuDivider />
          <MenuItem onClick={() => void session.signOut()}>Sign out</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
