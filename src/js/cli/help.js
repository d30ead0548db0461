// The texts of --help.

import presets from "../../data/presets.json" with { type: "json" };

const names = presets.map(({ name }) => name).join(", ");

export const ASK_HELP = `Usage: llm-fuse [options] "question"       asks a panel of models
       llm-fuse serve [options]            serves the panel as an endpoint (llm-fuse serve --help)
       llm-fuse eval tasks.jsonl           measures a fusion on your tasks (llm-fuse eval --help)

Text on stdin is appended to the question. The answer goes to stdout, everything else to stderr.

  -m, --models <names>   the panel, 1 to 8 names with commas; repeat a name to ask it twice
      --preset <name>    ${names}
                         (default with OpenRouter: the first)
      --analyst <model>  compares the answers      (default: the preset's, or the first panelist)
      --writer <model>   writes the final answer   (default: as for the analyst)
      --base-url <url>   an OpenAI-compatible API for the models without a prefix;
                         LLM_FUSE_API_KEY has its key
      --system <text>    a system message
  -f, --file <path>      adds a text file, an image or a PDF to the question; repeatable
      --effort <level>   how much the models think: none, minimal, low, medium, high, xhigh, max
      --no-tools         no web search and no web fetch
      --max-tokens <n>   token limit of each call, reasoning included
      --max-cost <usd>   cost limit of the run; every model needs a price
      --keep <file>      keeps the run in this file while it runs
      --resume <file>    goes on with a kept run, and keeps it in the same file
      --json             prints the result as JSON on stdout
  -q, --quiet            no progress on stderr
      --sample           shows a sample with scripted replies; needs no key and no network
  -h, --help             this text
  -v, --version          the version

Models: openai/gpt-5.5 is a model at OpenRouter, openai:gpt-5.5 one at OpenAI, ollama:NAME one on
this machine. Keys: OPENROUTER_API_KEY, OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY and so on.
Without a key, the models of a running Ollama answer.
Exit codes: 0 done, 1 failed, 2 wrong use, 130 Ctrl-C.
`;

export const SERVE_HELP = `Usage: llm-fuse serve [options]

Serves OpenRouter's API with a panel behind it: /v1/chat/completions, /v1/responses, /v1/messages
and /v1/models. Clients ask for the model openrouter/fusion.

      --port <n>              default 8787; 0 takes a free one
      --host <address>        default 127.0.0.1; anything but loopback needs a client key
      --client-key <key>      clients must send it; also LLM_FUSE_CLIENT_KEY, which ps does not show
      --allow-origin <url>    pages of this origin may call; repeatable
      --allow-host <name>     clients may call the server by this name; repeatable
      --max-cost <usd>        cost limit of each request
      --progress              chat clients see the panel's progress as the answer's thinking
  -m, --models, --preset, --analyst, --writer, --base-url, --effort, --no-tools, --max-tokens
                              the panel of a request that names none; as for llm-fuse --help
  -q, --quiet                 no line for each request
  -h, --help                  this text

Ctrl-C lets the open requests end. A second Ctrl-C ends them.
`;

export const EVAL_HELP = `Usage: llm-fuse eval [options] tasks.jsonl

Answers each task with each member alone, with a self-fusion and with the fusion. A grader compares
the answers blindly, in both orders. Prints a report, and writes it as Markdown, JSON and HTML.
A task is a line: { "prompt" or "messages", "reference"?, "rubric"?, "id"? }

      --grader <model>           judges; should not be of a panelist's family
      --grader-max-tokens <n>    token limit of each grading                  (default 8000)
      --request <file>           JSON with further fields of the fusion's request, such as
                                 { "analyst": { "passes": 2 } }
      --prices <file>            JSON with prices by model, for providers without a list
      --out <folder>             keeps the calls and the reports      (default: tasks-eval)
      --parallel <n>             runs and gradings at the same time   (default 4)
      --max-cost <usd>           cost limit of the whole evaluation; every model needs a price
  -y, --yes                      starts without a question
  -m, --models, --preset, --analyst, --writer, --base-url, --effort, --no-tools, --max-tokens
                                 the fusion; as for llm-fuse --help
  -q, --quiet                    no progress on stderr
  -h, --help                     this text

After a stop, the same command goes on. No finished call is repeated.
`;
