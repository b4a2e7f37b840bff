#include "repl/printed.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include <fmt/format.h>

#include "agent/result_text.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t max_name_columns = 60;

// Of the tools that there are here; what a server's tool is about stands in its arguments.
constexpr std::array<std::string_view, 6> telling = {"command", "file_path", "pattern", "url", "query", "description"};

std::string argument_of(const chat::ToolCall& call, std::string_view name) {
  const auto input = chat::parse_arguments(call.arguments);
  if (!input || !input->is_object()) return {};
  const auto found = input->find(std::string(name));
  return found != input->end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string subject_of(const chat::ToolCall& call) {
  for (const auto name : telling) {
    if (auto value = argument_of(call, name); !value.empty()) return value;
  }
  return call.arguments == "{}" ? std::string() : call.arguments;
}

// What the result does not say again: a new file's content was given, an edit's diff is in its result.
std::string given_to(const chat::ToolCall& call) {
  if (call.name == "Write") return argument_of(call, "content");
  return {};
}

}  // namespace

std::vector<EndedCall> ended_calls(const store::History& history) {
  std::vector<EndedCall> out;
  std::map<std::string_view, const chat::ToolCall*> open;  // by id; some servers use one again
  for (const auto& message : history.messages) {
    if (const auto* reply = std::get_if<chat::AssistantMessage>(&message.body)) {
      for (const auto& block : reply->content) {
        if (const auto* call = std::get_if<chat::ToolCall>(&block)) open[call->id] = call;
      }
    }
    const auto* result = std::get_if<chat::ToolResult>(&message.body);
    if (result == nullptr) continue;
    const auto call = open.find(result->call_id);
    if (call != open.end()) out.push_back({call->second, result, message.time});
  }
  std::ranges::reverse(out);
  return out;
}

std::string name_of(const EndedCall& ended) {
  const auto subject = subject_of(*ended.call);
  const auto first = text::first_line(text::trim(subject));
  const auto* const more = text::trim(subject).size() > first.size() ? " …" : "";
  return text::ellipsize(unicode::sanitize(fmt::format("{} {}{}", ended.call->name, first, more)), max_name_columns);
}

std::string text_of(const EndedCall& ended, const std::string& files_directory) {
  auto out = fmt::format("{}: {}\n", ended.call->name, text::trim(subject_of(*ended.call)));
  const auto add = [&](std::string_view part) {
    if (!text::trim(part).empty()) out += fmt::format("\n{}\n", text::trim_end(part));
  };
  const auto result = chat::text_of(ended.result->content);
  add(given_to(*ended.call));
  add(agent::whole_result(result, files_directory).value_or(result));
  return unicode::sanitize(out);
}

std::string newest_thinking(const store::History& history) {
  std::string out;
  for (auto i = history.messages.rbegin(); i != history.messages.rend(); ++i) {
    if (std::holds_alternative<chat::UserMessage>(i->body) && !out.empty()) break;
    const auto* reply = std::get_if<chat::AssistantMessage>(&i->body);
    if (reply == nullptr) continue;
    std::string of_reply;
    for (const auto& block : reply->content) {
      const auto* thinking = std::get_if<chat::Thinking>(&block);
      if (thinking != nullptr && !thinking->redacted && !text::trim(thinking->text).empty())
        of_reply += fmt::format("{}\n\n", text::trim_end(thinking->text));
    }
    out.insert(0, of_reply);
  }
  return unicode::sanitize(text::trim_end(out));
}

}  // namespace errand::repl
