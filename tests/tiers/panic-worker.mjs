// Runs inside the Worker of panic.mjs. Each request is one run.

import { fuse } from "llm-fuse";

export default {
  async fetch(message) {
    const { request, baseURL } = await message.json();
    return fuse(request, { baseURL })
      .result()
      .then(
        ({ answer }) => Response.json({ answer }),
        ({ code, message }) => Response.json({ code, message }),
      );
  },
};
