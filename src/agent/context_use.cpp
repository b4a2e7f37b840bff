#include "agent/context_use.hpp"

#include <algorithm>
#include <array>

#include "agent/bill.hpp"
#include "agent/context_files.hpp"
#include "base/overloaded.hpp"
#include "provider/estimate.hpp"

namespace errand::agent {

namespace {

enum Kind : std::size_t { system, context, tools, summary, prompts, attachments, replies, calls, results, kinds };

constexpr std::array<std::string_view, kinds> names = {
    "system prompt", "context files", "tools",       "summary of older turns", "prompts", "images and documents",
    "replies",       "tool calls",    "tool results"};

std::int64_t estimate(const std::string& system_text, const std::vector<chat::ToolSpec>& tool_specs) {
  const std::vector<chat::Message> none;
  return provider::estimate_tokens(provider::Request{.system = system_text, .history = none, .tools = tool_specs});
}

class Count {
 public:
  void add(Kind kind, std::int64_t tokens, std::size_t count) {
    if (count == 0) return;
    parts_.at(kind).tokens += tokens;
    parts_.at(kind).count += count;
  }

  void add(const chat::UserMessage& message, Kind text_kind) {
    const auto all = provider::estimate_tokens(message);
    chat::UserMessage text;
    for (const auto& block : message.content) {
      if (std::holds_alternative<chat::Text>(block)) text.content.push_back(block);
    }
    const auto others = message.content.size() - text.content.size();
    const auto of_text = others == 0 ? all : provider::estimate_tokens(text);
    add(text_kind, of_text, 1);
    add(attachments, all - of_text, others);
  }

  void add(const chat::AssistantMessage& message) {
    chat::AssistantMessage said;
    for (const auto& block : message.content) {
      if (!std::holds_alternative<chat::ToolCall>(block)) said.content.push_back(block);
    }
    const auto all = provider::estimate_tokens(message);
    const auto of_said = provider::estimate_tokens(said);
    add(replies, of_said, 1);
    add(calls, all - of_said, message.content.size() - said.content.size());
  }

  void add(const chat::ToolMessage& message) {
    add(results, provider::estimate_tokens(message), message.results.size());
  }

  [[nodiscard]] std::vector<ContextPart> parts() const {
    std::vector<ContextPart> out;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_.at(i).count > 0) out.push_back({names.at(i), parts_.at(i).tokens, parts_.at(i).count});
    }
    return out;
  }

 private:
  std::array<ContextPart, kinds> parts_{};
};

// What stands in the prompt of files like AGENTS.md.
std::string context_text(const Agent& agent, const Services& services) {
  if (agent.definition.replace_system_prompt) return {};
  std::vector<chat::event::Warning> told_before;
  const Reading reading{*agent.files, context_reader(agent.definition, services.surroundings.roots)};
  return context_section(agent.definition, services.surroundings, reading, told_before);
}

}  // namespace

ContextUse context_use(const Agent& agent, const Session& session, const Services& services) {
  Count count;
  const auto whole_prompt = estimate(agent.system, {});
  const auto files = context_text(agent, services);
  const auto of_files = files.empty() ? 0 : std::min(estimate(files, {}), whole_prompt);
  count.add(system, whole_prompt - of_files, agent.system.empty() ? 0 : 1);
  count.add(context, of_files, files.empty() ? 0 : 1);
  count.add(tools, estimate({}, agent.tools), agent.tools.size());
  for (std::size_t i = 0; i < session.history.messages.size(); ++i) {
    const bool stands_for_older = i == 0 && session.history.ids.front().empty();
    std::visit(overloaded{[&](const chat::UserMessage& m) { count.add(m, stands_for_older ? summary : prompts); },
                          [&](const auto& m) { count.add(m); }},
               session.history.messages[i]);
  }
  ContextUse out{.model = agent.provider->model().full_name(),
                 .window = agent.provider->model().context,
                 .compact_at = agent.compact_at,
                 .parts = count.parts()};
  for (const auto& part : out.parts) out.estimated += part.tokens;
  const provider::Request next{.system = agent.system, .history = session.history.messages, .tools = agent.tools};
  out.used = session.context_tokens == 0
                 ? out.estimated
                 : estimate_next(*agent.provider, next, session.context_tokens, session.measured).tokens;
  return out;
}

}  // namespace errand::agent
