// The licences of the packages in the front end, as a table: for `make sbom`, from what `npm sbom` says of them.
import { readFileSync } from "node:fs";

const { components } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const rows = components.map(({ name, version, licenses = [] }) => {
  const called = licenses.map(({ license, expression }) => expression ?? license.id ?? license.name);
  if (!called.length) throw new Error(`${name} ${version} tells no licence: look it up before it is released`);
  return `| ${name} | ${version} | ${called.join(", ")} |`;
});
console.log(`\nIn the front end:\n\n| Name | Version | License |\n|---|---|---|\n${rows.sort().join("\n")}`);
console.log("\nFonts of reports: Noto Sans (OFL-1.1) and Droid Sans Fallback (Apache-2.0), with their licences in shared/templates/fonts/.");
