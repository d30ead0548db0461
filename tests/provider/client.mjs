// Opens sessions at a provider that runs in another process. The addresses of the provider are its
// only input. Uses only web standards, so this file works in every runtime.

/**
 * @param wire the address for calls. It may contain `{session}`. Each session then has its own host
 * name, so that sessions do not share a browser's limit of six connections to a host.
 */
export const connect = ({ wire, control }) => ({
  session(name) {
    const ask = async (verb, path, body) => {
      const response = await fetch(`${control}/${name}/${path}`, {
        method: verb,
        body: body && JSON.stringify(body),
      });
      return response.json();
    };
    const calls = () => ask("GET", "__calls");
    return {
      /**
       * The address of the session's control routes. If `wire` contains `{session}`, this address
       * has another origin than the address for calls.
       */
      control: `${control}/${name}`,
      baseURL: `${wire.replace("{session}", name)}/${name}/api/v1`,
      script: (scripts) => ask("PUT", "__script", scripts),
      reset: () => ask("POST", "__reset"),
      /** Lets the calls continue whose script has `hold`. */
      release: () => ask("POST", "__release"),
      /** Returns the calls. session.mjs describes the fields of a call. */
      calls,
      /** Waits until the calls satisfy `enough`, but at most `within_ms`. Returns the calls. */
      async until(enough, within_ms = 5000) {
        for (let waited = 0; ; waited += 20) {
          const seen = await calls();
          if (enough(seen) || waited >= within_ms) return seen;
          await new Promise((wake) => setTimeout(wake, 20));
        }
      },
    };
  },
});

export const noneOpen = (calls) => calls.every((call) => call.end !== "open");
