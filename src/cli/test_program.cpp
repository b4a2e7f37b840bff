#include "cli/test_program.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"

namespace errand::cli {

namespace {

constexpr std::chrono::seconds grace_after_timeout{10};  // for the run to save and leave by itself
constexpr std::size_t max_events_bytes = std::size_t{128} << 20U;
// Several cases run at once, and a report holds thousands of them.
constexpr std::size_t max_event_bytes = std::size_t{16} << 20U;
constexpr std::size_t max_error_bytes = std::size_t{16} << 10U;
constexpr std::size_t max_tools = 10'000;
constexpr std::size_t max_notes = 100;

// Reads the events of a run from what it writes.
class EventReader {
 public:
  void feed(std::string_view bytes) {
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      add(bytes.substr(0, end));
      if (!too_long_) read(line_);
      line_.clear();
      too_long_ = false;
      bytes.remove_prefix(end + 1);
    }
    add(bytes);
  }

  TestOutcome finish() {
    if (!too_long_) read(line_);
    return std::move(out_);
  }

 private:
  void add(std::string_view bytes) {
    if (line_.size() + bytes.size() > max_event_bytes) too_long_ = true;
    if (!too_long_) line_ += bytes;
  }

  void read(std::string_view line) {
    const auto event = chat::parse_json(line);
    if (!event || !event->is_object()) return;
    const auto type = string_at(*event, "type");
    if (type == "tool_use" && out_.tools.size() < max_tools) out_.tools.push_back(string_at(*event, "name"));
    if (type == "user" && string_at(*event, "agent") == "root") out_.asked.push_back(content_of(*event));
    if (type == "warning") read_warning(*event);
    if (type == "done") read_done(*event);
  }

  // A text, or blocks of which some are.
  static std::string content_of(const Json& event) {
    const auto content = event.find("content");
    if (content == event.end() || !content->is_array()) return string_at(event, "content");
    std::vector<std::string> texts;
    for (const auto& block : *content) {
      if (block.is_object() && string_at(block, "type") == "text") texts.push_back(string_at(block, "text"));
    }
    return text::join(texts, "\n");
  }

  void read_warning(const Json& event) {
    const auto code = string_at(event, "code");
    if (out_.notes.size() >= max_notes) return;
    if (code.starts_with("replay_") || code == "recording") out_.notes.push_back(string_at(event, "message"));
  }

  void read_done(const Json& event) {
    out_.answer = string_at(event, "result");
    out_.turns += integer_at(event, "num_turns");
    const auto usage = event.find("usage");
    for (const auto* key : {"input", "output", "cache_read", "cache_write"}) {
      if (usage != event.end() && usage->is_object()) out_.tokens += integer_at(*usage, key);
    }
    const auto cost = event.find("total_cost_usd");
    const bool known = cost != event.end() && cost->is_number();
    if (!known) unknown_cost_ = true;
    out_.cost_usd = unknown_cost_ ? std::nullopt : std::optional(out_.cost_usd.value_or(0) + cost->get<double>());
    const auto error = event.find("error");
    if (error != event.end() && error->is_object()) {
      out_.error = string_at(*error, "message");
      const auto hint = string_at(*error, "hint");
      if (!hint.empty()) out_.error += "\nhint: " + hint;
      // No other limit is raised by it.
      out_.money_ran_out = string_at(*error, "kind") == "limit" && hint.find("--max-cost") != std::string::npos;
    }
  }

  TestOutcome out_;
  std::string line_;
  bool too_long_ = false;
  bool unknown_cost_ = false;
};

}  // namespace

std::string max_cost_option(double usd) {
  constexpr double smallest = 1e-9;
  return fmt::format("--max-cost={:.9f}", std::max(usd, smallest));
}

Result<TestOutcome> run_program(const TestProgram& program, const Call& call) {
  ERRAND_TRY_ASSIGN(const auto input, memory_file(program.input));
  ERRAND_TRY_ASSIGN(auto self, real_path("/proc/self/exe"));
  ProcessSpec spec;
  spec.argv = {std::move(self)};
  spec.argv.insert(spec.argv.end(), program.argv.begin(), program.argv.end());
  for (const auto& [name, value] : program.env) spec.env.push_back(fmt::format("{}={}", name, value));
  spec.directory = program.workspace;
  spec.max_output_bytes = max_events_bytes;
  if (!program.input.empty()) spec.stdin_fd = input.get();
  EventReader events;
  std::string err;
  const auto hear = [&](OutputStream stream, std::string_view bytes) {
    if (stream == OutputStream::standard_output) return events.feed(bytes);
    err += bytes.substr(0, max_error_bytes - std::min(err.size(), max_error_bytes));
  };
  ERRAND_TRY_ASSIGN(const auto finished, run_process(spec, hear, call.within(program.time + grace_after_timeout)));
  ERRAND_TRY(call.check());
  auto outcome = events.finish();
  outcome.exit = finished.exit_code;
  outcome.duration = finished.duration;
  outcome.workspace = program.workspace;
  if (finished.end == ProcessEnd::timed_out) outcome.error = "it did not end, and was killed";
  if (finished.end == ProcessEnd::output_limit)
    outcome.error = fmt::format("it wrote more than {} bytes, and was killed", max_events_bytes);
  if (outcome.error.empty() && outcome.exit != 0) outcome.error = text::trim(err);
  return outcome;
}

}  // namespace errand::cli
