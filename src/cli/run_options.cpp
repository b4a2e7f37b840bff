#include "cli/run_options.hpp"

#include <fmt/format.h>

namespace errand::cli {

void RunArguments::declare(Options& options) {
  declare_agent(options);
  declare_session(options);
  declare_streams(options);
  declare_limits(options);
}

void RunArguments::declare_agent(Options& options) {
  options.group("Agent and model");
  options.text("-a,--agent", agent, "ID", "the agent; \"errand agents\" lists them");
  options.list("--var", variables, "NAME=VALUE", "fill a variable of the agent's prompts");
  options.text("-m,--model", model, "MODEL",
               "alias, provider/model, scripted/FILE, replay/FILE, or a comma list to fall back along");
  options.choice("--effort", effort, {"none", "minimal", "low", "medium", "high", "max"}, "how hard the model thinks");
  options.text("--system-prompt", system_prompt, "TEXT|@FILE", "in place of all other system prompts");
  options.text("--append-system-prompt", append_system_prompt, "TEXT|@FILE", "after the agent's own");
}

void RunArguments::declare_session(Options& options) {
  options.group("Session");
  options.flag("-c,--continue", continue_newest, "go on with the newest session of this project");
  options.text("-r,--resume", resume, "REF", "go on with a session: id, prefix, name, latest, -2");
  options.flag("--fork", fork, "with -c or -r: a new session that starts where that one stands");
  options.text("--name", name, "TEXT", "name the new session");
  options.flag("--no-session", no_session, "keep nothing");
  options.choice("--if-running", if_running, {"fail", "skip", "wait", "fork"},
                 "when another process has the session or the lock; default fail");
}

void RunArguments::declare_streams(Options& options) {
  options.group("Input and output");
  options.list("-f,--file", files, "PATH", "attach text, an image or a PDF; - is stdin");
  options.choice("--output-format", output_format, {"text", "json", "stream-json"}, "what stdout gets");
  options.choice("--input-format", input_format, {"text", "stream-json"},
                 "what stdin holds; stream-json: a program that holds the conversation, see errand-events(5)");
  options.text("-o,--output", output, "FILE", "write the answer there, only on success");
  options.text("--output-schema", output_schema, "FILE|JSON", "the answer is JSON that follows this schema, or exit 8");
  options.flag("--code", code, "print the first code block of the answer alone; exit 1 when there is none");
  options.flag("--changed-only", changed_only, "print an answer only when it is another than the last to this prompt");
  options.text("--on-fail", on_fail, "CMD", "what /bin/sh starts after a failure; the message is its stdin");
  options.flag("--dry-run", dry_run, "print the first request as JSON; nothing is sent or kept");
  declare_recording(options);
}

void RunArguments::declare_recording(Options& options) {
  options.text("--record", record, "FILE", "keep there what goes to and from the model APIs, without keys");
  options.text("--replay", replay, "FILE", "let a recording answer: no key, no network");
  options.flag("--replay-strict", replay_strict, "a request that is not the recorded one is an error");
}

void RunArguments::declare_limits(Options& options) {
  options.group("Tools and limits");
  options.text("--tools", tools, "LIST", "only these tools, separated by commas; none for none");
  options.list("--allow", allow, "RULE", "a permission rule, such as 'Bash(make *)'");
  options.list("--deny", deny, "RULE", "a rule that holds in every mode");
  options.choice("--permission-mode", permission_mode, {"ask", "auto", "deny", "plan", "bypass"},
                 "what happens to calls no rule decides");
  options.choice("--sandbox", sandbox, {"on", "off"}, "off: commands run unconfined");
  options.number("--max-turns", max_turns, 1, "requests to the model at most");
  options.number("--max-tokens", max_tokens, 1, "tokens at most, subagents included");
  options.money("--max-cost", max_cost, "money at most, subagents included");
  options.duration("--timeout", timeout, "for the whole run");
  options.duration("--wait-for-quota", wait_for_quota, "wait that long in all for rate limits, rather than fail");
  options.list("--add-dir", add_dirs, "DIR", "a further directory tools may write in");
  options.text("-C,--cd", directory, "DIR", "work there");
}

void RunArguments::declare_start(Options& options) {
  options.group("Other runs");
  options.text("--lock", lock, "NAME", "hold this lock for the run: one process at a time has it");
  options.flag("--detach", detach, "print the run's id and let it go on by itself; see errand runs");
}

Result<void> RunArguments::check() const {
  if (continue_newest && resume)
    return fail(ErrorKind::usage, "-c and -r say two different sessions", "give one of them");
  if (fork && !continue_newest && !resume)
    return fail(ErrorKind::usage, "--fork forks nothing", "give -c or -r REF with it");
  if (record && replay) {
    return fail(ErrorKind::usage, "--record and --replay exclude each other: a replay has nothing new to keep");
  }
  if (code && output_schema) {
    return fail(ErrorKind::usage, "--code and --output-schema exclude each other: a JSON answer is no code block");
  }
  if (changed_only && no_session) {
    return fail(ErrorKind::usage,
                "--changed-only and --no-session exclude each other: nothing would be kept to compare");
  }
  if (takes_events() && output_format && *output_format != "stream-json") {
    return fail(ErrorKind::usage, "--input-format stream-json asks by events, so the output is stream-json too",
                "leave --output-format out");
  }
  if (takes_events() && (detach || dry_run || output)) {
    return fail(ErrorKind::usage,
                "--input-format stream-json holds a conversation: not with -o, --detach or --dry-run");
  }
  if (dry_run && (detach || output)) {
    return fail(ErrorKind::usage, "--dry-run has no answer, so it can't go with -o or --detach");
  }
  if (no_session && (continue_newest || resume || name)) {
    return fail(ErrorKind::usage, "--no-session keeps nothing, so it can't go with -c, -r or --name");
  }
  if (name && (continue_newest || resume) && !fork) {
    return fail(ErrorKind::usage, "--name names a new session", "with -c or -r give --fork too");
  }
  if (if_running == "fork" && !continue_newest && !resume && lock) {
    return fail(ErrorKind::usage, "--if-running fork forks a session, and --lock names none",
                "give -c or -r REF with it, or use --if-running wait or skip");
  }
  if (detach && no_session) {
    return fail(ErrorKind::usage, "--detach and --no-session exclude each other: nobody could ask what became of it");
  }
  return {};
}

IfRunning RunArguments::when_busy() const {
  if (if_running == "skip") return IfRunning::skip;
  if (if_running == "wait") return IfRunning::wait;
  return if_running == "fork" ? IfRunning::fork : IfRunning::fail;
}

OutputFormat RunArguments::format() const {
  if (output_format == "json") return OutputFormat::json;
  if (output_format == "stream-json" || takes_events()) return OutputFormat::stream_json;
  return OutputFormat::text;
}

Result<std::map<std::string, std::string>> RunArguments::variable_map() const {
  std::map<std::string, std::string> out;
  for (const auto& pair : variables) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorKind::usage, fmt::format("--var \"{}\" is not NAME=VALUE", pair));
    }
    out[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return out;
}

}  // namespace errand::cli
