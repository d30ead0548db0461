// In: the addresses of a provider. Out: sessions. Uses only web standards, so it works in every
// runtime.

/**
 * @param wire may contain `{session}`. Each session then has its own host name, so a browser's
 * limit of six connections to one host does not affect other sessions.
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
      /** The session's control address. It is another origin if `wire` has its own hosts. */
      control: `${control}/${name}`,
      baseURL: `${wire.replace("{session}", name)}/${name}/api/v1`,
      script: (scripts) => ask("PUT", "__script", scripts),
      reset: () => ask("POST", "__reset"),
      /** Returns the calls; the fields are those of `Call` in session.mjs. */
      calls,
      /** Returns the calls as soon as they satisfy `enough`, or after `within_ms` in any case. */
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
