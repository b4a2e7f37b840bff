#include "config/script.hpp"

#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "chat/names.hpp"
#include "config/reader.hpp"
#include "config/script_reader.hpp"
#include "config/yaml_json.hpp"

namespace errand::config {

namespace {

using chat::Script;
using yaml::Node;

// --- the parts of a reply ---

void set_tool_name(const Node& node, Script::Use& use, Reader& reader) {
  if (auto name = reader.word(node)) use.name = *std::move(name);
}

// Text is sent as it stands, so that a script can show what happens to arguments that are no JSON.
void set_tool_input(const Node& node, Script::Use& use, Reader& reader) {
  if (node.kind == yaml::Kind::scalar) {
    use.input = node.text;
  } else if (reader.is_map(node)) {
    use.input = chat::dump(yaml::to_json(node));
  }
}

using UseKey = Key<Script::Use>;
constexpr std::array use_keys = {
    UseKey{"name", "tool", "", "The tool the model calls", set_tool_name},
    UseKey{"input", "map, or JSON text", "{}", "Its arguments", set_tool_input},
};

constexpr std::array<std::string_view, 6> error_kinds = {"failure", "auth",    "unavailable",
                                                         "limit",   "timeout", "internal"};

void set_error_kind(const Node& node, Error& error, Reader& reader) {
  if (std::ranges::find(error_kinds, node.text) == error_kinds.end()) return reader.wrong_word(node, error_kinds);
  error.kind = *error_kind_named(node.text);
}

void set_error_message(const Node& node, Error& error, Reader& reader) {
  if (auto message = reader.word(node)) error.message = *std::move(message);
}

void set_error_hint(const Node& node, Error& error, Reader& reader) {
  if (auto hint = reader.text(node)) error.hint = *std::move(hint);
}

void set_error_retryable(const Node& node, Error& error, Reader& reader) {
  if (const auto value = reader.boolean(node)) error.retryable = *value;
}

using ErrorKey = Key<Error>;
constexpr std::array error_keys = {
    ErrorKey{"kind", "error kind", "unavailable", "What fails", set_error_kind},
    ErrorKey{"message", "text", "", "What is said of it", set_error_message},
    ErrorKey{"hint", "text", "", "What to do", set_error_hint},
    ErrorKey{"retryable", "true or false", "false", "Whether the same may succeed later", set_error_retryable},
};

using Parts = std::vector<Script::Part>;

void add_text(const Node& node, Parts& parts, Reader& reader) {
  if (auto text = reader.text(node)) parts.emplace_back(Script::Say{*std::move(text)});
}

void add_thinking(const Node& node, Parts& parts, Reader& reader) {
  if (auto text = reader.text(node)) parts.emplace_back(Script::Think{*std::move(text)});
}

void add_tool_use(const Node& node, Parts& parts, Reader& reader) {
  Script::Use use{"", "{}"};
  read_map<Script::Use>(node, use_keys, use, reader);
  if (node.kind == yaml::Kind::map && node.find("name") == nullptr) {
    reader.mistake(node.mark, reader.name() + " has no name", "name the tool the model calls");
  }
  parts.emplace_back(std::move(use));
}

void add_delay(const Node& node, Parts& parts, Reader& reader) {
  if (const auto duration = reader.duration(node, std::chrono::milliseconds{0}))
    parts.emplace_back(Script::Wait{*duration});
}

void add_error(const Node& node, Parts& parts, Reader& reader) {
  Error error{.kind = ErrorKind::unavailable,
              .message = "the script says so",
              .hint = {},
              .where = std::nullopt,
              .context = {}};
  read_map<Error>(node, error_keys, error, reader);
  parts.emplace_back(Script::Fail{std::move(error)});
}

using PartKey = Key<Parts>;
constexpr std::array part_keys = {
    PartKey{"text", "text", "", "Text of the answer", add_text},
    PartKey{"thinking", "text", "", "Thinking", add_thinking},
    PartKey{"tool_use", "map", "", "A tool call", add_tool_use, PartKey::Use::group},
    PartKey{"delay", "duration", "", "A pause", add_delay},
    PartKey{"error", "map", "", "A failure of the model", add_error, PartKey::Use::group},
};

// --- turns ---

template <std::string Script::Turn::*field>
void set_pattern(const Node& node, Script::Turn& turn, Reader& reader) {
  if (auto pattern = reader.word(node)) turn.*field = *std::move(pattern);
}

using TurnKey = Key<Script::Turn>;
constexpr std::array when_keys = {
    TurnKey{"user", "regular expression", "", "Must match the newest user text", set_pattern<&Script::Turn::when_user>},
    TurnKey{"tool_result", "regular expression", "", "Must match the newest tool result",
            set_pattern<&Script::Turn::when_tool_result>},
};

void set_when(const Node& node, Script::Turn& turn, Reader& reader) {
  read_map<Script::Turn>(node, when_keys, turn, reader);
}

void set_reply(const Node& node, Script::Turn& turn, Reader& reader) {
  if (!reader.is_list(node)) return;
  for (const auto& item : node.items) {
    read_map<Parts>(item, part_keys, turn.reply, reader);
    if (item.kind == yaml::Kind::map && item.keys.size() != 1) {
      reader.mistake(item.mark, fmt::format("a part of {} must have one key, not {}", reader.name(), item.keys.size()),
                     "write each of text, thinking, tool_use, delay and error as an item of its own");
    }
  }
}

constexpr std::array<std::string_view, 7> stop_reasons = {
    "end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal", "pause_turn", "model_context_window_exceeded"};

void set_stop_reason(const Node& node, Script::Turn& turn, Reader& reader) {
  if (std::ranges::find(stop_reasons, node.text) == stop_reasons.end()) return reader.wrong_word(node, stop_reasons);
  turn.stop_reason = chat::stop_reason_named(node.text);
}

template <std::int64_t chat::Usage::*field>
void set_usage_of(const Node& node, chat::Usage& usage, Reader& reader) {
  if (const auto value = reader.integer(node, 0, 1'000'000'000)) usage.*field = *value;
}

using UsageKey = Key<chat::Usage>;
constexpr std::array usage_keys = {
    UsageKey{"input", "whole number", "0", "Tokens of the prompt", set_usage_of<&chat::Usage::input>},
    UsageKey{"output", "whole number", "0", "Tokens of the reply", set_usage_of<&chat::Usage::output>},
    UsageKey{"cache_read", "whole number", "0", "Tokens read from the cache", set_usage_of<&chat::Usage::cache_read>},
    UsageKey{"cache_write", "whole number", "0", "Tokens written to the cache",
             set_usage_of<&chat::Usage::cache_write>},
    UsageKey{"reasoning", "whole number", "0", "Tokens of thinking, among those of the reply",
             set_usage_of<&chat::Usage::reasoning>},
};

void set_usage(const Node& node, Script::Turn& turn, Reader& reader) {
  turn.usage.emplace();
  read_map<chat::Usage>(node, usage_keys, *turn.usage, reader);
}

constexpr std::array turn_keys = {
    TurnKey{"when", "map", "", "When this turn is taken; absent: always", set_when, TurnKey::Use::group},
    TurnKey{"reply", "list of parts", "", "What the model says and does", set_reply},
    TurnKey{"stop_reason", "stop reason", "", "Why the reply ends; absent: by what it holds", set_stop_reason},
    TurnKey{"usage", "map", "", "The tokens it reports", set_usage, TurnKey::Use::group},
};

void set_turns(const Node& node, Script& script, Reader& reader) {
  if (!reader.is_list(node)) return;
  for (const auto& item : node.items) {
    Script::Turn turn;
    read_map<Script::Turn>(item, turn_keys, turn, reader);
    if (item.kind == yaml::Kind::map && item.find("reply") == nullptr) {
      reader.mistake(item.mark, fmt::format("a turn of {} has no reply", reader.name()),
                     "write reply: [ { text: … } ]");
    }
    script.turns.push_back(std::move(turn));
  }
}

using ScriptKey = Key<Script>;
constexpr std::array top_keys = {ScriptKey{"turns", "list of turns", "", "Tried in order, each used once", set_turns}};

template <class T>
void add_keys(std::string_view prefix, std::span<const Key<T>> table, std::vector<DefinitionKey>& out) {
  for (const auto& key : table) {
    out.push_back({fmt::format("{}{}", prefix, key.name), key.type, key.built_in, key.description});
  }
}

}  // namespace

Script read_script(const Node& root, Reader& reader) {
  Script out;
  if (root.kind == yaml::Kind::null) {
    reader.mistake({1, 1}, "the script holds no turns", "write turns: [ { reply: [ { text: … } ] } ]");
    return out;
  }
  read_map<Script>(root, top_keys, out, reader);
  if (root.kind == yaml::Kind::map && root.find("turns") == nullptr) {
    reader.mistake(root.mark, "the script has no turns", "write turns: [ { reply: [ { text: … } ] } ]");
  }
  return out;
}

Result<Script> load_script(const std::string& path) {
  auto text = read_file(path, yaml::max_bytes);
  if (!text) {
    auto error = std::move(text).error();
    error.kind = ErrorKind::config;
    return fail(std::move(error).within("while reading the script of a scripted model"));
  }
  Findings findings;
  const auto document = yaml::parse(*text, path, findings.mistakes);
  Reader reader(path, parent_path(path), findings);
  Script out;
  if (document.usable) out = read_script(document.root, reader);
  if (!findings.mistakes.empty()) return fail(combined(std::move(findings.mistakes)));
  out.path = path;
  return out;
}

std::vector<DefinitionKey> script_keys() {
  std::vector<DefinitionKey> out;
  add_keys<Script>("", top_keys, out);
  add_keys<Script::Turn>("turns.*.", turn_keys, out);
  add_keys<Script::Turn>("turns.*.when.", when_keys, out);
  add_keys<chat::Usage>("turns.*.usage.", usage_keys, out);
  add_keys<Parts>("turns.*.reply.*.", part_keys, out);
  add_keys<Script::Use>("turns.*.reply.*.tool_use.", use_keys, out);
  add_keys<Error>("turns.*.reply.*.error.", error_keys, out);
  return out;
}

}  // namespace errand::config
