#include "support/e2e_events.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/json.hpp"
#include "base/text.hpp"

namespace errand::test::e2e {

namespace {

constexpr std::array<std::string_view, 6> common_fields = {"type", "seq", "session_id", "run_id", "time", "agent"};
constexpr std::array<std::string_view, 3> with_message_id = {"user", "assistant", "tool_result"};

Json parse_line(const std::string& line) {
  return Json::parse(line, nullptr, false);
}

std::string type_of(const Json& event) {
  return event.value("type", std::string());
}

Failures mistakes_in_fields(const Json& event, std::size_t line) {
  Failures out;
  for (const auto field : common_fields) {
    if (!event.contains(field)) out.push_back(fmt::format("line {}: \"{}\" has no {}", line, type_of(event), field));
  }
  static const RE2 time(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
  if (!RE2::FullMatch(event.value("time", std::string()), time)) {
    out.push_back(fmt::format("line {}: the time is {}", line, event.value("time", Json()).dump()));
  }
  const bool wanted = std::ranges::find(with_message_id, type_of(event)) != with_message_id.end();
  if (wanted && event.value("message_id", std::string()).empty()) {
    out.push_back(fmt::format("line {}: \"{}\" has no message_id", line, type_of(event)));
  }
  return out;
}

// Follows seq, run and done from line to line.
class Order {
 public:
  void take(const Json& event, std::size_t line) {
    const auto type = type_of(event);
    const auto seq = event.value("seq", -1);
    const auto run = event.value("run_id", std::string());
    if (line == 1 && type != "ready") fail(line, "the first event is " + type);
    if (type == "ready") {
      if (seq != 0) fail(line, fmt::format("ready has seq {}", seq));
      return;
    }
    if (run != run_) {
      if (!run_.empty() && !done_) fail(line, "a run begins before the one before it is done");
      run_ = run;
      seq_ = 0;
      done_ = false;
      if (type != "user") fail(line, "a run begins with " + type);
    }
    if (done_) fail(line, type + " after done");
    if (seq != ++seq_) fail(line, fmt::format("seq {} follows {}", seq, seq_ - 1));
    if (type == "done") end(event, line);
    last_ = type;
  }

  Failures result() {
    if (!done_) failures_.emplace_back("the last event is not done");
    return std::move(failures_);
  }

 private:
  void end(const Json& event, std::size_t line) {
    done_ = true;
    const bool is_error = event.value("is_error", false);
    if (is_error && last_ != "error") fail(line, "a failed run has no error event before done");
    if (is_error != event.contains("error")) fail(line, "is_error and error do not agree");
  }

  void fail(std::size_t line, const std::string& what) { failures_.push_back(fmt::format("line {}: {}", line, what)); }

  Failures failures_;
  std::string run_;
  std::string last_;
  int seq_ = 0;
  bool done_ = false;
};

}  // namespace

Failures mistakes_in_events(std::string_view out) {
  Failures failures;
  Order order;
  const auto lines = text::lines(out);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto event = parse_line(lines[i]);
    if (!event.is_object()) return {fmt::format("line {} is no event: {}", i + 1, visible(lines[i]))};
    if (event.dump() != lines[i])
      failures.push_back(fmt::format("line {} is not compact: {}", i + 1, visible(lines[i])));
    for (auto& mistake : mistakes_in_fields(event, i + 1)) failures.push_back(std::move(mistake));
    order.take(event, i + 1);
  }
  if (!out.empty() && !out.ends_with('\n')) failures.emplace_back("the last line does not end");
  for (auto& mistake : order.result()) failures.push_back(std::move(mistake));
  return failures;
}

Failures check_events(const Json& expected, std::string_view out) {
  const auto lines = text::lines(out);
  std::size_t next = 0;
  for (const auto& wanted : expected) {
    const auto fits = [&](const std::string& line) {
      const auto event = parse_line(line);
      if (wanted.is_string()) return type_of(event) == wanted.get<std::string>();
      return check_json("event", wanted, event).empty();
    };
    const auto from = lines.begin() + static_cast<std::ptrdiff_t>(next);
    const auto found = std::find_if(from, lines.end(), fits);
    if (found == lines.end()) {
      return {fmt::format("no event {} from line {} on, in\n{}", wanted.dump(), next + 1, visible(out))};
    }
    next = static_cast<std::size_t>(found - lines.begin()) + 1;
  }
  return {};
}

}  // namespace errand::test::e2e
