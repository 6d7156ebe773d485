import type { Schemas } from "../api/client";

/** What became of a mail, in words and colour. */
export const MAIL_STATES: Record<Schemas["ShownMailState"]["state"], [string, "success" | "danger" | "warning" | "informative"]> = {
  claimed: ["to be sent", "informative"],
  sending: ["being sent", "informative"],
  done: ["sent", "success"],
  refused: ["refused", "danger"],
  unknown: ["not known", "warning"],
  undeliverable: ["not delivered", "danger"],
};
