import assert from "node:assert/strict";
import { test } from "node:test";
import { workflowErrors } from "./workflows.mjs";

const WORKFLOW = `on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
      - run: echo \${{ hashFiles('a.txt') }} \${{ github.ref }}
  publish:
    needs: test
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v7
`;

test("a correct workflow has no errors", async () => {
  assert.deepEqual(await workflowErrors("ci.yml", WORKFLOW), []);
});

for (const [name, right, wrong, expected] of [
  ["an unknown key", "runs-on:", "run-on:", /Unexpected value 'run-on'/],
  ["an unknown value", "contents: read", "contents: rite", /Unexpected value 'rite'/],
  ["an unknown job", "needs: test", "needs: tests", /unknown job 'tests'/],
  ["an unknown context", "github.ref", "gitub.ref", /named-value: 'gitub'/],
  ["an unknown function", "hashFiles(", "hashFile(", /function: 'hashFile'/],
  ["wrong YAML", "on: push", "on: [push", /./],
])
  test(`${name} is an error`, async () => {
    const [error] = await workflowErrors("ci.yml", WORKFLOW.replace(right, wrong));
    assert.match(error ?? "", expected);
  });
