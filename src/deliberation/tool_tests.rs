//! Tools that run here, parameters that are refused, and panels of several providers, in whole runs.

use crate::json::{Value, json, value_of};

use crate::deliberation::tests::{Act, Play, play, says};
use crate::error::Code;
use crate::plan::{Plan, RandomInputs};
use crate::request::{Options, Request};

const HANDLERS: [&str; 5] = ["web_search", "web_fetch", "slow", "broken", "own"];

fn own(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}})
}

/// One panelist, `a`, who may search; `judge` compares and `pen` writes.
fn research(acts: Vec<Vec<Act>>, more: Value) -> Play {
    let mut request = json!({"prompt": "q", "analysis_models": ["a"], "analyst": {"model": "judge", "tools": []}, "writer": "pen"});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request["options"] = json!({"baseURL": "http://127.0.0.1:1/v1", "toolHandlers": HANDLERS});
    let scripts = [("a", acts), ("judge", vec![crate::deliberation::tests::analysis()]), ("pen", vec![says(1, "the end")])];
    play(request, &scripts, None)
}

fn of_type<'a>(play: &'a Play, kind: &str) -> Vec<&'a Value> {
    play.events.iter().filter(|event| event["type"] == kind).collect()
}

fn asked_of_a(play: &Play) -> Vec<Value> {
    play.stage.asked.borrow().iter().filter(|body| body["model"] == "a").cloned().collect()
}

fn results(body: &Value) -> Vec<&str> {
    body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["role"] == "tool")
        .map(|message| message["content"].as_str().unwrap())
        .collect()
}

#[test]
fn tools_run_side_by_side_and_the_model_goes_on_from_their_results() {
    let turn = vec![
        Act::Say(1, "Let me see. ".into()),
        Act::Call(&[("web_search", r#"{"query":"q"}"#), ("web_fetch", r#"{"url":"https://p.example"}"#)]),
    ];
    let play = research(vec![turn, says(1, "Found it.")], json!({}));
    play.check();
    let result = play.outcome.as_ref().unwrap();
    assert_eq!(result.responses[0].content, "Let me see. \n\nFound it.");
    let urls: Vec<_> = result.responses[0].sources.iter().map(|source| source.url.as_str()).collect();
    assert_eq!(urls, ["https://found.example", "https://p.example"]);
    assert_eq!(result.responses[0].usage.cost.unwrap().to_number().as_str(), "0.2");
    let told: Vec<_> = of_type(&play, "panelist.tool").iter().map(|event| format!("{} {}", event["tool"], event["status"])).collect();
    assert_eq!(told.iter().filter(|told| told.contains("started")).count(), 2);
    assert_eq!(told.iter().filter(|told| told.contains("completed")).count(), 2);
    let asked = asked_of_a(&play);
    assert_eq!(asked[0]["tools"].as_array().unwrap().len(), 2);
    assert_eq!(results(&asked[1]), ["found", r#"web_fetch {"url":"https://p.example"} Some(0)"#]);
    assert_eq!(asked[1]["messages"][1]["content"], "Let me see.");
}

#[test]
fn what_goes_wrong_with_a_tool_is_told_to_the_model_and_costs_a_step() {
    let calls = [("web_search", "not json"), ("nobody", "{}"), ("broken", "{}"), ("slow", "{}"), ("own", ""), ("web_search", "[]")];
    let tools = json!({"tools": [{"type": "openrouter:web_search"}, own("slow"), own("broken"), own("own")]});
    let play = research(vec![vec![Act::Call(Box::leak(Box::new(calls)))], says(1, "anyway")], tools);
    play.check();
    assert_eq!(play.outcome.as_ref().unwrap().responses[0].content, "anyway");
    let asked = asked_of_a(&play);
    let told = results(&asked[1]);
    assert!(told[0].contains("no JSON object") && told[5].contains("no JSON object"), "{told:?}");
    assert!(told[1].contains("no tool `nobody`; there are: web_search, slow, broken, own"), "{told:?}");
    assert_eq!((told[2], told[4]), ("error: out of order", "own {} Some(0)"));
    assert!(told[3].contains("no result within 60000 ms"), "{told:?}");
    assert_eq!(of_type(&play, "panelist.tool").iter().filter(|event| event["status"] == "failed").count(), 5);
}

#[test]
fn after_the_last_step_there_is_a_turn_without_tools() {
    let greedy = || vec![Act::Call(&[("web_search", "{}")])];
    let play = research(vec![greedy(), greedy(), says(1, "enough")], json!({"max_tool_calls": 2}));
    play.check();
    let asked = asked_of_a(&play);
    assert_eq!(asked.iter().map(|body| body["tool_choice"].clone()).collect::<Vec<_>>(), [Value::Null, Value::Null, json!("none")]);
    assert_eq!(play.outcome.as_ref().unwrap().responses[0].content, "enough");

    // One that asks all the same may know no `tool_choice`: then there is nothing to ask for. If that does not help, it has said nothing.
    let offers = |play: &Play| {
        asked_of_a(play).iter().map(|body| (body.get("tools").is_some(), body.get("tool_choice").is_some())).collect::<Vec<_>>()
    };
    let play = research(vec![greedy(), greedy(), says(1, "well")], json!({"max_tool_calls": 1}));
    play.check();
    assert_eq!(
        (&*play.outcome.as_ref().unwrap().responses[0].content, offers(&play)),
        ("well", vec![(true, false), (true, true), (false, false)])
    );
    assert_eq!(of_type(&play, "warning").len(), 0);
    let play = research(vec![greedy()], json!({"max_tool_calls": 1}));
    play.check();
    assert_eq!((play.outcome.as_ref().unwrap_err().code, asked_of_a(&play).len()), (Code::EmptyResponse, 3));
}

#[test]
fn a_call_that_fails_between_tools_is_repeated_with_what_they_found() {
    let turn = vec![Act::Say(1, "Hm.".into()), Act::Call(&[("web_search", "{}")])];
    let play = research(vec![turn, vec![Act::Status(503)], says(1, "Here.")], json!({}));
    play.check();
    let asked = asked_of_a(&play);
    assert_eq!(asked.iter().map(|body| results(body).len()).collect::<Vec<_>>(), [0, 1, 1]);
    let response = &play.outcome.as_ref().unwrap().responses[0];
    assert_eq!((&*response.content, response.sources.len()), ("Hm.\n\nHere.", 1));
    let deltas: String = play
        .events
        .iter()
        .rev()
        .take_while(|event| event["type"] != "panelist.started")
        .filter(|event| event["type"] == "panelist.delta")
        .map(|event| event["delta"].as_str().unwrap().to_owned())
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    assert_eq!(deltas, "Hm.\n\nHere.", "what an attempt is told of is what its answer holds");
}

#[test]
fn each_turn_may_be_repeated_as_often_as_any_call() {
    let (busy, search) = (|| vec![Act::Status(503)], || vec![Act::Call(&[("web_search", "{}")])]);
    let acts = |last: Vec<Vec<Act>>| [vec![busy(), search(), busy(), search(), busy()], last].concat();
    let play = research(acts(vec![says(1, "Here.")]), json!({"max_retries": 1}));
    play.check();
    assert_eq!((play.outcome.as_ref().unwrap().responses[0].content.as_str(), asked_of_a(&play).len()), ("Here.", 6));
    let play = research(acts(vec![busy(), says(1, "Here.")]), json!({"max_retries": 1}));
    assert_eq!((play.outcome.as_ref().unwrap_err().code, asked_of_a(&play).len()), (Code::ProviderError, 6));
}

#[test]
fn a_parameter_that_is_refused_by_name_is_left_out_with_a_warning() {
    let refuse =
        |field: &str| vec![Act::Refuse(400, json!({"error": {"message": format!("Unsupported parameter: '{field}'"), "param": field}}))];
    let play = research(
        vec![refuse("temperature"), refuse("reasoning_effort"), says(1, "fine")],
        json!({"temperature": 1, "reasoning": {"effort": "low"}}),
    );
    play.check();
    let asked = asked_of_a(&play);
    let has: Vec<_> = asked.iter().map(|body| (body.get("temperature").is_some(), body.get("reasoning_effort").is_some())).collect();
    assert_eq!(has, [(true, true), (false, true), (false, false)]);
    let warned: Vec<_> = of_type(&play, "warning").iter().map(|event| event["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(warned, ["parameter_dropped", "parameter_dropped"]);
    assert_eq!(of_type(&play, "panelist.started").len(), 1, "no attempt was lost");

    // The same field twice, or one that nothing can do without, is the request's fault.
    for field in ["model", "temperature"] {
        let play = research(vec![refuse(field)], json!({"temperature": 1}));
        assert_eq!(play.outcome.as_ref().unwrap_err().code, Code::InvalidRequest);
    }
}

#[test]
fn a_limit_that_is_too_high_is_said_so_where_none_is_no_choice() {
    let said = "max_tokens: 64001 > 64000, which is the maximum";
    let request = json!({"prompt": "q", "analysis_models": [{"provider": "mine", "model": "a"}], "analyst": "judge", "writer": "pen",
        "options": {"baseURL": "http://127.0.0.1:1/v1", "providers": {"mine": {"baseURL": "http://127.0.0.1:2/v1", "dialect": "messages"}}}});
    let play = play(request, &[("a", vec![vec![Act::Refuse(400, json!({"error": {"message": said}}))]])], None);
    assert_eq!(asked_of_a(&play).len(), 1, "it is not asked again without a limit");
    assert!(play.outcome.unwrap_err().message.contains(said));
}

#[test]
fn a_writers_calls_are_the_callers_unless_they_run_here() {
    let request = |tools: Value| {
        json!({"messages": [{"role": "user", "content": "q"}], "convene": false, "writer": {"model": "pen", "tools": tools, "tool_choice": "required"},
        "options": {"baseURL": "http://127.0.0.1:1/v1", "toolHandlers": ["own"]}})
    };
    let both = vec![vec![Act::Call(&[("own", "{\"a\":1}"), ("theirs", "{}")])], says(1, "done")];
    let play_both = play(request(json!([own("own"), own("theirs")])), &[("pen", both)], None);
    play_both.check();
    let result = play_both.outcome.as_ref().unwrap();
    let calls: Vec<_> = result.tool_calls.iter().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect();
    assert_eq!((calls, &*result.answer), (vec![("c0", "own", "{\"a\":1}"), ("c1", "theirs", "{}")], ""));
    assert_eq!(of_type(&play_both, "answer.tool_call").len(), 2);
    assert_eq!(value_of(&play_both.recorder.snapshot())["answer"]["tool_calls"][1]["name"], "theirs");

    let play_own = play(request(json!([own("own")])), &[("pen", vec![vec![Act::Call(&[("own", "{}")])], says(1, "done")])], None);
    let asked = play_own.stage.asked.borrow();
    assert_eq!((asked[0]["tool_choice"].clone(), asked[1].get("tool_choice")), (json!("required"), None));
    assert_eq!(results(&asked[1]), ["own {} None"]);
    assert_eq!(play_own.outcome.as_ref().unwrap().answer, "done");
}

fn plan(request: Value, options: Value) -> Result<Plan, String> {
    let planned = Request::parse(&request).and_then(|request| Plan::new(request, Options::parse(&options)?, RandomInputs::default()));
    planned.map_err(|error| error.message.clone())
}

#[test]
fn a_model_finds_its_provider_by_prefix_or_by_name() {
    let options = json!({"baseURL": "http://h/v1", "providers": {"openai": {"apiKey": "k"}, "mine": {"baseURL": "https://m.example/v1", "dialect": "messages"}, "here": {"fetch": true}}});
    let models = json!(["openai:gpt-5", "mine:x:y", {"model": "x:y", "provider": "mine"}, "llama3.2:3b", "ollama:llama3.2:3b", {"model": "m", "provider": "here", "fallbacks": ["n", "openai:o"]}]);
    let plan = plan(json!({"prompt": "q", "analysis_models": models}), options).unwrap();
    let seen: Vec<_> = plan.candidates().iter().map(|model| format!("{} {} {}", model.name, model.provider.name, model.model)).collect();
    let expected = [
        "openai:gpt-5 openai gpt-5",
        "mine:x:y mine x:y",
        "x:y mine x:y",
        "llama3.2:3b h llama3.2:3b",
        "ollama:llama3.2:3b ollama llama3.2:3b",
        "m here m",
        "n here n",
        "openai:o openai o",
        "openai:gpt-5 openai gpt-5",
        "openai:gpt-5 openai gpt-5",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn every_provider_gets_the_tools_it_hosts_and_callbacks_for_the_rest() {
    let options = json!({"apiKey": "k", "toolHandlers": ["web_search", "web_fetch"], "providers": {"openai": {"apiKey": "k"}, "anthropic": {"apiKey": "k"}, "xai": {"apiKey": "k"}, "google": {"apiKey": "k"}}});
    let models = json!(["a/b", "openai:o", "anthropic:c", "xai:g", "google:g", "ollama:l", {"model": "openai:o", "tools": []}]);
    let plan = plan(json!({"prompt": "q", "analysis_models": models}), options).unwrap();
    let offers: Vec<_> = plan
        .panel
        .iter()
        .map(|player| &player.models[0].offer)
        .map(|offer| {
            let hosted: Vec<_> = offer.hosted.iter().map(|tool| tool["type"].as_str().unwrap()).collect();
            let functions: Vec<_> = offer.functions.iter().map(|tool| tool["function"]["name"].as_str().unwrap()).collect();
            format!("{} | {}", hosted.join(" "), functions.join(" "))
        })
        .collect();
    let expected = [
        "openrouter:web_search openrouter:web_fetch | ",
        "web_search | ",
        "web_search_20250305 web_fetch_20250910 | ",
        "web_search | ",
        " | web_search web_fetch",
        " | web_search web_fetch",
        " | ",
    ];
    assert_eq!(offers, expected);
}

#[test]
fn providers_at_one_plain_host_share_its_connections() {
    let options = json!({"baseURL": "HTTP://h:1/v1", "providers": {
        "a": {"baseURL": "http://h:1/anthropic", "dialect": "messages"},
        "own": {"baseURL": "http://h:1/v1", "max_concurrency": 2},
        "far": {"baseURL": "https://h:1/v1"},
        "here": {"fetch": true},
    }});
    let models = json!(["m", "a:m", "own:m", "far:m", "here:m", "ollama:m"]);
    let plan = plan(json!({"prompt": "q", "analysis_models": models}), options).unwrap();
    let queues: Vec<_> = plan.panel.iter().map(|player| player.models[0].provider.concurrency_key()).collect();
    let (h, local) = (("h:1", Some(6)), ("localhost:11434", Some(6)));
    assert_eq!(queues, [h, h, ("own", Some(2)), ("far", None), ("here", None), local]);
}

#[test]
fn what_cannot_work_is_refused_before_any_call() {
    let table = [
        (json!({"prompt": "q"}), json!({}), "`apiKey` is missing; OpenRouter needs one"),
        (json!({"prompt": "q", "analysis_models": ["openai:o"]}), json!({}), "`providers.openai.apiKey` is missing"),
        (
            json!({"prompt": "q", "analysis_models": [{"model": "o", "provider": "nobody"}]}),
            json!({"apiKey": "k"}),
            "`analysis_models[0].provider` is `nobody`",
        ),
        (
            json!({"prompt": "q", "analysis_models": ["openrouter:openrouter/fusion"]}),
            json!({"apiKey": "k"}),
            "`analysis_models[0]` must not be",
        ),
        (
            json!({"prompt": "q", "analysis_models": ["ollama:l"], "tools": [{"type": "openrouter:web_search"}]}),
            json!({}),
            "`tools[0]` is not hosted by `ollama`",
        ),
        (json!({"prompt": "q", "analysis_models": ["ollama:l"], "tools": [own("own")]}), json!({}), "`toolHandlers.own` is missing"),
        (
            json!({"prompt": "q", "analysis_models": ["ollama:l"], "reasoning": {"max_tokens": 9}}),
            json!({}),
            "`reasoning.max_tokens` is for",
        ),
        (
            json!({"prompt": "q", "analysis_models": ["ollama:l"], "writer": {"model": "openai:o", "stop": "x"}}),
            json!({"providers": {"openai": {"apiKey": "k"}}}),
            "`writer.stop` does not exist",
        ),
    ];
    for (request, options, expected) in table {
        let message = plan(request.clone(), options).map(|_| ()).unwrap_err();
        assert!(message.contains(expected), "{request}: {message}");
    }
}
