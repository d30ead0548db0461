// The provider as a process of its own, for a bench whose CPU time must not include it: prints its origins as one JSON line.

import { startProvider } from "./server.mjs";

const { wire, control } = await startProvider();
console.log(JSON.stringify({ wire, control }));
