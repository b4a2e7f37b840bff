#include "agent/redaction.hpp"

#include <utility>

#include "base/overloaded.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"

namespace errand::agent {

namespace {

namespace event = chat::event;
using secrets::Redactor;

void clean(std::string& text, const Redactor& secrets) {
  if (!text.empty()) text = secrets.clean(std::move(text));
}

void clean(std::vector<std::string>& texts, const Redactor& secrets) {
  for (auto& text : texts) clean(text, secrets);
}

void clean(std::vector<chat::UserBlock>& content, const Redactor& secrets) {
  for (auto& block : content) {
    if (auto* text = std::get_if<chat::Text>(&block)) clean(text->text, secrets);
    if (auto* document = std::get_if<chat::Document>(&block)) clean(document->name, secrets);
  }
}

void clean(chat::Thinking& thinking, const Redactor& secrets) {
  if (thinking.redacted || !secrets.finds_in(thinking.text)) return;
  clean(thinking.text, secrets);
  thinking.signature.clear();
}

void clean(std::vector<chat::AssistantBlock>& content, const Redactor& secrets) {
  for (auto& block : content) {
    std::visit(overloaded{[&](chat::Text& b) { clean(b.text, secrets); }, [&](chat::Thinking& b) { clean(b, secrets); },
                          [&](chat::ToolCall& b) { clean(b.arguments, secrets); }, [](chat::Native&) {}},
               block);
  }
}

void clean(Error& error, const Redactor& secrets) {
  clean(error.message, secrets);
  clean(error.hint, secrets);
  clean(error.context, secrets);
  for (auto& other : error.others) clean(other, secrets);
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

// The name of a host has lost its capitals, by which some tokens are known.
std::string clean_host(const std::string& host, const Redactor& secrets) {
  auto out = secrets.clean(host);
  const auto capitals = upper(out);
  return secrets.finds_in(capitals) ? text::lower(secrets.clean(capitals)) : out;
}

// Why a host was refused quotes it, and may have shortened it.
void forget_host(std::string& text, const std::string& host, const std::string& cleaned) {
  constexpr int quoted_columns = 80;
  text = text::replace_all(std::move(text), host, cleaned);
  text = text::replace_all(std::move(text), text::ellipsize(host, quoted_columns), cleaned);
}

void clean(event::RunReport& report, const Redactor& secrets) {
  for (auto& contact : report.hosts) {
    auto cleaned = clean_host(contact.host, secrets);
    if (cleaned != contact.host) {
      forget_host(contact.reason, contact.host, cleaned);
      for (auto& blocked : report.blocked) forget_host(blocked, contact.host, cleaned);
      contact.host = std::move(cleaned);
    }
    clean(contact.reason, secrets);
  }
  clean(report.files_written, secrets);
  clean(report.blocked, secrets);
}

void clean(event::Done& done, const Redactor& secrets) {
  clean(done.result, secrets);
  if (done.structured_output) clean(*done.structured_output, secrets);
  for (auto& denial : done.denials) {
    clean(denial.input, secrets);
    clean(denial.reason, secrets);
  }
  clean(done.report, secrets);
  if (done.error) clean(*done.error, secrets);
}

void clean(event::AskUserQuestion& asked, const Redactor& secrets) {
  for (auto& question : asked.questions) {
    clean(question.question, secrets);
    clean(question.header, secrets);
    for (auto& option : question.options) {
      clean(option.label, secrets);
      clean(option.description, secrets);
    }
  }
}

void clean(event::Todo& todo, const Redactor& secrets) {
  for (auto& item : todo.items) {
    clean(item.content, secrets);
    clean(item.active_form, secrets);
  }
}

}  // namespace

chat::UserMessage cleaned(chat::UserMessage message, const Redactor& secrets) {
  clean(message.content, secrets);
  return message;
}

chat::AssistantMessage with_harmless_names(chat::AssistantMessage message, const Redactor& secrets) {
  constexpr std::size_t digits = 24;
  clean(message.model, secrets);
  for (auto& block : message.content) {
    auto* call = std::get_if<chat::ToolCall>(&block);
    if (call == nullptr) continue;
    if (secrets.finds_in(call->id)) call->id = "call_" + sha256_hex(call->id).substr(0, digits);
    if (secrets.finds_in(call->name)) call->name = "removed_secret";
  }
  return message;
}

chat::AssistantMessage cleaned(chat::AssistantMessage message, const Redactor& secrets) {
  clean(message.content, secrets);
  return message;
}

chat::ToolResult cleaned(chat::ToolResult result, const Redactor& secrets) {
  clean(result.content, secrets);
  return result;
}

chat::EventBody cleaned(chat::EventBody body, const Redactor& secrets) {
  const auto texts = [&](auto&... text) { (clean(text, secrets), ...); };
  std::visit(overloaded{[](event::Ready&) {},
                        [&](event::User& e) { clean(e.message.content, secrets); },
                        [&](event::TextDelta& e) { texts(e.text); },
                        [&](event::ThinkingDelta& e) { texts(e.text); },
                        [&](event::Assistant& e) { clean(e.message.content, secrets); },
                        [&](event::ToolUse& e) { texts(e.input, e.summary); },
                        [&](event::ApprovalRequest& e) { texts(e.rule, e.suggested_rule); },
                        [](event::Approval&) {},
                        [&](event::ToolOutput& e) { texts(e.text); },
                        [&](event::ToolResult& e) { clean(e.result.content, secrets); },
                        [&](event::AskUserQuestion& e) { clean(e, secrets); },
                        [&](event::Answer& e) { clean(e.answers, secrets); },
                        [&](event::Plan& e) {
                          texts(e.text);
                          clean(e.steps, secrets);
                        },
                        [&](event::PlanApproval& e) { texts(e.text); },
                        [&](event::Todo& e) { clean(e, secrets); },
                        [&](event::Retry& e) { texts(e.reason); },
                        [&](event::Fallback& e) { texts(e.reason); },
                        [](event::CompactStarted&) {},
                        [&](event::CompactCompleted& e) { texts(e.summary); },
                        [](event::Rewound&) {},
                        [](event::UsageEvent&) {},
                        [&](event::Warning& e) { texts(e.message); },
                        [&](event::ErrorEvent& e) { clean(e.error, secrets); },
                        [](event::Cancelled&) {},
                        [&](event::Done& e) { clean(e, secrets); }},
             body);
  return body;
}

}  // namespace errand::agent
