import type { Schemas } from "../api/client";

/** What became of a mail, in words and colour. */
export const MAIL_STATES: Record<Schemas["ShownMailState"]["state"], [string, "success" | "danger" | "warning" | "informative"]> = {
  claimed: ["To be sent", "informative"],
  sending: ["Being sent", "informative"],
  done: ["Sent", "success"],
  refused: ["Refused", "danger"],
  unknown: ["Not known", "warning"],
  undeliverable: ["Not delivered", "danger"],
};
