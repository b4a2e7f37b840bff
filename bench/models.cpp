// Measures the provider room, and what a sandbox costs, from inside. Called by bench/measure.py.
//
//   errand_bench decode            MB/s and CPU per delta of each protocol: SSE, decoding and assembling
//   errand_bench streams URL N     memory while N replies stream at once in this process
//   errand_bench cancel URL        asks, cancels in mid-stream, prints when (CLOCK_MONOTONIC, ns) and how long it took
//   errand_bench sandbox DIR N     see sandbox.hpp
//   errand_bench markdown          see markdown.hpp

#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "http/client.hpp"
#include "markdown.hpp"
#include "provider/body_reader.hpp"
#include "provider/codec.hpp"
#include "provider/http_provider.hpp"
#include "sandbox.hpp"
#include "session.hpp"

namespace {

using namespace errand;
using namespace errand::provider;

constexpr int deltas = 20'000;
constexpr std::size_t read_bytes = 16U << 10U;  // what libcurl hands on at once

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Resident memory of this process, in bytes.
std::size_t resident() {
  std::size_t pages = 0;
  std::ifstream statm("/proc/self/statm");
  statm >> pages >> pages;
  return pages * 4096;
}

struct Protocol {
  std::string name;
  std::unique_ptr<Codec> (*make)();
  std::string head;
  std::function<std::string(const std::string& word)> delta;
  std::string tail;
};

std::vector<Protocol> protocols() {
  std::vector<Protocol> out;
  out.push_back(
      {"anthropic", make_anthropic_codec,
       "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"content\":[],"
       "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: "
       "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
       [](const std::string& word) {
         return "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{"
                "\"type\":\"text_delta\",\"text\":\"" +
                word + "\"}}\n\n";
       },
       "data: {\"type\":\"content_block_stop\",\"index\":0}\n\ndata: {\"type\":\"message_delta\",\"delta\":{"
       "\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}\n\ndata: {\"type\":\"message_stop\"}\n\n"});
  out.push_back({"openai_chat", make_openai_chat_codec, "",
                 [](const std::string& word) {
                   return "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                          "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" +
                          word + "\"},\"finish_reason\":null}]}\n\n";
                 },
                 "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"});
  out.push_back(
      {"openai_responses", make_openai_responses_codec,
       "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"m\",\"output\":[]}}\n\ndata: "
       "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"id\":\"i\",\"type\":\"message\","
       "\"role\":\"assistant\",\"content\":[]}}\n\n",
       [](const std::string& word) {
         return "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
                "\"sequence_number\":7,\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"delta\":\"" +
                word + "\",\"logprobs\":[]}\n\n";
       },
       "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\",\"output\":[],"
       "\"usage\":{\"input_tokens\":1,\"output_tokens\":9}}}\n\n"});
  out.push_back(
      {"gemini", make_gemini_codec, "",
       [](const std::string& word) {
         return "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" + word +
                "\"}],\"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":1,"
                "\"candidatesTokenCount\":3,\"totalTokenCount\":4},\"modelVersion\":\"m\"}\r\n\r\n";
       },
       "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\"finishReason\":"
       "\"STOP\",\"index\":0}],\"modelVersion\":\"m\"}\r\n\r\n"});
  return out;
}

int decode() {
  for (const auto& protocol : protocols()) {
    std::string body = protocol.head;
    for (int i = 0; i < deltas; ++i) body += protocol.delta(fmt::format("word{} ", i % 100));
    body += protocol.tail;
    const auto codec = protocol.make();
    const Endpoint endpoint;
    const http::ResponseHead head{200, {}};
    int rounds = 0;
    std::size_t events = 0;
    const auto began = cpu_seconds();
    do {
      BodyReader reader(*codec, endpoint, [&events](const chat::stream::StreamEvent&) { ++events; });
      for (std::size_t at = 0; at < body.size(); at += read_bytes) {
        if (!reader.feed(head, std::string_view(body).substr(at, read_bytes))) return 1;
      }
      if (!reader.finish(head) || reader.assembler().whole().text().size() < deltas) return 1;
      ++rounds;
    } while (cpu_seconds() - began < 1);
    const auto each = (cpu_seconds() - began) / rounds;
    fmt::print("{} {:.1f} {:.3f}\n", protocol.name, static_cast<double>(body.size()) / each / 1e6, each / deltas * 1e6);
  }
  return 0;
}

Endpoint endpoint_at(const std::string& url) {
  Endpoint out;
  out.provider.name = "bench";
  out.provider.protocol = chat::Protocol::anthropic;
  out.provider.base_url = url;
  out.model.provider = "bench";
  out.model.id = "bench";
  return out;
}

class Listener final : public StreamObserver {
 public:
  explicit Listener(std::function<void()> on_text) : on_text_(std::move(on_text)) {}
  void on_stream_event(const chat::stream::StreamEvent& event) override {
    if (std::holds_alternative<chat::stream::TextDelta>(event)) on_text_();
  }
  void on_retry(const chat::event::Retry&) override {}
  void on_fallback(const chat::event::Fallback&) override {}
  void on_warning(const chat::event::Warning&) override {}

 private:
  std::function<void()> on_text_;
};

struct Question {
  std::string system = "Answer.";
  std::vector<chat::Message> history = {chat::UserMessage{{chat::Text{"hello"}}}};
  std::vector<chat::ToolSpec> tools;
  [[nodiscard]] Request request() const { return {.system = system, .history = history, .tools = tools}; }
};

int streams(const std::string& url, int count) {
  http::Client client;
  HttpProvider provider(make_anthropic_codec(), endpoint_at(url), {},
                        [&client]() -> http::Transport& { return client; });
  const Question question;
  {
    Listener first([] {});
    if (!provider.stream(question.request(), first, {})) return 1;  // libcurl is loaded from here on
  }
  const auto before = resident();
  std::atomic<int> heard = 0;
  std::atomic<int> whole = 0;
  std::atomic<std::size_t> during = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      bool first = true;
      Listener listener([&] {
        if (std::exchange(first, false) && ++heard == count) during = resident();
      });
      if (const auto reply = provider.stream(question.request(), listener, {}); reply && !reply->cut) ++whole;
    });
  }
  for (auto& thread : threads) thread.join();
  fmt::print("{} {} {}\n", whole.load(), before, during.load());
  return whole == count ? 0 : 1;
}

int cancel(const std::string& url) {
  http::Client client;
  HttpProvider provider(make_anthropic_codec(), endpoint_at(url), {},
                        [&client]() -> http::Transport& { return client; });
  const Question question;
  std::stop_source stop;
  std::atomic<bool> heard = false;
  std::chrono::steady_clock::time_point asked;
  std::thread canceller([&] {
    heard.wait(false);
    asked = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  Listener listener([&] {
    heard = true;
    heard.notify_one();
  });
  Call call;
  call.stop = stop.get_token();
  const auto reply = provider.stream(question.request(), listener, call);
  const auto returned = std::chrono::steady_clock::now();
  canceller.join();
  if (!reply || !reply->cut) return 1;
  fmt::print("{} {}\n", asked.time_since_epoch().count(),
             std::chrono::duration_cast<std::chrono::microseconds>(returned - asked).count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words == std::vector<std::string>{"decode"}) return decode();
  if (words == std::vector<std::string>{"markdown"}) return bench::markdown();
  if (words.size() == 3 && words[0] == "streams") return streams(words[1], std::stoi(words[2]));
  if (words.size() == 2 && words[0] == "cancel") return cancel(words[1]);
  if (words.size() == 3 && words[0] == "sandbox") return bench::sandbox(words[1], std::stoi(words[2]));
  if (words.size() == 5 && words[0] == "session") {
    return bench::long_session(words[1], words[2], words[3], std::stoi(words[4]));
  }
  if (words.size() == 3 && words[0] == "append") return bench::appends(words[1], std::stoi(words[2]));
  fmt::print(stderr,
             "usage: errand_bench decode | markdown | streams URL N | cancel URL | sandbox DIR N | session DATA USER PROJECT N | "
             "append DIR N\n");
  return 2;
}
