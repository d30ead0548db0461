// Type tests of llm-fuse/node without Node's types. This file is compiled, but never run.
import { fuse } from "llm-fuse";
import { createHandler } from "llm-fuse/handler";
import {
  type NodeHandler,
  type NodeRequest,
  type NodeResponse,
  pipeRun,
  toNodeHandler,
} from "llm-fuse/node";

export const handler: NodeHandler = toNodeHandler(createHandler());
export const own: NodeHandler = toNodeHandler(() => Response.json({ ok: true }));
// @ts-expect-error a handler returns a Response
toNodeHandler(() => "text");

export async function ask(req: NodeRequest, res: NodeResponse): Promise<void> {
  const run = fuse(`${req.method} ${req.url} ${req.headers.accept}`);
  const isDelivered: boolean = await pipeRun(run, res, { onClose: "continue" });
  if (!isDelivered) console.log(await run.result());
  await pipeRun(run, res);
  // @ts-expect-error `onClose` is "stop" or "continue"
  await pipeRun(run, res, { onClose: "wait" });
}
