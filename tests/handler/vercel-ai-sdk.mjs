// Tests Vercel's unmodified `ai` with OpenRouter's provider and with OpenAI's provider.

import { APICallError, generateText, streamText } from "ai";
import { failures } from "../provider/scripts.mjs";
import { equal, failure, ok } from "../scenarios/assert.mjs";
import { WRITER } from "../scenarios/fixtures.mjs";
import { aiOpenAI, aiOpenRouter } from "./clients.mjs";
import { ANSWER, richScripts, SOURCE, TOKENS, threePanelists } from "./fixtures.mjs";
import { all } from "./harness.mjs";

const prompt = "Is the sky blue?";

/** Each way in which `ai` calls the handler: `(served) => (name) => model`. */
const ways = {
  "@openrouter/ai-sdk-provider": (served) => aiOpenRouter(served).chat,
  "@ai-sdk/openai, chat": (served) => aiOpenAI(served).chat,
  "@ai-sdk/openai, responses": (served) => aiOpenAI(served).responses,
};

export default Object.entries(ways).flatMap(([way, modelOf]) => [
  {
    name: `${way}: a whole answer`,
    async run(t) {
      await t.session.script(richScripts());
      const model = modelOf(await t.serve({ defaults: threePanelists }))("openrouter/fusion");
      const { text, finishReason, usage, sources } = await generateText({
        model,
        prompt,
        maxRetries: 0,
      });
      equal(
        [text, finishReason, usage.inputTokens, usage.outputTokens],
        [ANSWER, "stop", TOKENS.prompt, TOKENS.completion],
      );
      equal(
        sources.map(({ url }) => url),
        [SOURCE],
      );
    },
  },
  {
    name: `${way}: a streamed answer`,
    async run(t) {
      await t.session.script(richScripts());
      const model = modelOf(await t.serve({ defaults: threePanelists }))("openrouter/fusion");
      const errors = [];
      const result = streamText({
        model,
        prompt,
        maxRetries: 0,
        onError: ({ error }) => errors.push(error),
      });
      equal((await all(result.textStream)).join(""), ANSWER);
      equal(
        [
          await result.finishReason,
          (await result.usage).totalTokens,
          (await result.sources).map(({ url }) => url),
        ],
        ["stop", TOKENS.prompt + TOKENS.completion, [SOURCE]],
      );
      equal(errors, []);
    },
  },
  {
    name: `${way}: an error has the client's class and the status`,
    async run(t) {
      for (const status of [401, 429]) {
        await t.session.script({ [WRITER]: failures[status] });
        const model = modelOf(await t.serve())(WRITER);
        const whole = await failure(generateText({ model, prompt, maxRetries: 0 }));
        ok(APICallError.isInstance(whole), `${whole.constructor.name} ${whole.message}`);
        equal([whole.statusCode, whole.isRetryable], [status, status === 429]);
        const errors = [];
        await all(
          streamText({ model, prompt, maxRetries: 0, onError: ({ error }) => errors.push(error) })
            .textStream,
        );
        equal(
          errors.map((error) => [APICallError.isInstance(error), error.statusCode]),
          [[true, status]],
        );
      }
    },
  },
]);
