// In: where a provider listens. Out: sessions to script and question, from any runtime: web standards only.

/** @param wire may hold `{session}`: a host name per session lifts a browser's limit of six connections to one host. */
export const connect = ({ wire, control }) => ({
  session(name) {
    const ask = async (verb, path, body) => {
      const response = await fetch(`${control}/${name}/${path}`, { method: verb, body: body && JSON.stringify(body) });
      return response.json();
    };
    const calls = () => ask("GET", "__calls");
    return {
      /** The same session by the address that tests use, which is another origin where `wire` has hosts of its own. */
      control: `${control}/${name}`,
      baseURL: `${wire.replace("{session}", name)}/${name}/api/v1`,
      script: (scripts) => ask("PUT", "__script", scripts),
      reset: () => ask("POST", "__reset"),
      /** The calls as they were made: method, url, headers, body, model, dialect, `tool_results` that came with it, `refused` for what, end. */
      calls,
      /** The calls as soon as they satisfy `enough`; after `within_ms` the calls as they are, for the test to judge. */
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
