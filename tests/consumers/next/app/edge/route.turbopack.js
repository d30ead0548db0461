import check from "../../../module.mjs";

export const runtime = "edge";

export const GET = async (request) =>
  Response.json(await check(new URL(request.url).searchParams.get("provider")));
