#include <array>

#include <fmt/format.h>

#include "base/exit_code.hpp"
#include "cli/help.hpp"

namespace errand::cli {

namespace {

struct Meaning {
  ErrorKind kind;
  std::string_view when;
};
constexpr std::array meanings = {
    Meaning{ErrorKind::failure, "no answer, or it could not be written; or what was named does not exist"},
    Meaning{ErrorKind::usage, "the command line is wrong"},
    Meaning{ErrorKind::config, "a YAML or settings file is wrong, or names what nobody defined"},
    Meaning{ErrorKind::auth, "no key, or the key was refused"},
    Meaning{ErrorKind::unavailable, "network, overload, rate limit, after the last try"},
    Meaning{ErrorKind::denied, "a permission or the sandbox refused what the task needed"},
    Meaning{ErrorKind::limit, "turns, tokens, money, context window, or a reply cut short"},
    Meaning{ErrorKind::schema, "the answer does not validate"},
    Meaning{ErrorKind::storage, "the store can't be read or written"},
    Meaning{ErrorKind::internal, "a bug"},
    Meaning{ErrorKind::busy, "another process holds the session or the lock"},
    Meaning{ErrorKind::timeout, "--timeout passed"},
    Meaning{ErrorKind::cancelled, "SIGINT; 143 SIGTERM, 129 SIGHUP, 141 stdout was closed"},
};

std::string exit_codes() {
  std::string out = "The exit code says what failed; error.kind in JSON has the same names.\n\n";
  out += fmt::format("{:>5}  {:<12} {}\n", exit_success, "", "there is an answer");
  for (const auto& meaning : meanings) {
    out += fmt::format("{:>5}  {:<12} {}\n", exit_code_of(meaning.kind), name_of(meaning.kind), meaning.when);
  }
  return out;
}

std::string environment() {
  return R"(Variables that errand reads.

  ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, ZAI_API_KEY, PROXY_API_KEY …
                       keys; "errand doctor" tells which are there and work
  ANTHROPIC_BASE_URL, OPENAI_BASE_URL, GEMINI_BASE_URL, ZAI_BASE_URL, PROXY_BASE_URL …
                       other addresses that speak the same protocol
  ERRAND_DATA_DIR      where sessions are kept (--data-dir)
  ERRAND_USER          whose they are (--user); else the login name
  ERRAND_ENV           which .env.NAME files of a trusted project count
  ERRAND_LOG           levels of the log (--log-level)
  OTEL_EXPORTER_OTLP_ENDPOINT …
                       a collector that runs are exported to; errand(1) lists all OTEL_* that are read
  TRACEPARENT, TRACESTATE
                       the trace that runs are a part of
  XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME
                       in place of ~/.config, ~/.local/share, ~/.local/state
  https_proxy, http_proxy, all_proxy, no_proxy
                       proxies, as curl takes them
  CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR
                       certificate authorities to trust in place of the system's
  VISUAL, EDITOR       what Ctrl-G opens in a chat
  NO_COLOR, CLICOLOR_FORCE, TERM, COLORFGBG
                       what the terminal can show

A flag comes before a variable, a variable before .env files, those before config.yaml: the project's, the user's.
"errand config show --origin" tells each value with where it comes from.
)";
}

std::string files() {
  return R"(Files that errand reads, the nearer winning by name: the project's, ~/.config/errand's, the shipped ones.

  agents.yaml, subagents.yaml    who works: errand-agents(5); "errand agents check" lints them
  skills/NAME/SKILL.md           instructions that an agent may load
  config.yaml                    settings, providers, budgets: errand-config(5)
  AGENTS.md, CLAUDE.md           what every prompt of a project begins with
  .agents/commands/NAME.md       slash commands of your own
  .env                           of a project that is trusted ("errand trust")

Files that it writes, readable by their owner alone:

  DATA/USER/errand.db            sessions, runs, usage
  DATA/USER/files/               large results, attachments, snapshots
  DATA/USER/archive/             what was pruned

DATA is --data-dir, ERRAND_DATA_DIR, data_dir in config.yaml, the project's own data directory if it has one of ours,
else ~/.local/share/errand. "errand config path" and "errand doctor" tell which.
)";
}

std::string permissions() {
  return R"text(What a tool call needs before it runs: rules first, then the mode.

  permissions.deny, ask, allow   in agents.yaml and config.yaml, and --deny, --allow: 'Bash(make *)', 'Read(~/.ssh/**)',
                                 'WebFetch(domain:example.com)'; a deny counts before all others, in every mode
  --permission-mode ask          what no rule decides is asked about; without a terminal it is denied
                    auto         what the sandbox contains runs
                    deny         what no rule allows is denied
                    plan         nothing is changed; the agent presents a plan
                    bypass       everything runs

Without a terminal "errand run" never asks: what was denied is listed in the result, and the exit code is 6 when a call
was denied and none succeeded after it. "errand policy test 'Bash(git push)'" tells which rule decides, "errand policy
learn" proposes rules from past denials.
)text";
}

std::string streams() {
  return R"(stdout is the answer, or JSON, and nothing else; stderr is progress, warnings and errors (-q: errors alone).

  errand run "prompt"            words are the prompt
  errand run < file              without words stdin is the prompt
  errand run "prompt" < file     with both, stdin follows the words in a <stdin> block
  errand run "prompt" -f FILE    attaches text, an image or a PDF; - is stdin, however long it takes
  errand run "prompt" </dev/null says that there is no input: a pipe that sends nothing for 10 s is an error
  errand run -o FILE             the answer there, replaced at once and only on success
  errand run --output-format json | stream-json
                                 the result as one object; every event, one on a line
  errand chat < file             each line a prompt, all in one session

On a terminal an answer is streamed; to a pipe or file it is written when the run has ended, so that what was said between
tool calls never mixes in. Control sequences in it are shown, never obeyed.
)";
}

constexpr std::array topics = {
    HelpTopic{"errand-agents", "agents.yaml and subagents.yaml", agents_format},
    HelpTopic{"errand-config", "config.yaml", config_format},
    HelpTopic{"errand-events", "what programs read and write", events_format},
    HelpTopic{"errand-script", "a scripted model", script_format},
    HelpTopic{"errand-test", "a test case", test_format},
    HelpTopic{"environment", "variables that are read", environment},
    HelpTopic{"exit-codes", "what each exit code means", exit_codes},
    HelpTopic{"files", "what is read and written, and where", files},
    HelpTopic{"permissions", "what may run, and who decides", permissions},
    HelpTopic{"streams", "prompts in, answers out", streams},
};

}  // namespace

std::span<const HelpTopic> help_topics() {
  return topics;
}

}  // namespace errand::cli
