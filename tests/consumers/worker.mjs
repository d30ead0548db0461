// A Worker for wrangler.
import check from "./module.mjs";

export default {
  fetch: async (request) =>
    Response.json(await check(new URL(request.url).searchParams.get("provider"))),
};
