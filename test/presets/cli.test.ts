import { join } from "node:path";
import { expect, it } from "vitest";
import { call } from "../cli-rig.ts";

/** Presets on the command line, as `config` prints them and `run` would take them. */

const PRESETS = join(import.meta.dirname, "../../presets");

it("config --preset prints what a preset makes of the system's own file", async () => {
  const file = join(PRESETS, "b25", "config.yaml");
  const { status, stdout } = await call(["config", "--preset", "b25", file]);
  const ours = await call(["config", join(PRESETS, "b25", "feedhorn.yaml")]);
  expect([status, JSON.parse(stdout)]).toEqual([0, JSON.parse(ours.stdout)]);
});

it.each([
  [["run"], 2, "error: expected a configuration file, or --preset\n"],
  [["run", "a.yaml", "-c", "b.yaml"], 2, "error: expected one configuration file, saw a.yaml and b.yaml\n"],
  [["config"], 2, "error: expected either a configuration file or --schema\n"],
  [["config", "--schema", "--preset", "b25"], 2, "error: expected either a configuration file or --schema\n"],
])("%j is told what was expected", async (args, status, text) => {
  expect(await call(args)).toEqual({ status, stdout: "", stderr: text });
});

it.each(["run", "config"])("%s names a preset that there is none of", async (command) => {
  const { status, stderr } = await call([command, "--preset", "gemini"]);
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^error: --preset: expected one of .*gemini-solusd.*, saw "gemini"/),
  ]);
});
