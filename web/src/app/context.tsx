import { createContext, useContext } from "react";
import type { Api, Schemas } from "../api/client";
import type { Session } from "./session";

export type Role = Schemas["RoleWord"];
const RANK: Record<Role, number> = { reader: 0, editor: 1, admin: 2, owner: 3 };

/** The account that is open, as the signed-in person may use it. */
export interface OpenAccount {
  id: string;
  name: string;
  mode: Schemas["ModeWord"];
  /** IANA zone in which days and times are shown. */
  zone: string;
  symbol: string;
  /** The day that it is there by the API's clock, such as 2026-11-27; "" while that is not known. */
  today: string;
  role: Role;
  me: Schemas["Me"];
}

export interface Services {
  api: Api;
  session: Session;
}

export const ServicesContext = createContext<Services | null>(null);
export const AccountContext = createContext<OpenAccount | null>(null);

export function useServices(): Services {
  const found = useContext(ServicesContext);
  if (!found) throw new Error("Services are missing around this part.");
  return found;
}

export function useApi(): Api {
  return useServices().api;
}

export function useAccount(): OpenAccount {
  const found = useContext(AccountContext);
  if (!found) throw new Error("No account is open around this part.");
  return found;
}

/** May the signed-in person do what needs this role? What they may not do is not shown. */
export function useMay(least: Role): boolean {
  return may(useAccount().role, least);
}

export function may(role: Role, least: Role): boolean {
  return RANK[role] >= RANK[least];
}
