/** Alert types as they are saved, and as a conflict tells them; pure. */
import type { Schemas } from "../../api/client";
import { words } from "../../parts/format";
import { typedAddresses } from "./AddressLines";

type AlertType = Schemas["ShownAlertType"];

/** The types as they are wanted. */
export function changesOf(types: AlertType[]): Record<string, Schemas["AlertTypeChange"]> {
  return Object.fromEntries(
    types.map(({ type, on, addresses, parameters }) => [
      type,
      {
        on,
        addresses: typedAddresses(addresses),
        parameters: Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
      },
    ]),
  ) as Record<string, Schemas["AlertTypeChange"]>;
}

/** Those types that the others have, too, and in another way, in a few words each. */
export function differing(types: AlertType[], others: AlertType[]): string {
  const other = (type: AlertType) => others.find((one) => one.type === type.type);
  const differ = types.filter((type) => other(type) && JSON.stringify(type) !== JSON.stringify(other(type)));
  return differ.map(told).join("; ") || "nothing else";
}

function told({ title, on, addresses, parameters }: AlertType): string {
  const parts = parameters.map(({ name, value }) => {
    const shown = typeof value === "boolean" ? (value ? "on" : "off") : String(value ?? "");
    return `${words(name).toLowerCase()} ${shown}`;
  });
  return `${title}: ${[on ? "on" : "off", ...parts, addresses.length ? `to ${addresses.join(", ")}` : ""].filter(Boolean).join(", ")}`;
}
