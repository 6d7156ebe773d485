import { Checkbox } from "@fluentui/react-components";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Choices } from "../src/parts/Choices";

afterEach(cleanup);

test("the label of each checkbox ticks that one and no other", () => {
  render(
    <Choices label="Leave out" wrong="Choose fewer.">
      <Checkbox label="Guests" />
      <Checkbox label="Disabled accounts" />
    </Choices>,
  );
  fireEvent.click(screen.getByText("Disabled accounts"));
  const ticked = (name: string) => screen.getByRole<HTMLInputElement>("checkbox", { name }).checked;
  expect([ticked("Guests"), ticked("Disabled accounts")]).toEqual([false, true]);
  expect(screen.getByRole("group", { name: "Leave out" }).textContent).toContain("Choose fewer.");
});
