import { fieldOf, sentenceOf } from "../../api/problem";

type Marked = { validationState: "error"; validationMessage: string };

/**
 * What marks the fields of a mapping's form that a refusal is about. `at` is the mapping's place among those of its
 * tenant: what is wrong with another one is said beside the form.
 */
export function marksOf(refused: Error | null, at: number, fields: readonly string[]) {
  const about = /^(?:mappings\.(\d+)\.)?(?:options\.)?(\w+)$/.exec(fieldOf(refused));
  const ours = about?.[1] === undefined || Number(about[1]) === at;
  const field = ours && about?.[2] && fields.includes(about[2]) ? about[2] : "";
  return {
    of: (...names: string[]): Marked | Record<string, never> =>
      field && names.includes(field) ? { validationState: "error", validationMessage: sentenceOf(refused) } : {},
    /** What no field is marked with. */
    rest: field ? null : refused,
  };
}
