#include "unit/provider/support.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

#include "base/try.hpp"
#include "provider/body_reader.hpp"

namespace errand::provider::test {

std::vector<std::string> chunks_of(std::string_view body, Chunking chunking) {
  std::mt19937 random(7);  // NOLINT: the same cuts in every run
  std::vector<std::string> out;
  while (!body.empty()) {
    std::size_t n = body.size();
    if (chunking == Chunking::lines)
      n = std::min(n, body.find('\n') == std::string_view::npos ? n : body.find('\n') + 1);
    if (chunking == Chunking::bytes) n = 1;
    if (chunking == Chunking::random) n = std::min<std::size_t>(n, 1 + random() % 97);
    out.emplace_back(body.substr(0, n));
    body.remove_prefix(n);
  }
  return out;
}

Decoded decode(const Codec& codec, const Endpoint& endpoint, const http::ResponseHead& head,
               const std::vector<std::string>& chunks) {
  Decoded out;
  BodyReader reader(codec, endpoint, [&](const chat::stream::StreamEvent& event) { out.events.push_back(event); });
  const auto fed = [&]() -> Result<void> {
    for (const auto& chunk : chunks) ERRAND_TRY(reader.feed(head, chunk));
    return reader.finish(head);
  }();
  if (!fed) out.error = fed.error();
  out.message = fed ? reader.assembler().whole() : reader.assembler().cut();
  return out;
}

Endpoint anthropic_endpoint() {
  return {{"anthropic",
           chat::Protocol::anthropic,
           "https://api.anthropic.com",
           {"ANTHROPIC_API_KEY"},
           "sk-ant-secret-1",
           true},
          {"anthropic", "claude-x", "", 200'000, 64'000, std::nullopt, chat::ThinkingStyle::none}};
}

Endpoint openai_endpoint() {
  return {{"openai", chat::Protocol::openai_chat, "https://api.openai.com/v1", {"OPENAI_API_KEY"}, "sk-secret-2", true},
          {"openai", "gpt-x", "", 128'000, 16'000, std::nullopt, chat::ThinkingStyle::none}};
}

Endpoint responses_endpoint() {
  return {{"openai",
           chat::Protocol::openai_responses,
           "https://api.openai.com/v1",
           {"OPENAI_API_KEY"},
           "sk-secret-2",
           true},
          {"openai", "gpt-x", "", 128'000, 16'000, std::nullopt, chat::ThinkingStyle::effort}};
}

Endpoint gemini_endpoint() {
  return {{"gemini",
           chat::Protocol::gemini,
           "https://generativelanguage.googleapis.com",
           {"GEMINI_API_KEY"},
           "AIza-secret-3",
           true},
          {"gemini", "gemini-3-x", "", 1'000'000, 64'000, std::nullopt, chat::ThinkingStyle::none}};
}

Decoded decode(const Codec& codec, std::string_view body, Chunking chunking) {
  return decode(codec, anthropic_endpoint(), {200, {}}, chunks_of(body, chunking));
}

Result<http::ResponseHead> FakeTransport::send(const http::Request& request, const http::OnBody& on_body,
                                               const Call& call) {
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (answers_.empty()) throw std::logic_error("one request more than the test has answers for");
    answer = answers_.front();
    answers_.pop_front();
  }
  const http::ResponseHead head{answer.status, answer.headers};
  for (std::size_t i = 0; i < answer.chunks.size(); ++i) {
    if (answer.before_chunk) answer.before_chunk(i);
    ERRAND_TRY(call.check());
    ERRAND_TRY(on_body(head, answer.chunks[i]));
  }
  if (answer.error) return fail(*answer.error);
  return head;
}

std::vector<http::Request> FakeTransport::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void Recorder::on_stream_event(const chat::stream::StreamEvent& event) {
  events.push_back(event);
  const auto* delta = std::get_if<chat::stream::TextDelta>(&event);
  if (delta == nullptr) return;
  text += delta->text;
  ++text_deltas;
}

void Recorder::on_retry(const chat::event::Retry& retry) {
  retries.push_back(retry);
  if (retry.restarted) text.clear();
}

Asked asked(std::string prompt) {
  Asked out;
  out.system = "Be brief.";
  out.history.emplace_back(chat::UserMessage{{chat::Text{std::move(prompt)}}});
  return out;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("can't read " + path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::optional<std::string> recordings() {
  const char* named = std::getenv("ERRAND_FIXTURES");  // NOLINT(concurrency-mt-unsafe): tests set no variables
  const auto base = named != nullptr ? std::string(named) : std::string(ERRAND_SOURCE_DIR) + "/../shared/fixtures";
  const auto path = base + "/wire";
  if (std::filesystem::is_directory(path)) return path;
  return std::nullopt;
}

}  // namespace errand::provider::test
