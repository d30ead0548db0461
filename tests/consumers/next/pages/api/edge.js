import check from "../../../module.mjs";

export const config = { runtime: "edge" };

export default async (request) =>
  Response.json(await check(new URL(request.url).searchParams.get("provider")));
