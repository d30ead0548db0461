// Vercel's edge, as the runtime of its local tools has it: a script that listens.
import check from "./module.mjs";

addEventListener("fetch", (event) => event.respondWith(check(new URL(event.request.url).searchParams.get("provider")).then((found) => Response.json(found))));
