// A script for Vercel's local edge runtime. It listens for requests.
import check from "./module.mjs";

addEventListener("fetch", (event) =>
  event.respondWith(
    check(new URL(event.request.url).searchParams.get("provider")).then((found) =>
      Response.json(found),
    ),
  ),
);
