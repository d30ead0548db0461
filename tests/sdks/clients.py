"""Runs the Python SDKs with their default retries.

In: a list of jobs as JSON on stdin. A job has `id`, `client`, `url`, `key`, `timeout_s`, `stream`,
`headers` and `strict`. If `strict` is true, Pydantic validates each answer and each event.

Out: a list of `{id, text?, error?, warnings}` as JSON on stdout.
"""

import json
import os
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # no download at the import

import anthropic
import litellm
import openai

litellm.suppress_debug_info = True
litellm.telemetry = False
MODEL = "openrouter/fusion"
MESSAGES = [{"role": "user", "content": "Is the sky blue?"}]


def checked(job, value):
    """Serialises and validates a value, if the job is strict."""
    if job["strict"]:
        value.model_dump_json()
        type(value).model_validate(value.model_dump(mode="json"))
    return value


def openai_client(job):
    return openai.OpenAI(
        api_key=job["key"], base_url=job["url"] + "/v1", timeout=job["timeout_s"]
    )


def openai_chat(job):
    create = openai_client(job).chat.completions.create
    if not job["stream"]:
        return checked(job, create(model=MODEL, messages=MESSAGES)).choices[0].message.content
    chunks = create(model=MODEL, messages=MESSAGES, stream=True)
    parts = [checked(job, chunk).choices for chunk in chunks]
    return "".join(choices[0].delta.content or "" for choices in parts if choices)


def openai_responses(job):
    create = openai_client(job).responses.create
    question = MESSAGES[0]["content"]
    if not job["stream"]:
        return checked(job, create(model=MODEL, input=question)).output_text
    events = [checked(job, event) for event in create(model=MODEL, input=question, stream=True)]
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def anthropic_messages(job):
    client = anthropic.Anthropic(
        api_key=job["key"], base_url=job["url"], timeout=job["timeout_s"]
    )
    asked = {"model": MODEL, "messages": MESSAGES, "max_tokens": 500}
    if not job["stream"]:
        return checked(job, client.messages.create(**asked)).content[-1].text
    with client.messages.stream(**asked) as stream:
        for event in stream:
            checked(job, event)
        return checked(job, stream.get_final_message()).content[-1].text


def litellm_client(route):
    def run(job):
        base = job["url"] + ("/v1" if route == "openai" else "")
        answer = litellm.completion(
            model=f"{route}/{MODEL}",
            api_key=job["key"],
            base_url=base,
            messages=MESSAGES,
            timeout=job["timeout_s"],
            stream=job["stream"],
            extra_headers=job["headers"] or None,
        )
        if not job["stream"]:
            return checked(job, answer).choices[0].message.content
        return "".join(chunk.choices[0].delta.content or "" for chunk in answer)

    return run


CLIENTS = {
    "openai, chat": openai_chat,
    "openai, responses": openai_responses,
    "anthropic": anthropic_messages,
    "litellm, openai": litellm_client("openai"),
    "litellm, anthropic": litellm_client("anthropic"),
}


def run(job):
    result = {"id": job["id"]}
    try:
        result["text"] = CLIENTS[job["client"]](job)
    except Exception as error:  # the error is the result
        result["error"] = f"{type(error).__module__}.{type(error).__name__}: {error}"[:500]
    return result


def main():
    jobs = json.load(sys.stdin)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(run, [job for job in jobs if not job["strict"]]))
    # Warnings are recorded for the whole process, so strict jobs run one after the other.
    for job in jobs:
        if job["strict"]:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                results.append({**run(job), "warnings": [str(one.message) for one in caught]})
    json.dump(results, sys.stdout)


main()
