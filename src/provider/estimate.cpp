#include "provider/estimate.hpp"

#include <algorithm>

#include "base/overloaded.hpp"

namespace errand::provider {

namespace {

constexpr std::int64_t per_message = 4;
constexpr std::int64_t per_image = 1600;
constexpr std::int64_t per_pdf_kilobyte = 30;  // a page of text and picture is some 2,500 tokens and 80 kB

std::int64_t tokens_of(std::string_view text) {
  const auto wide = std::ranges::count_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  const auto narrow = static_cast<std::int64_t>(text.size()) - wide;
  return narrow * 2 / 7 + wide / 2 + (text.empty() ? 0 : 1);
}

std::int64_t tokens_of(const std::vector<chat::UserBlock>& content) {
  std::int64_t out = 0;
  for (const auto& block : content) {
    out += std::visit(overloaded{
                          [](const chat::Text& b) { return tokens_of(b.text); },
                          [](const chat::Image&) { return per_image; },
                          [](const chat::Document& b) {
                            if (b.media_type.starts_with("text/")) return tokens_of(b.bytes);
                            return per_image + static_cast<std::int64_t>(b.bytes.size() >> 10U) * per_pdf_kilobyte;
                          },
                      },
                      block);
  }
  return out;
}

std::int64_t tokens_of(const chat::AssistantBlock& block) {
  return std::visit(overloaded{
                        [](const chat::Text& b) { return tokens_of(b.text); },
                        [](const chat::Thinking& b) { return tokens_of(b.text); },
                        [](const chat::ToolCall& b) { return tokens_of(b.name) + tokens_of(b.arguments); },
                        [](const chat::Native& b) { return tokens_of(b.json); },
                    },
                    block);
}

}  // namespace

std::int64_t estimate_tokens(const chat::Message& message) {
  return std::visit(overloaded{
                        [](const chat::UserMessage& m) { return per_message + tokens_of(m.content); },
                        [](const chat::AssistantMessage& m) {
                          auto out = per_message;
                          for (const auto& block : m.content) out += tokens_of(block);
                          return out;
                        },
                        [](const chat::ToolMessage& m) {
                          std::int64_t out = 0;
                          for (const auto& result : m.results) out += per_message + tokens_of(result.content);
                          return out;
                        },
                    },
                    message);
}

std::int64_t estimate_tokens(const Request& request) {
  auto out = tokens_of(request.system) + tokens_of(request.output_schema);
  for (const auto& tool : request.tools) {
    out += per_message + tokens_of(tool.name) + tokens_of(tool.description) + tokens_of(tool.input_schema);
  }
  for (const auto& message : request.history) out += estimate_tokens(message);
  return out;
}

bool Provider::move_to_window(std::int64_t, StreamObserver&) {
  return false;
}

Result<std::int64_t> Provider::count_tokens(const Request& request, const Call& call) {
  if (auto go_on = call.check(); !go_on) return fail(go_on.error());
  return estimate_tokens(request);
}

}  // namespace errand::provider
