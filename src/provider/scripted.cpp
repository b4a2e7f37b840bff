#include "provider/scripted.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/overloaded.hpp"
#include "base/sync.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/names.hpp"
#include "http/retry.hpp"
#include "provider/assembler.hpp"
#include "provider/json_text.hpp"

namespace errand::provider {

using chat::Script;
using chat::StopReason;
namespace stream = chat::stream;

namespace {

constexpr std::size_t shown_prompt_columns = 60;

// What conditions look at and templates are filled with.
struct Newest {
  std::string user;
  std::string tool_result;
};

Newest newest_of(const std::vector<chat::Message>& history) {
  Newest out;
  for (const auto& message : history) {
    std::visit(overloaded{
                   [&](const chat::UserMessage& m) { out.user = chat::text_of(m.content); },
                   [](const chat::AssistantMessage&) {},
                   [&](const chat::ToolMessage& m) {
                     if (!m.results.empty()) out.tool_result = chat::text_of(m.results.back().content);
                   },
               },
               message);
  }
  return out;
}

enum class Form { plain, json };

// The text between the quotes of a JSON string.
std::string json_inner(std::string_view value) {
  std::string quoted;
  append_json_string(quoted, value);
  return quoted.substr(1, quoted.size() - 2);
}

std::optional<std::string> value_of(std::string_view expression, const Newest& newest) {
  const auto parts = text::split(expression, '|');
  const auto name = text::trim(parts.front());
  if (name != "last_tool_result" && name != "user") return std::nullopt;
  const auto& whole = name == "user" ? newest.user : newest.tool_result;
  if (parts.size() == 1) return whole;
  if (parts.size() > 2 || text::trim(parts[1]) != "first_line") return std::nullopt;
  return std::string(text::first_line(whole));
}

std::string filled(std::string_view pattern, const Newest& newest, Form form) {
  std::string out;
  while (!pattern.empty()) {
    const auto begin = pattern.find("{{");
    const auto end = begin == std::string_view::npos ? begin : pattern.find("}}", begin);
    if (end == std::string_view::npos) break;
    const auto value = value_of(pattern.substr(begin + 2, end - begin - 2), newest);
    out += pattern.substr(0, begin);
    if (value) {
      out += form == Form::json ? json_inner(*value) : *value;
      pattern.remove_prefix(end + 2);
    } else {
      out += "{{";
      pattern.remove_prefix(begin + 2);
    }
  }
  return out += pattern;
}

// A word with the white space after it.
std::size_t word_end(std::string_view s) {
  const auto space = s.find_first_of(" \t\n");
  if (space == std::string_view::npos) return s.size();
  return std::min(s.find_first_not_of(" \t\n", space), s.size());
}

struct Turn {
  Script::Turn script;
  std::unique_ptr<RE2> when_user;
  std::unique_ptr<RE2> when_tool_result;
  bool used = false;

  [[nodiscard]] bool fits(const Newest& newest) const {
    return !used && (!when_user || RE2::PartialMatch(newest.user, *when_user)) &&
           (!when_tool_result || RE2::PartialMatch(newest.tool_result, *when_tool_result));
  }
};

// Plays one turn: tells the observer, and assembles the reply from the same events.
class Performance {
 public:
  Performance(const Newest& newest, StreamObserver& observer, const Call& call)
      : newest_(newest), observer_(observer), call_(call) {}

  Result<void> play(const Script::Part& part) {
    ERRAND_TRY(call_.check());
    ++block_;
    return std::visit(overloaded{
                          [&](const Script::Say& p) { return say(filled(p.text, newest_, Form::plain)); },
                          [&](const Script::Think& p) { return think(filled(p.text, newest_, Form::plain)); },
                          [&](const Script::Use& p) { return use(p); },
                          [&](const Script::Wait& p) { return http::wait_for(p.duration, call_); },
                          [&](const Script::Fail& p) -> Result<void> { return fail(p.error); },
                      },
                      part);
  }

  void emit(stream::StreamEvent event) {
    assembler_.add(event);
    observer_.on_stream_event(event);
  }

  [[nodiscard]] const Assembler& assembler() const { return assembler_; }

 private:
  Result<void> say(std::string_view text) {
    for (; !text.empty(); text.remove_prefix(word_end(text))) {
      ERRAND_TRY(call_.check());
      emit(stream::TextDelta{block_, std::string(text.substr(0, word_end(text)))});
    }
    return {};
  }

  Result<void> think(std::string_view text) {
    for (; !text.empty(); text.remove_prefix(word_end(text))) {
      ERRAND_TRY(call_.check());
      emit(stream::ThinkingDelta{block_, std::string(text.substr(0, word_end(text)))});
    }
    return {};
  }

  Result<void> use(const Script::Use& part) {
    emit(stream::ToolCallBegin{block_, "", part.name});
    emit(stream::ToolCallDelta{block_, filled(part.input, newest_, Form::json)});
    assembler_.end_block(block_);
    return {};
  }

  const Newest& newest_;
  StreamObserver& observer_;
  const Call& call_;
  Assembler assembler_;
  std::size_t block_ = 0;
};

class ScriptedProvider final : public Provider {
 public:
  ScriptedProvider(std::string path, std::vector<Turn> turns, chat::ModelSpec model)
      : path_(std::move(path)), model_(std::move(model)), turns_(std::move(turns)) {}

  Result<Reply> stream(const Request& request, StreamObserver& observer, const Call& call) override;
  [[nodiscard]] const chat::ModelSpec& model() const override { return model_; }

 private:
  Result<Script::Turn> take_turn(const Newest& newest);
  [[nodiscard]] Reply finished(const Performance& performance, std::optional<Error> cut) const;

  std::string path_;
  chat::ModelSpec model_;
  Sync<std::vector<Turn>> turns_;
};

Result<Script::Turn> ScriptedProvider::take_turn(const Newest& newest) {
  return turns_.with([&](std::vector<Turn>& turns) -> Result<Script::Turn> {
    const auto found = std::ranges::find_if(turns, [&](const Turn& turn) { return turn.fits(newest); });
    if (found == turns.end()) {
      const auto left = std::ranges::count(turns, false, &Turn::used);
      return fail(ErrorKind::failure,
                  fmt::format("no turn left in {} for the prompt \"{}\"", path_,
                              text::ellipsize(text::first_line(newest.user), shown_prompt_columns)),
                  fmt::format("{} of its {} not used yet; add one that fits",
                              left == 1 ? "1 turn is" : fmt::format("{} turns are", left), turns.size()));
    }
    found->used = true;
    return found->script;
  });
}

Reply ScriptedProvider::finished(const Performance& performance, std::optional<Error> cut) const {
  Reply out;
  out.message = cut ? performance.assembler().cut() : performance.assembler().whole();
  out.message.provider = model_.provider;
  out.cut = std::move(cut);
  out.cost_usd = chat::cost_of(out.message.usage, model_.price);
  out.context_tokens = out.message.usage.total();
  return out;
}

Result<Reply> ScriptedProvider::stream(const Request& request, StreamObserver& observer, const Call& call) {
  ERRAND_TRY(call.check());
  const auto newest = newest_of(request.history);
  ERRAND_TRY_ASSIGN(const auto turn, take_turn(newest));
  Performance performance(newest, observer, call);
  performance.emit(stream::Started{model_.full_name()});
  if (turn.usage) performance.emit(stream::UsageReport{*turn.usage});
  for (const auto& part : turn.reply) {
    const auto played = performance.play(part);
    if (played) continue;
    if (!performance.assembler().has_content()) return fail(played.error());
    return finished(performance, played.error());
  }
  performance.emit(stream::Finished{turn.stop_reason.value_or(StopReason::end_turn)});
  return finished(performance, std::nullopt);
}

Result<std::unique_ptr<RE2>> compiled(const std::string& pattern, const std::string& path) {
  if (pattern.empty()) return std::unique_ptr<RE2>();
  auto out = std::make_unique<RE2>(pattern, RE2::Quiet);
  if (out->ok()) return out;
  return fail(ErrorKind::config, fmt::format("the pattern \"{}\" in {} is not valid: {}", pattern, path, out->error()),
              "patterns are RE2: https://github.com/google/re2/wiki/Syntax");
}

}  // namespace

Result<std::unique_ptr<Provider>> make_scripted(chat::Script script, chat::ModelSpec model) {
  std::vector<Turn> turns;
  for (auto& turn : script.turns) {
    ERRAND_TRY_ASSIGN(auto when_user, compiled(turn.when_user, script.path));
    ERRAND_TRY_ASSIGN(auto when_tool_result, compiled(turn.when_tool_result, script.path));
    turns.push_back({std::move(turn), std::move(when_user), std::move(when_tool_result), false});
  }
  return std::make_unique<ScriptedProvider>(std::move(script.path), std::move(turns), std::move(model));
}

}  // namespace errand::provider
