#include "markdown.hpp"

#include <ctime>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/fd.hpp"
#include "render/text_sink.hpp"

namespace errand::bench {

namespace {

using namespace errand::render;

constexpr int deltas = 20'000;
constexpr int deltas_a_paint = 25;  // 1,000 deltas a second, 40 paints

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double microseconds_a_delta(const std::vector<std::string>& text, Motion motion) {
  const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  TextOptions options;
  options.out_fd = options.err_fd = null.get();
  options.answer = AnswerMode::streamed;
  options.out = options.err = Medium::terminal;
  options.out_motion = options.err_motion = motion;
  options.out_depth = ColorDepth::ansi256;
  options.flushing = Flushing::by_caller;
  options.repaint_every = std::chrono::milliseconds{0};
  TextSink sink(options);
  chat::Event event;
  event.agent_path = "root";
  const auto begin = cpu_seconds();
  for (int i = 0; i < deltas; ++i) {
    event.body = chat::event::TextDelta{text[static_cast<std::size_t>(i) % text.size()]};
    sink.on_event(event);
    if (i % deltas_a_paint == 0) sink.flush();
  }
  event.body = chat::event::Done{};
  sink.on_event(event);
  return (cpu_seconds() - begin) / deltas * 1e6;
}

std::vector<std::string> words(std::string_view last) {
  std::vector<std::string> out;
  for (int i = 0; i < 80; ++i) out.push_back(fmt::format("word{} ", i));
  out[10] = "**bold ";
  out[12] = "words** ";
  out.back() += last;
  return out;
}

}  // namespace

int markdown() {
  auto code = words("\n");
  code.insert(code.begin(), "\n```cpp\n");
  code.emplace_back("int x = 1;\n```\n\n");
  fmt::print("raw {:.3f}\n", microseconds_a_delta(words(""), Motion::off));
  fmt::print("one-paragraph {:.3f}\n", microseconds_a_delta(words(""), Motion::on));
  fmt::print("paragraphs {:.3f}\n", microseconds_a_delta(words("\n\n"), Motion::on));
  fmt::print("code {:.3f}\n", microseconds_a_delta(code, Motion::on));
  return 0;
}

}  // namespace errand::bench
