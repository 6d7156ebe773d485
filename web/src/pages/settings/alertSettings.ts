/** What is typed on the settings page, as the API takes it; pure. */
import type { Schemas } from "../../api/client";

type Settings = Schemas["AlertSettings"];
type Value = Schemas["ShownParameter"]["value"];

/** Addresses without the empty lines and spaces around them. */
export function addressesIn(lines: string[]): string[] {
  return lines.flatMap((line) => line.split(/[,;]/)).map((line) => line.trim()).filter(Boolean);
}

/** Only what differs from what was seen. */
export function changeOf(draft: Settings, base: Settings): Schemas["AlertSettingsChange"] {
  const seen = new Map(base.types.map((type) => [type.type, JSON.stringify(type)]));
  const types = draft.types.filter((type) => JSON.stringify(type) !== seen.get(type.type));
  return {
    addresses: addressesIn(draft.addresses),
    frequency: draft.frequency,
    hour: draft.hour,
    repeatAfterDays: draft.repeatAfterDays,
    types: Object.fromEntries(
      types.map((type) => [
        type.type,
        {
          on: type.on,
          parameters: Object.fromEntries(
            type.parameters.filter(({ value, default: usual }) => value !== usual).map(({ name, value }) => [name, value]),
          ),
        },
      ]),
    ),
  };
}

/** What was typed, as a number where the default is one; anything else is for the API to refuse. */
export function valueOf(typed: string, usual: Value): Value {
  const number = Number(typed);
  return typeof usual === "number" && typed.trim() !== "" && Number.isFinite(number) ? number : typed;
}

/** "phone_resource_accounts" as a label. */
export function parameterTitle(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
